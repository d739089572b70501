"""A bump of learning rate over depth that moves with the curriculum: early stages move early layers.

The original idea of this project: what is learned first is to sit low, and what builds on it above.
"""

from math import exp
from typing import Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, BlockPlan, Memory, Moment, Rates


class Gaussian(BlockPlan):
    """Layer l of L has the factor exp(-(x - m)^2 / (2·width^2)), where x = l/(L-1) and m moves with the frontier.

    m goes from 0 at the first stage to 1 at the last (`reverse`: from 1 to 0). Layers below `floor` are frozen.
    """

    kind: Literal["gaussian"] = "gaussian"
    width: float = Field(0.3, gt=0)
    """Of the depth, which is 1."""
    floor: float = Field(0.01, ge=0, lt=1)
    reverse: bool = False
    moves = True
    forgets = False  # what is frozen now soon trains again

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        middle = moment.stage / max(1, moment.stages - 1)
        middle = 1 - middle if self.reverse else middle
        places = [at / max(1, anatomy.layers - 1) for at in range(anatomy.layers)]
        factors = [exp(-((x - middle) ** 2) / (2 * self.width**2)) for x in places]
        return {block: f for block, f in zip(anatomy.blocks, factors, strict=True) if f >= self.floor}
