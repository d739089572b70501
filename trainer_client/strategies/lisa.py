"""LISA (Pan et al., arXiv 2403.17919): embeddings and head always train, and a few layers drawn anew every so often."""

from random import Random
from typing import Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, Memory, Moment, Plan, Rates


class Lisa(Plan):
    """Train embeddings, norm and head, and `count` layers drawn uniformly for each `every` updates."""

    kind: Literal["lisa"] = "lisa"
    count: int = Field(2, ge=1)
    every: int = Field(20, ge=1)
    moves = True

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        drawn = Random(f"lisa/{moment.seed}/{moment.step // self.every}")
        blocks = drawn.sample(anatomy.blocks, min(self.count, anatomy.layers))
        return {part: 1.0 for part in anatomy.parts if part in blocks or part not in anatomy.blocks}
