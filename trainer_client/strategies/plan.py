"""What a strategy is asked: which parts of a model train now, and how fast. There are no tensors here.

A part is `embeddings`, `layer 0` ... `layer L-1`, `norm` (the last one) or `head`; tied embeddings have no head. The
numbers of an adapter that all layers hold are the part `shared`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from peft import PeftConfig

EMBEDDINGS, NORM, HEAD, SHARED = "embeddings", "norm", "head", "shared"

Rates = Mapping[str, float]
"""Parts that train now, each with the factor of the learning rate; a part that is missing is frozen."""

Memory = Mapping[str, Any]
"""What a strategy has learned on the way: JSON, kept in the checkpoint; empty at the beginning."""

Signal = Literal["relative_gradient", "gradient_snr", "accumulated_gradient", "relative_update"]
"""A number per part that a strategy goes by; `trainer_client/grpo/gradient_signals.py` measures them."""


def layer(at: int) -> str:
    """Return the name of a layer's part."""
    return f"layer {at}"


@dataclass(frozen=True)
class Anatomy:
    """The parts of a model, from the embeddings up."""

    layers: int
    tied: bool
    linears: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of each layer, the names of its linear modules."""

    @property
    def blocks(self) -> tuple[str, ...]:
        """The layers in order."""
        return tuple(layer(at) for at in range(self.layers))

    @property
    def parts(self) -> tuple[str, ...]:
        """All parts in order."""
        return (EMBEDDINGS, *self.blocks, NORM, *(() if self.tied else (HEAD,)))


@dataclass(frozen=True)
class Moment:
    """Where a run stands: updates done and planned, and the frontier's place among the stages."""

    step: int = 0
    steps: int = 1
    stage: int = 0
    stages: int = 1
    seed: int = 0


class Adapter(BaseModel):
    """The shape of LoRA's updates W + (alpha/rank)·B·A; they start at 0, so the first policy is the base model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(16, ge=1, le=512)
    alpha: int = Field(32, ge=1)
    dora: bool = False
    """Direction and magnitude apart (Liu et al., arXiv 2402.09353)."""
    rslora: bool = False
    """alpha/sqrt(rank) instead of alpha/rank (Kalajdzievski, arXiv 2312.03732)."""
    init: Literal["default", "gaussian", "orthogonal", "pissa", "olora"] = "default"
    """How A and B begin; `pissa` and `olora` take the largest directions out of the base weights."""

    @model_validator(mode="after")
    def _even(self) -> "Adapter":
        if self.init == "orthogonal" and self.rank % 2:
            raise ValueError("orthogonal halves the rank, which must be even")
        return self

    def config(self, anatomy: Anatomy, blocks: Sequence[str]) -> "PeftConfig":
        """Return PEFT's configuration for all linear modules of those layers."""
        from peft import LoraConfig  # seconds of imports, for those who train

        # No dropout: completions are sampled from the model in training mode, and dropout would change the policy.
        return LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=0.0,
            use_dora=self.dora,
            use_rslora=self.rslora,
            init_lora_weights=True if self.init == "default" else self.init,
            target_modules=[name for block in blocks for name in anatomy.linears[block]],
            task_type="CAUSAL_LM",
        )


class Plan(BaseModel):
    """Which parts train, and how fast; pure functions of the moment and of what was remembered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    moves: ClassVar[bool] = False
    """Whether the rates change during a run."""
    thins: ClassVar[bool] = False
    """Whether updates leave layers out."""
    forgets: ClassVar[bool] = True
    """Whether the optimizer forgets the moments of a part that is frozen."""
    signal: ClassVar[Signal | None] = None

    @property
    def interval(self) -> int:
        """The updates between two measurements of the signal."""
        return 1

    def adapter(self, anatomy: Anatomy) -> "PeftConfig | None":
        """Return the adapter that trains instead of the weights, if any."""
        return None

    def reach(self, anatomy: Anatomy) -> tuple[str, ...]:
        """Return the parts that may train at some time."""
        return anatomy.parts

    def rates(self, anatomy: Anatomy, moment: Moment, memory: Memory) -> Rates:
        """Return what trains at this moment."""
        return dict.fromkeys(self.reach(anatomy), 1.0)

    def remembered(self, anatomy: Anatomy, moment: Moment, memory: Memory, signals: Mapping[str, float]) -> Memory:
        """Return the memory after a measurement of the parts that train."""
        return memory

    def kept(self, anatomy: Anatomy, moment: Moment) -> Sequence[float] | None:
        """Return the chance of each layer to be computed in an update; None where all of them always are."""
        return None


class BlockPlan(Plan):
    """A plan for layers alone: their weights, or low-rank updates of them."""

    lora: Adapter | None = None
    """Train these instead of the weights."""

    def adapter(self, anatomy: Anatomy) -> "PeftConfig | None":
        return self.lora.config(anatomy, anatomy.blocks) if self.lora else None

    def reach(self, anatomy: Anatomy) -> tuple[str, ...]:
        return anatomy.blocks
