"""Pictures of a study: success over the number of weights, and what single layers give."""

from pathlib import Path
from statistics import fmean

import matplotlib

matplotlib.use("Agg")  # before pyplot: files only, no display

from matplotlib import pyplot as plt

from trainer_client.comparison.findings import GREEDY, SAMPLED, Findings
from trainer_client.comparison.one_run import success


def draw_weights(target: Path, findings: Findings) -> None:
    """Draw success over the number of weights that trained."""
    figure, panels = plt.subplots(1, 2, figsize=(13, 5.5), layout="constrained", sharey=True)
    for axes, way, title in ((panels[0], GREEDY, "greedy"), (panels[1], SAMPLED, "sampled at temperature 1")):
        for at, arm in enumerate(findings.arms):
            scores = arm.scores(way)
            x, y = arm.cost("trained"), fmean(scores)
            colour = plt.get_cmap("tab20").colors[at % 20]
            axes.errorbar(x, y, [[y - min(scores)], [max(scores) - y]], fmt="o", ms=5, color=colour, capsize=2)
            axes.annotate(arm.name, (x, y), (4, 4), textcoords="offset points", fontsize=8, color=colour)
        axes.axhline(success(findings.base[way]), color="black", lw=1, ls="--", label="untrained")
        if way == SAMPLED:
            best = success(findings.base[findings.coolest])
            axes.axhline(best, color="grey", lw=1, ls=":", label=f"untrained at {findings.coolest}")
        axes.set(xscale="log", xlabel="weights that may train", title=title)
        axes.set_xlim(right=4 * axes.get_xlim()[1])  # room for the names of the largest
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8, loc="lower right")
    panels[0].set_ylabel("success on test, mean over stages; bars: lowest and highest seed")
    figure.savefig(target, dpi=130)
    plt.close(figure)


def draw_layers(target: Path, findings: Findings) -> None:
    """Draw how much of the reference's gain each single layer gives; it must have gained."""
    arms = sorted((arm for arm in findings.arms if arm.layer is not None), key=lambda arm: arm.layer or 0)
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for k, way in enumerate((GREEDY, SAMPLED)):
        shares = [findings.contribution(arm, way) or 0.0 for arm in arms]
        axes.bar([at + (k - 0.5) * 0.38 for at in range(len(arms))], shares, 0.36, label=way)
    axes.axhline(1.0, color="black", lw=1, ls="--")
    axes.axhline(0.0, color="black", lw=0.8)
    axes.set_xticks(range(len(arms)), [f"layer {arm.layer}" for arm in arms])
    axes.set(ylabel=f"C = gain / gain of {findings.reference}", title="One layer alone")
    axes.legend()
    axes.grid(alpha=0.25, axis="y")
    figure.savefig(target, dpi=130)
    plt.close(figure)
