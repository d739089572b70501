"""What would cancel the savings of a strategy or falsify the KL: refused or repaired before the start, and said."""

from importlib.util import find_spec
from typing import Any

import torch

from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.loading.anatomy import parts_of
from trainer_client.sampling.names import VLLM
from trainer_client.strategies import FreezeOut, Lora
from trainer_client.strategies.plan import Adapter, Anatomy, BlockPlan

_PRINCIPAL = ("pissa", "olora")


def refuse(config: TrainConfig) -> None:
    """Raise `BadConfig` for settings that do not go together, or that this machine cannot do, and say why."""
    refuse_together(config)
    grpo, strategy = config.grpo, config.strategy
    if grpo.sampler in VLLM and not (torch.cuda.is_available() and find_spec("vllm")):
        raise BadConfig(f"grpo.sampler: {grpo.sampler} needs CUDA and the package vllm")
    if (
        isinstance(strategy, Lora)
        and strategy.four_bit
        and not (torch.cuda.is_available() and find_spec("bitsandbytes"))
    ):
        raise BadConfig("strategy.four_bit: 4-bit weights need CUDA and the package bitsandbytes")


def refuse_together(config: TrainConfig) -> None:
    """Raise `BadConfig` for settings that do not go together on any machine."""
    grpo, strategy = config.grpo, config.strategy
    if grpo.save_every % grpo.iterations:
        raise BadConfig("grpo.save_every: checkpoints fall between generations, so it is a multiple of iterations")
    if (adapter := adapter_of(config)) and adapter.init in _PRINCIPAL and grpo.beta:
        raise BadConfig(
            f"strategy.init: {adapter.init} takes the largest directions out of the weights, so the model with its "
            "adapter off is not the start model, and the KL would be against another policy: set grpo.beta=0"
        )
    _refuse_rewards(config)
    if strategy.thins and (grpo.beta or grpo.iterations > 1):
        raise BadConfig(
            f"strategy: {strategy.kind} leaves layers out of the update only, so its log-probabilities cannot be held "
            "against others: set grpo.beta=0 and grpo.iterations=1"
        )
    if isinstance(strategy, FreezeOut) and (grpo.schedule != "constant_with_warmup" or grpo.warmup_steps):
        raise BadConfig(
            "strategy: freezeout lets each layer's rate fall by itself: set grpo.schedule=constant_with_warmup and "
            "grpo.warmup_steps=0, or it would fall twice"
        )


def _refuse_rewards(config: TrainConfig) -> None:
    """Raise `BadConfig` for rewards and divergences that do not go together."""
    grpo, likelihood = config.grpo, config.likelihood
    if grpo.beta and grpo.divergence == "k1_in_reward":
        if grpo.alike != "keep":
            raise BadConfig("grpo.alike: groups are told apart before k1 is taken off their rewards; take alike=keep")
        if likelihood and likelihood.mode == "rank":
            raise BadConfig("grpo.divergence: what is taken off a place in a group is another place; take k2")
    if likelihood is None:
        return
    if likelihood.max_tokens is not None and likelihood.max_tokens >= grpo.max_completion:
        raise BadConfig(
            f"likelihood.max_tokens: no text has more than grpo.max_completion={grpo.max_completion} tokens; leave it "
            "out, and those that were cut off are refused"
        )
    if likelihood.base is None:
        _refuse_base(config)


def _refuse_base(config: TrainConfig) -> None:
    """Raise `BadConfig` where a likelihood reward would ask a base that changes."""
    strategy = config.strategy
    if not isinstance(strategy, Adapter):
        raise BadConfig(
            "likelihood.base: the policy with its adapter off is a base only where an adapter alone is trained: take "
            "strategy lora, or name a base"
        )
    if strategy.init in _PRINCIPAL:
        raise BadConfig(f"likelihood.base: with strategy.init {strategy.init} the adapter off is not the start model")


def repair(config: TrainConfig, model: Any, anatomy: Anatomy) -> list[str]:
    """Mend what a model brings along, and return a sentence for each thing that was mended or is to be known."""
    grpo, strategy = config.grpo, config.strategy
    adapted = adapter_of(config) is not None or strategy.kind == "tinylora"
    said = []
    if dropouts := [m for m in model.modules() if isinstance(m, torch.nn.Dropout) and m.p] + _attention_dropout(model):
        said.append(f"dropout is off in {len(dropouts)} places: completions are sampled from the model that is trained")
    trunk = strategy.reach(anatomy)[:1] != anatomy.parts[:1]
    if grpo.checkpointing and trunk:
        # It would make the embeddings' output ask for a gradient, and the backward pass go through the frozen layers.
        model.enable_input_require_grads = lambda: None
        said.append(
            "checkpointing does not make the input ask for gradients: frozen lower layers take no backward pass"
        )
    if grpo.beta and adapted and strategy.moves:
        said.append(
            "PEFT thaws all adapters after the reference's pass: what is frozen is frozen again before each loss"
        )
    if grpo.beta and not adapted:
        reach, parts = strategy.reach(anatomy), parts_of(model)
        held = sum(4 * weight.numel() for name, weight in model.named_parameters() if parts[name] in reach)
        said.append(f"the reference keeps the weights that train as they are at the start: {held / 2**20:,.1f} MiB")
    return said


def adapter_of(config: TrainConfig) -> Adapter | None:
    """Return the shape of the low-rank updates that train, if any do."""
    if isinstance(config.strategy, Adapter):
        return config.strategy
    return config.strategy.lora if isinstance(config.strategy, BlockPlan) else None


def _attention_dropout(model: Any) -> list[str]:
    """Set the attention's own dropout to 0, which is no module but a number, and return where it was not."""
    found = []
    for name, module in model.named_modules():
        if isinstance(share := getattr(module, "attention_dropout", 0.0), float) and share:
            module.attention_dropout = 0.0
            found.append(name)
    return found
