"""From progress, seed and slots to problem ids: a pure function, so any replica and any retry agree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from curricula.curriculum import Curriculum, Stage
from curricula.errors import EmptySlot, TestOnly
from curricula.pools import listed, pool
from curricula.progress import Progress
from generators.ids import MAX_SEED, ProblemId, Split
from generators.stream import Stream, permuted


@dataclass(frozen=True)
class Draw:
    """One problem to pose, and the stage it was drawn from, if it comes from a curriculum."""

    stage: str | None
    id: ProblemId


def id_of_slot(start: ProblemId, seed: int, slot: int, pooled: bool = False) -> ProblemId:
    """Return the id in a slot: drawn afresh for train, out of the fixed pool for dev and test.

    `start` gives everything but the id's seed. Runs, slots and stages share no train seed; listed problems come in
    another order in every epoch, none twice within one. A `pooled` train slot indexes a fixed pool too. Raises
    `EmptySlot` beyond the end of a pool.
    """
    fresh = start.split == "train" and not pooled
    if (size := listed(start)) is not None:
        return replace(start, seed=_row_of_slot(start, seed, slot, size) if fresh else _within(slot, size, start))
    if fresh:
        return replace(start, seed=Stream(f"slot/{seed}/{slot}/{start.stem}").below(MAX_SEED))
    ids = pool(start.stem, start.split)
    return ids[_within(slot, len(ids), start)].with_style(start.style)


def _within(slot: int, size: int, start: ProblemId) -> int:
    if slot >= size:
        raise EmptySlot(f"slot {slot} is beyond the {size} distinct {start.split} problems of {start.stem}")
    return slot


def _row_of_slot(start: ProblemId, seed: int, slot: int, size: int) -> int:
    if not size:
        raise EmptySlot(f"{start.stem} has no {start.split} problems")
    epoch, at = divmod(slot, size)
    return permuted(f"epoch/{seed}/{epoch}/{start.stem}", at, size)


def stage_of_slot(curriculum: Curriculum, progress: Progress, seed: int, slot: int) -> Stage:
    """Return the stage that the policy draws for a train slot."""
    policy = curriculum.policy_of(progress)
    weights = policy.weights(curriculum.names, curriculum.passed(progress))
    at = Stream(f"policy/{curriculum.name}/{seed}/{slot}").real() * sum(weights)
    return curriculum.stages[_bucket(weights, at)]


@dataclass(frozen=True)
class Wish:
    """What a batch of slots has in common; no `stage` means the policy's for train, the frontier's for dev and test."""

    split: Split
    style: str
    seed: int = 0
    stage: str | None = None
    pooled: bool = False


def draw(curriculum: Curriculum, progress: Progress, wish: Wish, slot: int) -> Draw:
    """Return the problem of one slot; raises `TestOnly` for train and dev where a curriculum is for tests."""
    if curriculum.test_only and wish.split != "test":
        raise TestOnly(f"the curriculum {curriculum.name} has test problems only")
    if wish.stage is None and wish.split == "train":
        chosen = stage_of_slot(curriculum, progress, wish.seed, slot)
    else:
        chosen = curriculum.stage(wish.stage or curriculum.frontier(progress))
    start = chosen.problem_id(wish.split, 0, wish.style)
    return Draw(chosen.name, id_of_slot(start, wish.seed, slot, wish.pooled))


def _bucket(weights: Sequence[float], at: float) -> int:
    for i, weight in enumerate(weights):
        if at < weight:
            return i
        at -= weight
    return max(i for i, weight in enumerate(weights) if weight)
