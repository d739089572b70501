"""`summary.md`: what a run did, for somebody who was not there."""

from pathlib import Path

from trainer_client.config import TrainConfig
from trainer_client.plot import plot_climb
from trainer_client.story import Story, read_story


def write_summary(folder: Path, config: TrainConfig, parameters: tuple[int, int], stopped: str = "") -> None:
    """Write `summary.md` and `climb.png`; `parameters` are (trained, all)."""
    story = read_story(folder)
    plot_climb(folder)
    (folder / "summary.md").write_text("\n".join(_lines(story, config, parameters, stopped)) + "\n", encoding="utf-8")


def _lines(story: Story, config: TrainConfig, parameters: tuple[int, int], stopped: str) -> list[str]:
    trained, every = parameters
    share = story.environment_seconds / story.seconds if story.seconds else 0.0
    lines = [
        f"# {story.name}",
        "",
        f"- {story.steps} of {story.total_steps} steps, {story.samples} samples, seed {config.seed}",
        f"- strategy `{config.strategy.kind}`: {trained:,} of {every:,} weights trained",
        f"- {story.seconds:.0f} s in steps, {share:.2%} of them in environment calls",
    ]
    if stopped:
        lines.append(f"- **stopped**: {stopped}")
    lines += ["", "| stage | promoted at step | samples | look | greedy | evidence |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {look.stage} | {look.step} | {look.samples} | {look.successes}/{look.trials} "
        f"| {look.greedy}/{look.greedy_trials} | {look.reason} |"
        for look in story.promoted
    ]
    if not story.promoted:
        lines.append("| none | | | | | |")
    lines += ["", "| stage | last training success |", "|---|---|"]
    lines += [f"| {stage} | {points[-1][1]:.3f} |" for stage, points in story.training.items()]
    parts = {key: value for key, value in story.last.items() if key.startswith(("component/", "flag/"))}
    lines += ["", "| last generation | mean |", "|---|---|"]
    lines += [f"| {key} | {value:.3f} |" for key, value in parts.items()]
    return [*lines, "", "![climb](climb.png)"]
