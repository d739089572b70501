"""LoRA (Hu et al., arXiv 2106.09685) on all linear layers, as "LoRA without regret" (Schulman, 2025) advises."""

from typing import Literal

from peft import LoraConfig, PeftConfig
from pydantic import BaseModel, ConfigDict, Field


class Lora(BaseModel):
    """Train low-rank updates W + (alpha/rank)·B·A; B starts at 0, so the first policy is the base model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["lora"] = "lora"
    rank: int = Field(16, ge=1, le=512)
    alpha: int = Field(32, ge=1)

    def adapter(self) -> PeftConfig | None:
        """Return the adapter to train instead of the weights."""
        # No dropout: completions are sampled from the model in training mode, and dropout would change the policy.
        return LoraConfig(
            r=self.rank, lora_alpha=self.alpha, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
        )
