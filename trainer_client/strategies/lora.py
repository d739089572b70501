"""LoRA (Hu et al., arXiv 2106.09685) on all linear layers, as "LoRA without regret" (Schulman, 2025) advises."""

from typing import TYPE_CHECKING, Literal

from trainer_client.strategies.choice import Choice, chosen
from trainer_client.strategies.plan import Adapter, Anatomy, Plan

if TYPE_CHECKING:
    from peft import PeftConfig


class Lora(Adapter, Plan):
    """Train low-rank updates of all linear modules, or of those of some layers; the head and the embeddings stay."""

    kind: Literal["lora"] = "lora"
    layers: Choice | None = None
    """Which layers; all of them if not given."""
    four_bit: bool = False
    """Keep the base weights in 4 bits (QLoRA, Dettmers et al., arXiv 2305.14314); needs CUDA and bitsandbytes."""

    def adapter(self, anatomy: Anatomy) -> "PeftConfig | None":
        return self.config(anatomy, self.reach(anatomy))

    def reach(self, anatomy: Anatomy) -> tuple[str, ...]:
        return chosen(anatomy, self.layers) if self.layers is not None else anatomy.blocks
