"""SlimFit (Ardakani et al., arXiv 2305.18513): at each update the layers that moved least are left out."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, BlockPlan, Memory, Moment, Rates


class SlimFit(BlockPlan):
    """Freeze the share `frozen` of the layers whose last update, mean |dW| / mean |W|, was smallest.

    A layer keeps the size of its last update while it is frozen, and comes back when the others move less.
    """

    kind: Literal["slimfit"] = "slimfit"
    frozen: float = Field(0.5, ge=0, lt=1)
    moves = True
    forgets = False  # what is frozen now soon trains again
    signal = "relative_update"

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        sizes: Mapping[str, float] = memory.get("sizes", {})
        unknown = float("inf")  # each layer is tried once
        order = sorted(anatomy.blocks, key=lambda block: sizes.get(block, unknown))
        return dict.fromkeys(order[int(self.frozen * anatomy.layers) :], 1.0)

    def remembered(self, anatomy: Anatomy, moment: Moment, memory: Memory, signals: Mapping[str, float]) -> Memory:
        return {"sizes": {**memory.get("sizes", {}), **signals}}
