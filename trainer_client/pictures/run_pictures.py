"""`echelon-trainer plot`: the charts of a run's page, and of runs beside each other, as one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before pyplot: files only, no display

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from envserver.intervals import wilson
from envserver.story import Story, smoothed
from trainer_client.pictures.plot import draw_climb, draw_flags, draw_parts
from trainer_client.run.story import read_story

_COLOURS = plt.get_cmap("tab10").colors
_DPI = 130


def plot_run(folder: Path, target: Path) -> None:
    """Draw success, the stage timeline, parts of the reward, signs of gaming, groups that agree and a step's time."""
    story = read_story(folder)
    figure = plt.figure(figsize=(12, 13), layout="constrained")
    grid = figure.add_gridspec(4, 2, height_ratios=(4, 3, 3, 3))
    draw_climb(figure.add_subplot(grid[0, :]), story)
    draw_timeline(figure.add_subplot(grid[1, 0]), story)
    draw_parts(figure.add_subplot(grid[1, 1]), story)
    draw_flags(figure.add_subplot(grid[2, 0]), story)
    draw_alike(figure.add_subplot(grid[2, 1]), story)
    draw_seconds(figure.add_subplot(grid[3, :]), story)
    figure.savefig(target, dpi=_DPI)
    plt.close(figure)


def plot_runs(folders: Sequence[Path], target: Path) -> None:
    """Draw several runs beside each other: success over all stages, stages passed, the last look of each stage."""
    stories = {str(folder): read_story(folder) for folder in folders}
    figure = plt.figure(figsize=(12, 9), layout="constrained")
    grid = figure.add_gridspec(2, 2)
    success, passed = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    for name, story in stories.items():
        success.plot(*_columns(smoothed(story.overall)), label=name, linewidth=1.6)
        passed.step(*_columns(story.passed), where="post", label=name, linewidth=1.6)
    success.set(ylim=(-0.03, 1.05), ylabel="success", title="success over all that was sampled")
    passed.set(ylim=(0, None), ylabel="stages", title="stages passed")
    for axes in (success, passed):
        _framed(axes)
    draw_last_looks(figure.add_subplot(grid[1, :]), stories)
    figure.savefig(target, dpi=_DPI)
    plt.close(figure)


def draw_timeline(axes: Axes, story: Story) -> None:
    """Draw what share of the samples each stage got."""
    at = [samples for samples, _ in story.shares]
    layers = [[row.get(stage, 0.0) for _, row in story.shares] for stage in story.training]
    if layers:
        axes.stackplot(at, layers, labels=list(story.training), colors=[_colour(i) for i in range(len(layers))])
    axes.set(ylim=(0, 1), ylabel="share of the samples", title="stage timeline")
    _framed(axes)


def draw_alike(axes: Axes, story: Story) -> None:
    """Draw the share of groups whose answers all earn the same."""
    for i, stage in enumerate(story.training):
        axes.plot(*_columns(smoothed(story.alike.get(stage, []))), color=_colour(i), label=stage, linewidth=1.6)
    axes.set(ylim=(-0.03, 1.05), ylabel="share of groups", title="groups that agree, from which nothing is learned")
    _framed(axes)


def draw_seconds(axes: Axes, story: Story) -> None:
    """Draw the seconds of each part of a step."""
    parts = story.parts_of_a_step
    if parts:
        at = [samples for samples, _ in next(iter(parts.values()))]
        axes.stackplot(at, [[value for _, value in points] for points in parts.values()], labels=list(parts))
    axes.set(ylim=(0, None), ylabel="seconds", title="where a step's time goes")
    _framed(axes)


def draw_last_looks(axes: Axes, stories: Mapping[str, Story]) -> None:
    """Draw the success of each run at its last look at every stage, with 95 % intervals."""
    stages = list(dict.fromkeys(look.stage for story in stories.values() for look in story.looks))
    for k, (name, story) in enumerate(stories.items()):
        last = {look.stage: look for look in story.looks if look.trials}
        known = [(i, last[stage]) for i, stage in enumerate(stages) if stage in last]
        at = [i + 0.12 * (k - (len(stories) - 1) / 2) for i, _ in known]
        rates = [look.successes / look.trials for _, look in known]
        spans = [wilson(look.successes, look.trials) for _, look in known]
        errors = [[max(0.0, r - low) for r, (low, _) in zip(rates, spans, strict=True)]]
        errors += [[max(0.0, high - r) for r, (_, high) in zip(rates, spans, strict=True)]]
        axes.errorbar(at, rates, yerr=errors, fmt="o", color=_colour(k), label=name, capsize=3)
    axes.set_xticks(range(len(stages)), stages)
    axes.set(ylim=(-0.03, 1.05), ylabel="success", title="last look at held-out problems of each stage")
    _framed(axes, "")


def _framed(axes: Axes, below: str = "training samples") -> None:
    axes.set_xlabel(below)
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)


def _columns(points: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [at for at, _ in points], [value for _, value in points]


def _colour(at: int) -> tuple[float, float, float]:
    red, green, blue = _COLOURS[at % len(_COLOURS)]
    return red, green, blue
