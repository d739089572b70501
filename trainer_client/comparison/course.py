"""The way of a run: held-out success at intervals, where its samples went, when it passed which stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from envserver.intervals import mean
from trainer_client.answers.answering import LocalModel
from trainer_client.answers.evaluator import asked, decoding
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.run.story import read_story

_LOG = "course.jsonl"


@dataclass(frozen=True)
class Course:
    """What is read off a run that has ended; every x is a number of training samples."""

    greedy: Sequence[tuple[int, Mapping[str, float]]] = ()
    """Success per stage on the first dev problems."""
    shares: Sequence[tuple[int, Mapping[str, float]]] = ()
    """What each stage got of a generation."""
    events: Sequence[tuple[int, str, int]] = ()
    """When a stage was passed (1), and when it was lost again (-1)."""
    alike: float = 0.0
    """The share of groups that told no answer from another."""

    @property
    def learned(self) -> float:
        """Mean success on dev, over stages and over the run."""
        return mean([mean(list(stages.values())) for _, stages in self.greedy])

    @property
    def passed(self) -> dict[str, int]:
        """After how many samples a stage was passed first."""
        return {stage: at for at, stage, way in reversed(self.events) if way > 0}

    def held(self, samples: float = inf) -> int:
        """Return how many stages were passed, and not lost again, after so many samples."""
        return sum(way for at, _, way in self.events if at <= samples)

    def to_the_end(self, grid: Sequence[int]) -> "Course":
        """Return this course of a run that collapsed with nothing known from then on; `grid` is where others looked."""
        stages = self.greedy[0][1] if self.greedy else {"": 0.0}
        nothing = [(at, dict.fromkeys(stages, 0.0)) for at in grid[len(self.greedy) :]]
        return replace(self, greedy=[*self.greedy, *nothing])


class Watch(TrainerCallback):
    """Answers the first dev problems of every stage, greedily, every so many steps; no random number is drawn."""

    def __init__(self, config: TrainConfig, client: EnvClient, every: int) -> None:
        self.config = config
        self.client = client
        self.every = every
        self.evaluator, self.problems = asked(config, client, "dev")

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step % self.every or not state.is_world_process_zero:
            return
        model = LocalModel(self.client, kwargs["model"], kwargs["processing_class"], decoding(self.config))
        table = self.evaluator.table(model, self.problems, 0.0)
        row = {"step": state.global_step, "greedy": {name: one.rate for name, one in table.items() if one.n}}
        RunFolder(self.config.run).append(_LOG, [row])


def course_of(run: Path) -> dict[str, Any]:
    """Return the course of a run that has ended, as JSON."""
    folder, story = RunFolder(run), read_story(run)
    rows = folder.read("metrics.jsonl")
    samples = {row["step"]: row["samples"] for row in rows}
    watched = {row["step"]: row["greedy"] for row in folder.read(_LOG)}  # a step done again after a kill counts once
    return {
        "greedy": [[samples[step], stages] for step, stages in sorted(watched.items()) if step in samples],
        "shares": [[at, {stage: round(share, 4) for stage, share in shares.items()}] for at, shares in story.shares],
        "events": [
            [look.samples, look.stage, 1 if look.promoted else -1]
            for look in story.looks
            if look.promoted or look.demoted
        ],
        # Only every so many steps of several per generation have one.
        "alike": mean([row["frac_reward_zero_std"] for row in rows if "frac_reward_zero_std" in row]),
    }
