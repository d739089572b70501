"""Pictures: one run's climb, and arms side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # before pyplot: files only, no display

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from envserver.intervals import wilson
from envserver.story import Story, smoothed
from trainer_client.answers.scored import Table
from trainer_client.run.story import read_story

_MOST_FLAGS = 8
_COLOURS = plt.get_cmap("tab10").colors


def plot_climb(folder: Path) -> Path:
    """Draw `climb.png` into a run folder: success per stage, looks, promotions; below it reward parts and flags."""
    story = read_story(folder)
    figure = plt.figure(figsize=(10, 8), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(3, 2))
    draw_climb(figure.add_subplot(grid[0, :]), story)
    draw_parts(figure.add_subplot(grid[1, 0]), story)
    draw_flags(figure.add_subplot(grid[1, 1]), story)
    target = folder / "climb.png"
    figure.savefig(target, dpi=130)
    plt.close(figure)
    return target


def draw_climb(axes: Axes, story: Story) -> None:
    """Draw the training success of each stage, and the held-out looks with 95 % intervals."""
    for i, (stage, points) in enumerate(story.training.items()):
        colour = _COLOURS[i % len(_COLOURS)]
        line = smoothed(points)
        axes.plot([x for x, _ in line], [y for _, y in line], color=colour, label=stage, linewidth=1.6)
        for look in (look for look in story.looks if look.stage == stage):
            low, high = wilson(look.successes, look.trials)
            axes.plot([look.samples] * 2, [low, high], color=colour, alpha=0.3, linewidth=1)
            axes.plot(look.samples, look.successes / look.trials, "o", color=colour, markersize=4, alpha=0.8)
            if look.promoted or look.demoted:
                axes.axvline(look.samples, color=colour, linestyle="--" if look.promoted else ":", linewidth=1)
                axes.annotate(
                    f"{stage} {'promoted' if look.promoted else 'lost'}",
                    (look.samples, 0.04),
                    rotation=90,
                    fontsize=8,
                    color=colour,
                    ha="right",
                    va="bottom",
                )
    axes.set(ylim=(-0.03, 1.05), xlabel="training samples", ylabel="success", title=f"{story.name}: the climb")
    axes.plot([], [], "o", color="grey", label="look at held-out dev problems")
    axes.legend(fontsize=8, loc="center right")
    axes.grid(alpha=0.25)


def draw_parts(axes: Axes, story: Story) -> None:
    """Draw what each part of the reward adds on the mean of a generation."""
    for i, (name, points) in enumerate(story.parts.items()):
        line = smoothed(points)
        axes.plot([x for x, _ in line], [y for _, y in line], color=_COLOURS[(i + 3) % 10], label=name, linewidth=1.6)
    axes.set(xlabel="training samples", ylabel="added to the reward", title="parts of the reward")
    if story.parts:
        axes.legend(fontsize=8)
    axes.grid(alpha=0.25)


def draw_flags(axes: Axes, story: Story) -> None:
    """Draw the most frequent signs of gaming per 1,000 completions, and the alarms."""
    often = sorted(story.flags, key=lambda name: -max(value for _, value in story.flags[name]))[:_MOST_FLAGS]
    for i, name in enumerate(often):
        line = smoothed(story.flags[name])
        axes.plot([x for x, _ in line], [y for _, y in line], color=_COLOURS[i], label=name, linewidth=1.4)
    for samples, _ in story.alarms:
        axes.axvline(samples, color="black", linestyle=":", linewidth=1)
    axes.plot([], [], ":", color="black", label=f"alarm ({len(story.alarms)})")
    axes.set(xlabel="training samples", ylabel="per 1,000 completions", title="signs of gaming", ylim=(0, None))
    axes.legend(fontsize=8)
    axes.grid(alpha=0.25)


def plot_arms(target: Path, climb: Path, arms: Mapping[str, Table], stages: Sequence[str]) -> None:
    """Draw one run's climb with its reward parts and flags, and the test success of every arm, stage by stage."""
    story = read_story(climb)
    figure = plt.figure(figsize=(11, 12), layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=(4, 3, 4))
    draw_climb(figure.add_subplot(grid[0, :]), story)
    draw_parts(figure.add_subplot(grid[1, 0]), story)
    draw_flags(figure.add_subplot(grid[1, 1]), story)
    lower = figure.add_subplot(grid[2, :])
    draw_bars(lower, arms, stages, "Test problems, never trained on (95 % intervals)")
    lower.set_ylabel("success on test")
    figure.savefig(target, dpi=130)
    plt.close(figure)


def plot_evaluation(target: Path, arms: Mapping[str, Table], stages: Sequence[str], title: str) -> None:
    """Draw the success of every arm per stage, and pass@k over k where there are several samples."""
    several = [name for name, table in arms.items() if any(table[stage].samples > 1 for stage in stages)]
    figure, axes = plt.subplots(1 + bool(several), 1, figsize=(10, 4.5 * (1 + bool(several))), layout="constrained")
    bars, curves = axes if several else (axes, axes)
    draw_bars(bars, arms, stages, f"{title} (95 % intervals, clustered by problem)")
    bars.set_ylabel("success")
    for k, name in enumerate(several):
        for i, stage in enumerate(stages):
            found = arms[name][stage].at_k("pass")
            style = ("-", "--", ":", "-.")[k % 4]
            label = f"{stage}, {name}"
            curves.plot(list(found), list(found.values()), style, color=_COLOURS[i % 10], marker="o", ms=3, label=label)
    if several:
        curves.set_xscale("log", base=2)
        curves.set(ylim=(-0.03, 1.05), xlabel="k", ylabel="pass@k", title="One of k samples is right")
        curves.legend(fontsize=8)
        curves.grid(alpha=0.25)
    figure.savefig(target, dpi=130)
    plt.close(figure)


def draw_bars(lower: Axes, arms: Mapping[str, Table], stages: Sequence[str], title: str) -> None:
    """Draw the success of every arm, stage by stage."""
    width = 0.8 / len(arms)
    for k, (name, table) in enumerate(arms.items()):
        at = [i + (k - (len(arms) - 1) / 2) * width for i in range(len(stages))]
        rates = [table[stage].rate for stage in stages]
        spans = [table[stage].interval for stage in stages]
        errors = [
            [max(0.0, r - low) for r, (low, _) in zip(rates, spans, strict=True)],
            [max(0.0, high - r) for r, (_, high) in zip(rates, spans, strict=True)],
        ]
        lower.bar(at, rates, width * 0.92, yerr=errors, label=name, color=_COLOURS[(k + 6) % 10], error_kw={"lw": 0.8})
    lower.set_xticks(range(len(stages)), stages)
    lower.set(ylim=(0, 1.05), title=title)
    lower.legend(fontsize=8)
    lower.grid(alpha=0.25, axis="y")
