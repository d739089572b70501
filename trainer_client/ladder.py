"""The learner's side of the curriculum: it carries the progress, reports, and answers the looks it is asked for."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from envserver.wire import AdvanceReply, AdvanceRequest, HeldOut, NextLook, Progress, TrainingReport
from trainer_client.client import EnvClient


@dataclass(frozen=True)
class Row:
    """One scored completion of a generation, as every rank knows it."""

    slot: int
    stage: str
    reward: float | None
    correct: bool
    components: dict[str, float]
    flags: tuple[str, ...]


def reports(rows: Sequence[Row]) -> dict[str, TrainingReport]:
    """Return what training saw, per stage the samples were drawn from; unscored rows are left out."""
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row.reward is not None:
            groups[row.stage, row.slot].append(row)
    by_stage: dict[str, list[list[Row]]] = defaultdict(list)
    for (stage, _), group in groups.items():
        by_stage[stage].append(group)
    return {stage: _report(found) for stage, found in by_stage.items()}


def _report(groups: list[list[Row]]) -> TrainingReport:
    rewards = [[row.reward or 0.0 for row in group] for group in groups]
    flat = [r for group in rewards for r in group]
    return TrainingReport(
        n=len(flat),
        successes=sum(row.correct for group in groups for row in group),
        mean_reward=fmean(flat),
        mean_abs_advantage=fmean(a for group in rewards for a in _advantages(group)),
        groups=len(groups),
        zero_variance_groups=sum(max(group) == min(group) for group in rewards),
    )


def _advantages(rewards: list[float]) -> list[float]:
    """Return |r - mean| / (std + 1e-4), as TRL scales them."""
    spread = stdev(rewards) if len(rewards) > 1 else 0.0
    middle = fmean(rewards)
    return [abs(r - middle) / (spread + 1e-4) for r in rewards]


# A look comes back only while some of its answers could not be scored; then the next generation asks again.
_MAX_ROUNDS = 3


class Ladder:
    """Progress and the decisions that changed it. `state` is all that a checkpoint needs."""

    def __init__(self, client: EnvClient, progress: Progress, stages: Sequence[str]) -> None:
        self.client = client
        self.progress = progress
        self.stages = stages

    def _advance(self, training: dict[str, TrainingReport], held_out: list[HeldOut]) -> AdvanceReply:
        request = AdvanceRequest(
            curriculum=self.progress.curriculum, progress=self.progress, training=training, held_out=held_out
        )
        reply = self.client.advance(request)
        self.progress = reply.progress
        return reply

    def climb(
        self, training: dict[str, TrainingReport], answer: Callable[[NextLook], list[HeldOut]]
    ) -> list[dict[str, Any]]:
        """Report, answer every look that is due, and return what was decided."""
        reply = self._advance(training, [])
        decisions = []
        for _ in range(_MAX_ROUNDS):
            if reply.next_look is None:
                break
            reply = self._advance({}, answer(reply.next_look))
            if reply.decision.evidence.get("trials"):
                decisions.append(reply.decision.model_dump())
        return decisions

    @property
    def frontier(self) -> int:
        """The place of the first stage that is not passed, or of the last one."""
        passed = [self.progress.stage(stage).status != "open" for stage in self.stages]
        return passed.index(False) if False in passed else len(passed) - 1

    @property
    def state(self) -> dict[str, Any]:
        """The progress as JSON."""
        return self.progress.model_dump(mode="json")
