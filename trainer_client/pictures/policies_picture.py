"""The picture of `echelon-server simulate`: stages passed, success over samples, where each policy's samples went."""

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # before pyplot: files only, no display

from matplotlib import pyplot as plt

_WIDE = 4


def draw_policies(target: Path, trials: Sequence[Mapping[str, Any]]) -> None:
    """Draw curves of all policies above, and below for each of them the shares of the stages over the run."""
    rows = ceil(len(trials) / _WIDE)
    figure = plt.figure(figsize=(13, 4.5 + 2.6 * rows), layout="constrained")
    curves, shares = figure.subfigures(2, 1, height_ratios=[4.5, 2.6 * rows])
    left, right = curves.subplots(1, 2)
    for one in trials:
        left.plot(one["samples"], one["frontier"], label=one["policy"], lw=1.6)
        right.plot(one["samples"], one["success"], label=one["policy"], lw=1.6)
    left.set(xlabel="samples", ylabel="stages passed", title="Frontier")
    right.set(xlabel="samples", ylabel="success, mean over stages", title="Success", ylim=(0, 1.02))
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
    panels = shares.subplots(rows, _WIDE, squeeze=False, sharex=True, sharey=True)
    colours = plt.get_cmap("viridis")
    for at, axes in enumerate(panels.flat):
        if at >= len(trials):
            axes.set_axis_off()
            continue
        one = trials[at]
        count = len(one["shares"][0])
        layers = [[step[stage] for step in one["shares"]] for stage in range(count)]
        paint = [colours(stage / max(count - 1, 1)) for stage in range(count)]
        axes.stackplot(one["samples"], layers, colors=paint, labels=[f"stage {stage}" for stage in range(count)])
        axes.set_title(one["policy"], fontsize=10)
        axes.set_ylim(0, 1)
    panels[0][0].set_ylabel("share of the batch")
    panels[0][0].legend(fontsize=6, loc="lower left")
    figure.savefig(target, dpi=120)
    plt.close(figure)
