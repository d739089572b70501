"""The learner's side of the curriculum: it carries the progress, reports, and answers the looks it is asked for."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any

from envserver.wire import (
    AdvanceReply,
    AdvanceRequest,
    HeldOut,
    NextLook,
    Progress,
    StageOut,
    TrainingReport,
)
from trainer_client.client import EnvClient


@dataclass(frozen=True)
class Row:
    """One scored completion of a generation, as every rank knows it."""

    slot: int
    stage: str
    id: str
    reward: float | None
    correct: bool
    components: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    answer_key: str | None = None
    length: int = 0
    """In tokens."""


def groups_of(rows: Sequence[Row]) -> dict[str, list[list[Row]]]:
    """Return the groups of each stage the samples were drawn from; unscored rows are left out."""
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row.reward is not None:
            groups[row.stage, row.slot].append(row)
    by_stage: dict[str, list[list[Row]]] = defaultdict(list)
    for (stage, _), group in groups.items():
        by_stage[stage].append(group)
    return by_stage


def alike(groups: Sequence[Sequence[Row]]) -> int:
    """Return how many groups tell no answer from another: all of their samples earned the same."""
    return sum(len({row.reward for row in group}) == 1 for group in groups)


def reports(rows: Sequence[Row], sieved: Collection[str] = ()) -> dict[str, TrainingReport]:
    """Return what training saw, per stage; of stages that are `sieved` also which problems were solved."""
    return {stage: _report(found, stage in sieved) for stage, found in groups_of(rows).items()}


def _report(groups: list[list[Row]], sieved: bool) -> TrainingReport:
    rewards = [[row.reward or 0.0 for row in group] for group in groups]
    flat = [r for group in rewards for r in group]
    solved = [all(row.correct for row in group) for group in groups]
    return TrainingReport(
        n=len(flat),
        successes=sum(row.correct for group in groups for row in group),
        mean_reward=fmean(flat),
        mean_abs_advantage=fmean(a for group in rewards for a in _advantages(group)),
        groups=len(groups),
        zero_variance_groups=alike(groups),
        solved=tuple(group[0].id for group, all_right in zip(groups, solved, strict=True) if sieved and all_right),
        missed=tuple(group[0].id for group, all_right in zip(groups, solved, strict=True) if sieved and not all_right),
    )


def _advantages(rewards: list[float]) -> list[float]:
    """Return |r - mean| / (std + 1e-4), as TRL scales them."""
    spread = stdev(rewards) if len(rewards) > 1 else 0.0
    middle = fmean(rewards)
    return [abs(r - middle) / (spread + 1e-4) for r in rewards]


# A look comes back only while some of its answers could not be scored; then the next generation asks again.
_MAX_ROUNDS = 3


class Ladder:
    """Progress, the decisions that changed it, and the next slot; `state` is all that a checkpoint needs."""

    def __init__(self, client: EnvClient, progress: Progress, stages: Sequence[StageOut]) -> None:
        self.client = client
        self.progress = progress
        self.stages = [stage.name for stage in stages]
        self.sieved = frozenset(stage.name for stage in stages if stage.sieve)
        self.slot = 0

    def take(self, n: int) -> list[int]:
        """Return the next n slots; none is ever drawn twice by a run."""
        self.slot += n
        return list(range(self.slot - n, self.slot))

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
        """What a checkpoint keeps."""
        return {"progress": self.progress.model_dump(mode="json"), "slot": self.slot}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self.progress, self.slot = Progress.model_validate(state["progress"]), int(state["slot"])
