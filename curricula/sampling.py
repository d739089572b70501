"""From progress, seed and slots to problem ids: a pure function, so any replica and any retry agree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from curricula.curriculum import Curriculum, Stage
from curricula.errors import EmptySlot, TestOnly
from curricula.pools import listed, pool
from curricula.progress import Progress, StageProgress
from generators.ids import MAX_SEED, ProblemId, Split
from generators.stream import Stream, permuted

_TRIES = 64  # draws from a sieved set before one that is set aside is taken after all


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
        return start.with_seed(Stream(f"slot/{seed}/{slot}/{start.stem}").below(MAX_SEED))
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


@dataclass(frozen=True)
class Wish:
    """What a batch of slots has in common; no `stage` means the policy's for train, the frontier's for dev and test."""

    split: Split
    style: str
    seed: int = 0
    stage: str | None = None
    pooled: bool = False


def drawing(curriculum: Curriculum, progress: Progress, wish: Wish) -> Callable[[int], Draw]:
    """Return from slots to problems; raises `TestOnly` for train and dev where a curriculum is for tests."""
    if curriculum.test_only and wish.split != "test":
        raise TestOnly(f"the curriculum {curriculum.name} has test problems only")
    if wish.stage is None and wish.split == "train":
        return _Practice(curriculum, progress, wish).draw
    # Asked for by name, a stage is at its full difficulty.
    chosen = curriculum.stage(wish.stage or curriculum.frontier(progress))
    start = chosen.problem_id(wish.split, 0, wish.style)
    return lambda slot: Draw(chosen.name, id_of_slot(start, wish.seed, slot, wish.pooled))


@dataclass(frozen=True)
class _Practice:
    """What the policy draws: a stage, a level of it, and a row that is not set aside."""

    curriculum: Curriculum
    progress: Progress
    wish: Wish

    def draw(self, slot: int) -> Draw:
        key = f"{self.curriculum.name}/{self.wish.seed}/{slot}"
        weights = self._weights
        stage = self.curriculum.stages[_bucket(weights, Stream(f"policy/{key}").real() * sum(weights))]
        now = self.progress.stage(stage.name)
        level = stage.levels.drawn(now.level, f"{key}/{stage.name}") if stage.levels else None
        start = stage.problem_id("train", 0, self.wish.style, level)
        return Draw(stage.name, self._kept(stage, now, start, slot))

    @cached_property
    def _weights(self) -> Sequence[float]:
        return self.curriculum.weights(self.progress)

    def _kept(self, stage: Stage, now: StageProgress, start: ProblemId, slot: int) -> ProblemId:
        found = id_of_slot(start, self.wish.seed, slot, self.wish.pooled)
        if stage.sieve is None or self.wish.pooled:
            return found
        others = Stream(f"sieve/{self.wish.seed}/{slot}/{start.stem}")
        if others.real() < stage.sieve.revisit:
            return found
        for _ in range(_TRIES):
            if found.seed not in now.sieved:
                break
            found = replace(found, seed=others.below(listed(start) or 1))
        return found


def _bucket(weights: Sequence[float], at: float) -> int:
    for i, weight in enumerate(weights):
        if at < weight:
            return i
        at -= weight
    return max(i for i, weight in enumerate(weights) if weight)
