"""The tables and the picture of the experiment."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # before pyplot: files only, no display

from matplotlib import pyplot as plt

from envserver.intervals import mean
from trainer_client.answers.scored import Scored, improvement
from trainer_client.answers.tables import cell, markdown
from trainer_client.prompt_model.agreement import Agreement
from trainer_client.prompt_model.arms import NONE, UNTRAINED, Arm
from trainer_client.prompt_model.config import PromptModelConfig

Found = Mapping[str, Sequence[Arm]]
"""Arms by split."""


def write_report(folder: Path, config: PromptModelConfig, found: Found, agreed: Mapping[str, Agreement]) -> None:
    """Write `results.md`, `results.json` and `arms.png`."""
    rewards = list(config.rewards)
    text = "\n\n".join(
        [
            f"## Prompt model: {', '.join(_counts(found))}, {config.seeds} seeds of each reward",
            "Share of problems that the frozen base answers right behind each help: exact verification, greedy help "
            "and answers. Intervals are of 95 %, clustered by problem; they hold for these runs alone. "
            "`alone` is the help without the question. The train problems are drawn for this alone; of a data set they "
            "are among those that were trained on:",
            _arms_table(found),
            "Differences on the same problems, with 95 % intervals:",
            _differences(found, rewards),
            "Spearman's correlation of what a reward says with what is right, over sampled helps; `within` is the mean "
            "over problems whose helps differ in correctness:",
            _agreement_table(agreed),
        ]
    )
    (folder / "results.md").write_text(text + "\n", encoding="utf-8")
    arms = {split: {arm.name: _as_json(arm) for arm in listed} for split, listed in found.items()}
    told = {name: {**vars(one)} for name, one in agreed.items()}
    (folder / "results.json").write_text(json.dumps({"arms": arms, "agreement": told}, indent=1), encoding="utf-8")
    _draw(folder / "arms.png", found)


def _as_json(arm: Arm) -> dict[str, Any]:
    leaked = mean(arm.leaked) if arm.leaked else None
    return {**arm.scored.as_json(), "nats": arm.mean_nats(), "leaked": leaked}


def _counts(found: Found) -> list[str]:
    return [f"{arms[0].scored.n} {split} problems" for split, arms in found.items()]


def _arms_table(found: Found) -> str:
    known = {split: {arm.name: arm for arm in arms} for split, arms in found.items()}
    names = list(dict.fromkeys(arm.name for arms in found.values() for arm in arms))
    rows = []
    for name in names:
        arms = {split: known[split].get(name) for split in found}
        told = next((arm for arm in arms.values() if arm is not None and arm.likelihoods), None)
        rows.append(
            [
                name,
                *(cell(arm.scored) if arm else "" for arm in arms.values()),
                f"{told.mean_nats():.2f}" if told else "",
                f"{mean(told.leaked):.1%}" if told else "",
            ]
        )
    return markdown(["help", *found, "nats of the answer (train)", "says the answer"], rows)


def _differences(found: Found, rewards: Sequence[str]) -> str:
    pairs = [(UNTRAINED, NONE)]
    for reward in rewards:
        trained, shuffled = f"trained: {reward}", f"shuffled: {reward}"
        pairs += [(trained, NONE), (trained, UNTRAINED), (trained, shuffled), (shuffled, NONE)]
    pairs += [(f"trained: {a}", f"trained: {b}") for i, a in enumerate(rewards) for b in rewards[i + 1 :]]
    known = {split: {arm.name: arm.scored for arm in arms} for split, arms in found.items()}
    rows = [[f"{a} - {b}", *(_difference(known[split][b], known[split][a]) for split in found)] for a, b in pairs]
    return markdown(["", *found], rows)


def _difference(before: Scored, after: Scored) -> str:
    apart, low, high = improvement(before, after)
    return f"{apart:+.3f} [{low:+.3f}, {high:+.3f}]"


def _agreement_table(agreed: Mapping[str, Agreement]) -> str:
    names = list(next(iter(agreed.values())).pooled)
    head = ["reward", *(f"{kind}, {helper}" for helper in agreed for kind in ("pooled", "within"))]
    rows = [
        [name, *(_number(part[name]) for one in agreed.values() for part in (one.pooled, one.within))] for name in names
    ]
    base = ["(helps, right)", *(text for one in agreed.values() for text in (f"{one.texts:,}", f"{one.right:.2f}"))]
    return markdown(head, [*rows, base])


def _number(value: float | None) -> str:
    return "constant" if value is None else f"{value:+.2f}"


def _draw(target: Path, found: Found) -> None:
    figure, axes = plt.subplots(1, len(found), figsize=(12, 5), layout="constrained", sharex=True)
    for panel, (split, arms) in zip(axes, found.items(), strict=True):
        for at, arm in enumerate(reversed(arms)):
            scored = arm.scored
            low, high = scored.interval
            colour = {"t": "tab:green", "s": "tab:orange", "a": "tab:purple", "g": "gold"}.get(arm.name[0], "tab:grey")
            reach = [[max(0.0, scored.rate - low)], [max(0.0, high - scored.rate)]]
            panel.barh(at, scored.rate, xerr=reach, color=colour, error_kw={"lw": 0.9})
        panel.set_yticks(range(len(arms)), [arm.name for arm in reversed(arms)])
        panel.set(xlim=(0, 1), xlabel="the frozen base is right", title=f"{split} problems")
        panel.grid(alpha=0.25, axis="x")
    figure.savefig(target, dpi=130)
    plt.close(figure)
