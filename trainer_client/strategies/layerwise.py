"""Greedy training (Bengio et al., NIPS 2006; Belilovsky et al., arXiv 1812.11446): one layer after another."""

from typing import Literal

from trainer_client.strategies.plan import Anatomy, BlockPlan, Memory, Moment, Rates


class Layerwise(BlockPlan):
    """Train each layer alone for its share of the steps, from the top or from the bottom; what it learned stays."""

    kind: Literal["layerwise"] = "layerwise"
    order: Literal["down", "up"] = "down"
    moves = True

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        at = min(anatomy.layers - 1, moment.step * anatomy.layers // moment.steps)
        blocks = anatomy.blocks if self.order == "up" else anatomy.blocks[::-1]
        return {blocks[at]: 1.0}
