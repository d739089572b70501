"""Surgical fine-tuning (Lee et al., arXiv 2210.11466): layers are weighed by their gradients."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, BlockPlan, Memory, Moment, Rates, Signal


class _Surgical(BlockPlan):
    every: int = Field(10, ge=1)
    """Updates between two measurements."""
    moves = True
    forgets = False  # what is frozen now may train again

    @property
    def interval(self) -> int:
        return self.every

    def remembered(self, anatomy: Anatomy, moment: Moment, memory: Memory, signals: Mapping[str, float]) -> Memory:
        return {"signals": dict(signals)}


class AutoRgn(_Surgical):
    """Auto-RGN: each layer's rate in proportion to its relative gradient norm |g| / |W|, the largest being 1.

    The norms are means over `every` updates.
    """

    kind: Literal["auto_rgn"] = "auto_rgn"
    signal: ClassVar[Signal | None] = "relative_gradient"

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        found: Mapping[str, float] = memory.get("signals", {})
        largest = max(found.values(), default=0.0)
        if not largest:
            return dict.fromkeys(anatomy.blocks, 1.0)
        return {block: found[block] / largest for block in anatomy.blocks}


class AutoSnr(_Surgical):
    """Auto-SNR: the layers whose gradients have a signal-to-noise ratio of at least `bar` of the largest train.

    At every `every`-th update all layers train, and are measured: a frozen one has no gradient.
    """

    kind: Literal["auto_snr"] = "auto_snr"
    bar: float = Field(0.95, gt=0, le=1)
    signal: ClassVar[Signal | None] = "gradient_snr"

    @property
    def interval(self) -> int:
        return 1

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        found: Mapping[str, float] = memory.get("signals", {})
        if moment.step % self.every == 0 or not found:
            return dict.fromkeys(anatomy.blocks, 1.0)
        least = self.bar * max(found.values())
        return {block: 1.0 for block in anatomy.blocks if found[block] >= least}

    def remembered(self, anatomy: Anatomy, moment: Moment, memory: Memory, signals: Mapping[str, float]) -> Memory:
        return {"signals": dict(signals)} if len(signals) == anatomy.layers else memory
