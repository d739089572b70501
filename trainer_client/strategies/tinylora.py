"""TinyLoRA ("Learning to reason in 13 parameters", arXiv 2602.04118): a few numbers for each module, or for all.

W' = W + U S^(1/2) (sum_i v_i P_i) S^(1/2) V^T, where U S V^T is the frozen rank-r part of W, P_i are fixed random
matrices and only v trains.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from trainer_client.strategies.plan import SHARED, Anatomy, Plan

if TYPE_CHECKING:
    from peft import PeftConfig


class TinyLora(Plan):
    """Train `numbers` numbers per module, shared by more of them the higher `tying` is."""

    kind: Literal["tinylora"] = "tinylora"
    numbers: int = Field(13, ge=1, le=4_096)
    rank: int = Field(2, ge=1, le=64)
    tying: float = Field(0.0, ge=0, le=1)
    """0: each module has its own numbers; 1: one set for all of them."""

    def adapter(self, anatomy: Anatomy) -> "PeftConfig | None":
        from peft import TinyLoraConfig

        return TinyLoraConfig(
            r=self.rank,
            u=self.numbers,
            weight_tying=self.tying,
            target_modules=[name for block in anatomy.blocks for name in anatomy.linears[block]],
            task_type="CAUSAL_LM",
        )

    def reach(self, anatomy: Anatomy) -> tuple[str, ...]:
        return (*anatomy.blocks, SHARED)  # of a model with one layer nothing is shared
