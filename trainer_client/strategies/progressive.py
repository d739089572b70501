"""Progressive unfreezing (Howard and Ruder, arXiv 1801.06146), led by the curriculum instead of the epoch."""

from typing import Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, BlockPlan, Memory, Moment, Rates


class Progressive(BlockPlan):
    """Train `start` layers, and `per_stage` more with each stage that is passed, from the top down or upwards."""

    kind: Literal["progressive"] = "progressive"
    start: int = Field(1, ge=1)
    per_stage: int = Field(1, ge=0)
    order: Literal["down", "up"] = "down"
    moves = True

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        blocks = anatomy.blocks if self.order == "up" else anatomy.blocks[::-1]
        return dict.fromkeys(blocks[: self.start + self.per_stage * moment.stage], 1.0)
