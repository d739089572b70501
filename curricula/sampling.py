"""From progress, seed and slots to problem ids: a pure function, so any replica and any retry agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from curricula.curriculum import Curriculum, Stage
from curricula.errors import UnknownCurriculum
from curricula.pools import pool
from curricula.progress import Progress
from generators.ids import MAX_SEED, ProblemId, Split
from generators.stream import Stream


@dataclass(frozen=True)
class Draw:
    """One problem to pose, and the stage it was drawn from."""

    stage: str
    id: ProblemId


def train_seed(stem: str, seed: int, slot: int) -> int:
    """Return the id seed of a train slot: runs, slots and stages share nothing."""
    return Stream(f"slot/{seed}/{slot}/{stem}").below(MAX_SEED)


def held_out_id(stem: str, split: Split, slot: int, style: str) -> ProblemId:
    """Return the id in a slot of a dev or test pool; raises `UnknownCurriculum` beyond its end."""
    ids = pool(stem, split)
    if slot >= len(ids):
        raise UnknownCurriculum(f"slot {slot} is beyond the {len(ids)} distinct {split} problems of {stem}")
    return ids[slot].with_style(style)


def stage_of_slot(curriculum: Curriculum, progress: Progress, seed: int, slot: int) -> Stage:
    """Return the stage that the policy draws for a train slot."""
    policy = curriculum.policy_of(progress)
    weights = policy.weights(curriculum.names, curriculum.passed(progress))
    at = Stream(f"policy/{curriculum.name}/{seed}/{slot}").real() * sum(weights)
    return curriculum.stages[_bucket(weights, at)]


def draw(
    curriculum: Curriculum, progress: Progress, split: Split, seed: int, slot: int, stage: str | None, style: str
) -> Draw:
    """Return the problem of one slot; without `stage`, the policy's for train and the frontier's for dev and test."""
    if stage is None and split == "train":
        chosen = stage_of_slot(curriculum, progress, seed, slot)
    else:
        chosen = curriculum.stage(stage or curriculum.frontier(progress))
    if split == "train":
        return Draw(chosen.name, chosen.problem_id("train", train_seed(chosen.stem, seed, slot), style))
    return Draw(chosen.name, held_out_id(chosen.stem, split, slot, style))


def _bucket(weights: Sequence[float], at: float) -> int:
    for i, weight in enumerate(weights):
        if at < weight:
            return i
        at -= weight
    return max(i for i, weight in enumerate(weights) if weight)
