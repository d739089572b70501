"""FreezeOut (Brock et al., arXiv 1706.04983): each layer's rate falls to 0 by a cosine, the lower ones first."""

from math import cos, pi
from typing import Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, BlockPlan, Memory, Moment, Rates


class FreezeOut(BlockPlan):
    """Layer i of 0 ... L-1 is frozen at t0 + (1 - t0)·i/(L-1) of the run, cubed if `cubic`."""

    kind: Literal["freezeout"] = "freezeout"
    t0: float = Field(0.8, gt=0, le=1)
    cubic: bool = True
    scaled: bool = True
    """Begin with the rate / t_i, so that every layer gets the same sum of rates."""
    moves = True

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        t = moment.step / moment.steps
        last = max(1, anatomy.layers - 1)
        ends = [1 - (1 - self.t0) * (last - i) / last for i in range(anatomy.layers)]
        ends = [end**3 for end in ends] if self.cubic else ends
        return {
            block: (1 + cos(pi * t / end)) / 2 / (end if self.scaled else 1.0)
            for block, end in zip(anatomy.blocks, ends, strict=True)
            if t < end
        }
