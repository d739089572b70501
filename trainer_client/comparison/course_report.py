"""How the arms of a study came where they are: a table and a picture over training samples."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from statistics import fmean

import matplotlib

matplotlib.use("Agg")  # before pyplot: files only, no display

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from trainer_client.answers.tables import markdown, span
from trainer_client.comparison.course import Course
from trainer_client.comparison.findings import Arm, Findings

_WIDE = 4


def course_table(findings: Findings) -> str:
    """Return what was known over the run, what was passed and after how many samples, and what was sampled in vain."""
    ways = {arm.name: findings.courses(arm) for arm in findings.arms}
    stages = [stage for stage in _stages(findings) if any(stage in way.passed for arm in ways.values() for way in arm)]
    rows = []
    for name, courses in ways.items():
        cells = []
        for stage in stages:
            at = [course.passed[stage] for course in courses if stage in course.passed]
            cells.append(f"{fmean(at):,.0f} ({len(at)} of {len(courses)})" if at else "")
        rows.append(
            [
                name,
                span([course.learned for course in courses]),
                f"{fmean(course.held() for course in courses):.1f}",
                *cells,
                f"{sum(way < 0 for course in courses for _, _, way in course.events)}",
                f"{fmean(course.alike for course in courses):.2f}",
            ]
        )
    head = ["arm", "greedy on dev, over the run", "stages held", *(f"{stage} first passed at" for stage in stages)]
    return markdown([*head, "lost again", "groups alike"], rows)


def draw_course(target: Path, findings: Findings) -> None:
    """Draw success and the frontier over samples, and below for each arm the shares of the stages."""
    rows = ceil(len(findings.arms) / _WIDE)
    figure = plt.figure(figsize=(13, 4.8 + 2.4 * rows), layout="constrained")
    curves, below = figure.subfigures(2, 1, height_ratios=[4.8, 2.4 * rows])
    left, right = curves.subplots(1, 2)
    for at, arm in enumerate(findings.arms):
        _draw_arm(left, right, findings, arm, plt.get_cmap("tab10").colors[at % 10])
    left.set(xlabel="training samples", ylabel="greedy success on dev, mean over stages", title="What is known")
    right.set(xlabel="training samples", ylabel="stages held, mean over seeds", title="The frontier")
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
    stages = _stages(findings)
    panels = below.subplots(rows, _WIDE, squeeze=False, sharex=True, sharey=True)
    for at, axes in enumerate(panels.flat):
        if at < len(findings.arms):
            _draw_shares(axes, findings.courses(findings.arms[at]), stages)
            axes.set_title(findings.arms[at].name, fontsize=10)
        else:
            axes.set_axis_off()
    panels[0][0].set_ylabel("share of a batch")
    below.legend(*panels[0][0].get_legend_handles_labels(), fontsize=8, ncols=len(stages), loc="outside lower center")
    figure.savefig(target, dpi=120)
    plt.close(figure)


def _draw_arm(left: Axes, right: Axes, findings: Findings, arm: Arm, colour: Sequence[float]) -> None:
    courses, x = findings.courses(arm), findings.grid
    lines = [[fmean(stages.values()) for _, stages in course.greedy] for course in courses]
    columns = list(zip(*lines, strict=True))
    left.plot(x, [fmean(column) for column in columns], color=colour, label=arm.name, lw=1.6, marker="o", ms=3)
    left.fill_between(x, list(map(min, columns)), list(map(max, columns)), color=colour, alpha=0.08)
    steps = sorted({0, x[-1], *(at for course in courses for at, _, _ in course.events)})
    held = [fmean(course.held(step) for course in courses) for step in steps]
    right.step(steps, held, where="post", color=colour, label=arm.name, lw=1.6)


def _draw_shares(axes: Axes, courses: Sequence[Course], stages: Sequence[str]) -> None:
    longest = max((course.shares for course in courses), key=len)
    by_step = [[course.shares[i][1] for course in courses if i < len(course.shares)] for i in range(len(longest))]
    layers = [[fmean(shares.get(stage, 0.0) for shares in seeds) for seeds in by_step] for stage in stages]
    colours = [plt.get_cmap("viridis")(i / max(len(stages) - 1, 1)) for i in range(len(stages))]
    axes.stackplot([at for at, _ in longest], layers, colors=colours, labels=stages)
    axes.set_ylim(0, 1)
    axes.locator_params(axis="x", nbins=4)


def _stages(findings: Findings) -> list[str]:
    """Return every stage that was trained on by some arm, in the order in which they were met."""
    ways = [course for arm in findings.arms for course in findings.courses(arm)]
    return list(dict.fromkeys(stage for course in ways for _, shares in course.shares for stage in shares))
