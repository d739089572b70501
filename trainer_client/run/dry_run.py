"""`train --dry-run`: what a run would train and take, from the model's configuration alone: no weights, no GPU.

Bytes by formula. Weights that train: 4 for the weight, 4 for the gradient, 8 for Adam's moments. Frozen ones: 2, or
0.55 in 4 bits (NF4 with double quantisation). Where beta > 0 and nothing is adapted, 4 more for each weight that
trains: the reference. What leaves a trunk that is computed once: 2 per token and hidden unit.
Activations: 34 bytes per token, layer and hidden unit (Korthikanti et al., arXiv 2205.05198, without the scores, which
sdpa does not keep) in the layers that the backward pass goes through, 2 with checkpointing and one layer in full. Keys
and values of all completions while they are sampled. Kernels, fragmentation and CUDA itself come on top: about 1 GiB.
"""

from dataclasses import dataclass
from typing import Any

import torch
from peft import get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.grpo.trained import Trained
from trainer_client.grpo.trunk import trunk_depth
from trainer_client.loading.anatomy import anatomy_of
from trainer_client.loading.tiny import tiny_config
from trainer_client.run.preflight import adapter_of, refuse_together
from trainer_client.strategies import Lora
from trainer_client.strategies.plan import NORM, Moment

_TRAINED, _FROZEN, _FOUR_BIT = 16.0, 2.0, 0.55
_ACTIVATION = 34
_STEPS = 16  # at which a strategy is asked, and stages
_PROMPT = 256  # tokens of a question, about


@dataclass(frozen=True)
class Forecast:
    """Weights, and bytes by what holds them."""

    weights: int
    trained: int
    completions: int
    bytes: dict[str, float]

    @property
    def text(self) -> str:
        """Everything in lines."""
        rows = [f"  {name:<24} {_size(held)}" for name, held in self.bytes.items() if held]
        return "\n".join(
            [
                f"weights that train: {self.trained:,} of {self.weights:,} ({self.trained / self.weights:.3%})",
                f"completions: {self.completions:,}",
                "memory of each process, by formula:",
                *rows,
                f"  {'together':<24} {_size(sum(self.bytes.values()))}",
            ]
        )


def forecast(config: TrainConfig, world: int = 1) -> Forecast:
    """Return what a run on so many processes takes; raises `BadConfig` for settings that do not go together."""
    refuse_together(config)
    shape = _shape(config)
    with torch.device("meta"):
        model: Any = AutoModelForCausalLM.from_config(shape)
        anatomy = anatomy_of(model)
        weights = sum(weight.numel() for weight in model.parameters())
        adapter = config.strategy.adapter(anatomy)
        model = get_peft_model(model, adapter) if adapter else model
        trained = Trained(config.strategy, model)
    most = _most_at_once(trained)
    return Forecast(
        weights, trained.count, config.grpo.completions, _bytes(config, shape, trained, weights, most, world)
    )


def _size(held: float) -> str:
    return f"{held / 2**30:9.2f} GiB" if held >= 2**30 else f"{held / 2**20:9.2f} MiB"


def _shape(config: TrainConfig) -> Any:
    if config.model.path == "tiny":
        return tiny_config(config.model.hidden, config.model.layers)
    try:
        return AutoConfig.from_pretrained(config.model.path)
    except (OSError, ValueError) as error:
        raise BadConfig(f"no configuration of a model at {config.model.path}: {error}") from error


def _most_at_once(trained: Trained) -> int:
    """Return the weights with moments at one time: of strategies that forget, the most over steps and stages."""
    plan = trained.plan
    if not (plan.moves and plan.forgets):
        return trained.count
    moments = [Moment(step, _STEPS, stage, _STEPS) for step in range(_STEPS) for stage in range(_STEPS)]
    plans = (plan.rates(trained.anatomy, moment, {}) for moment in moments)
    return max(sum(weight.numel() for part in now for weight in trained.parts.get(part, ())) for now in plans)


def _bytes(config: TrainConfig, shape: Any, trained: Trained, weights: int, most: int, world: int) -> dict[str, float]:
    grpo, strategy = config.grpo, config.strategy
    text = shape.get_text_config()
    adapted = adapter_of(config) is not None or strategy.kind == "tinylora"
    frozen = weights if adapted else weights - trained.count
    four_bit = isinstance(strategy, Lora) and strategy.four_bit
    packed = text.num_hidden_layers * _linear(text) if four_bit else 0
    measured = trained.count * 4.0 if strategy.signal in ("accumulated_gradient", "relative_update") else 0.0
    rows = grpo.prompts * grpo.samples // world
    tokens = config.grpo.max_completion + _PROMPT
    micro = (grpo.micro_batch or rows) * tokens
    layers, hidden = text.num_hidden_layers, text.hidden_size
    through = layers - _lowest(trained)
    activations = micro * hidden * (_ACTIVATION * through if not grpo.checkpointing else 2 * through + _ACTIVATION)
    head = getattr(text, "head_dim", None) or hidden // text.num_attention_heads
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    return {
        "frozen weights": (frozen - packed) * _FROZEN + packed * _FOUR_BIT,
        "weights that train": trained.count * 4.0,
        "gradients and moments": most * (_TRAINED - 4.0),
        "what the strategy measures": measured,
        "the reference": trained.count * 4.0 if grpo.beta and not adapted else 0.0,
        "the trunk, computed once": 2.0 * rows * tokens * hidden if _has_trunk(config, trained) else 0.0,
        "activations": float(activations),
        "keys and values": 2.0 * 2 * layers * heads * head * tokens * rows,
    }


def _has_trunk(config: TrainConfig, trained: Trained) -> bool:
    grpo = config.grpo
    asked = grpo.trunk_cache and (grpo.beta or grpo.iterations > 1)
    return bool(asked and trunk_depth(trained.plan, trained.anatomy))


def _linear(text: Any) -> int:
    """Return the weights of a layer's linear modules, which 4 bits hold; embeddings and head stay as they are."""
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    keys = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    attention = 2 * text.hidden_size * head * (text.num_attention_heads + keys)
    return int(attention + 3 * text.hidden_size * text.intermediate_size)


def _lowest(trained: Trained) -> int:
    """Return the lowest layer that the backward pass reaches."""
    blocks = trained.anatomy.blocks
    parts = [part for part in trained.parts if part in blocks]
    if not parts:
        return len(blocks) if set(trained.parts) <= {NORM, "head"} else 0
    lower = set(trained.parts) - set(blocks) - {NORM, "head"}
    return 0 if lower else blocks.index(parts[0])
