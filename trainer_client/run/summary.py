"""`summary.md`: what a run did, for somebody who was not there."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from envserver.intervals import mean
from envserver.story import Story, ends
from trainer_client.answers.tables import markdown
from trainer_client.config import TrainConfig
from trainer_client.grpo.profile import SHOWN
from trainer_client.pictures.plot import plot_climb
from trainer_client.run.run_folder import RunFolder
from trainer_client.run.story import read_story


def write_summary(
    folder: Path, config: TrainConfig, cost: Mapping[str, Any], remarks: Sequence[str], stopped: str = ""
) -> None:
    """Write `summary.md` and `climb.png`; `cost` as in cost.json, `remarks` on what was mended before the start."""
    story = read_story(folder)
    plot_climb(folder)
    said = [*remarks, *(_rolled_back(entry) for entry in RunFolder(folder).rollbacks)]
    lines = _lines(story, config, cost, [*said, *([f"**stopped**: {stopped}"] if stopped else [])])
    (folder / "summary.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _rolled_back(entry: Mapping[str, Any]) -> str:
    return f"**collapsed** at step {entry['at']}, back to step {entry['to']} at a lower rate: {entry['reason']}"


def _lines(story: Story, config: TrainConfig, cost: Mapping[str, Any], remarks: Sequence[str]) -> list[str]:
    seconds = cost["seconds"]
    share = story.environment_seconds / story.seconds if story.seconds else 0.0
    lines = [
        f"# {story.name}",
        "",
        f"- {story.steps} of {story.total_steps} steps, {story.samples} samples, seed {config.seed}",
        f"- curriculum `{story.curriculum}`",
        f"- strategy `{config.strategy.kind}`: {cost['trained']:,} of {cost['weights']:,} weights trained",
        f"- {story.seconds:.0f} s in steps, {share:.2%} of them in environment calls",
        f"- optimizer {cost['optimizer_bytes'] / 2**20:.1f} MiB, at most {cost['peak_bytes'] / 2**20:,.0f} MiB in all",
        f"- {cost.get('tokens_per_second', 0.0):,.0f} tokens sampled per second of sampling",
        *(f"- {remark}" for remark in remarks),
        *_profiled(seconds),
    ]
    lines += ["", "| stage | promoted at step | samples | look | greedy | evidence |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {look.stage} | {look.step} | {look.samples} | {look.successes}/{look.trials} "
        f"| {look.greedy}/{look.greedy_trials} | {look.reason} |"
        for look in story.promoted
    ]
    if not story.promoted:
        lines.append("| none | | | | | |")
    lines += [
        f"\n{look.stage} was lost again at step {look.step}: {look.reason}" for look in story.looks if look.demoted
    ]
    lines += ["", "| stage | last training success | groups alike, over the run |", "|---|---|---|"]
    lines += [
        f"| {stage} | {points[-1][1]:.3f} | {mean([share for _, share in story.alike.get(stage, [])]):.2f} |"
        for stage, points in story.training.items()
    ]
    lines += ["", "| part of the reward, mean of five generations | first | last |", "|---|---|---|"]
    lines += [f"| {name} | {first:.3f} | {last:.3f} |" for name, (first, last) in _ends(story.parts)]
    components = {key: value for key, value in story.last.items() if key.startswith("component/")}
    lines += ["", "| component, last generation | mean |", "|---|---|"]
    lines += [f"| {key.removeprefix('component/')} | {value:.3f} |" for key, value in components.items()]
    lines += ["", "| sign of gaming per 1,000 completions | first | last |", "|---|---|---|"]
    lines += [f"| {name} | {first:.0f} | {last:.0f} |" for name, (first, last) in _ends(story.flags)]
    if not story.flags:
        lines.append("| none | | |")
    lines += ["", "Alarms:", "", *([f"- after {at:,} samples: {says}" for at, says in story.alarms] or ["- none"])]
    lines += ["", *_probed(story)] if story.probes else []
    return [*lines, "", "![climb](climb.png)"]


def _profiled(seconds: Mapping[str, float]) -> list[str]:
    """Return where the seconds of a step went."""
    step = seconds.get("step") or 1.0
    rows = [[name, f"{seconds[name]:.3f}", f"{seconds[name] / step:.1%}"] for name in SHOWN if name in seconds]
    whole = ["all", f"{seconds.get('step', 0.0):.3f}", "100.0%"]
    beside = ["environment, beside sampling", f"{seconds.get('hidden', 0.0):.3f}", ""]
    return ["", markdown(["part of a step, mean over the run", "seconds", "share"], [*rows, whole, beside])]


def _ends(series: Mapping[str, Sequence[tuple[int, float]]]) -> Iterator[tuple[str, tuple[float, float]]]:
    return ((name, ends(series[name])) for name in sorted(series))


def _probed(story: Story) -> list[str]:
    head = ["samples", "stage", "right", "right again", "right restated", "answers that turned", "canaries right"]
    rows = [
        [
            f"{row['samples']:,}",
            row["stage"],
            f"{row['right']}/{row['asked']}",
            f"{row['again_right']}/{row['again']}",
            f"{row['restated_right']}/{row['restated']}",
            f"{row['turned_alike']}/{row['turned']}",
            f"{row['canaries_right']}/{row['canaries']}",
        ]
        for row in story.probes
    ]
    return ["Probes with the same problems restated, and without their numbers:", "", markdown(head, rows)]
