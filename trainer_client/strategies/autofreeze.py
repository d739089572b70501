"""AutoFreeze (Liu et al., arXiv 2102.01386): lower layers are frozen once their gradients change little."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, BlockPlan, Memory, Moment, Rates


class AutoFreeze(BlockPlan):
    """Freeze the layers below the first whose accumulated gradient changed by at least a percentile of all changes.

    Every `every` updates the L1 norm n of each layer's summed gradient is held against the one before:
    |n_before - n| / n_before. What is frozen stays so, and the last layer always trains.
    """

    kind: Literal["autofreeze"] = "autofreeze"
    every: int = Field(10, ge=1)
    percentile: float = Field(50.0, ge=0, le=100)
    moves = True
    signal = "accumulated_gradient"

    @property
    def interval(self) -> int:
        return self.every

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        return dict.fromkeys(anatomy.blocks[int(memory.get("frozen", 0)) :], 1.0)

    def remembered(self, anatomy: Anatomy, moment: Moment, memory: Memory, signals: Mapping[str, float]) -> Memory:
        before, frozen = memory.get("norms", {}), int(memory.get("frozen", 0))
        active = anatomy.blocks[frozen:]
        if all(block in before for block in active):
            changes = [abs(before[block] - signals[block]) / (before[block] or 1.0) for block in active]
            bar = _percentile(changes, self.percentile)
            first = next(at for at, change in enumerate(changes) if change >= bar)
            frozen += min(first, len(active) - 1)
        return {"norms": dict(signals), "frozen": frozen}


def _percentile(values: list[float], share: float) -> float:
    """Return a percentile, between two values by interpolation."""
    ordered = sorted(values)
    place = share / 100 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
