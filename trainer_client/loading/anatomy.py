"""The parts of a loaded model: which weight belongs to which layer, and which modules take an adapter."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from trainer_client.errors import BadConfig
from trainer_client.strategies.plan import EMBEDDINGS, HEAD, NORM, SHARED, Anatomy, layer


def anatomy_of(model: nn.Module) -> Anatomy:
    """Return the parts of a causal language model, adapted or not."""
    prefix, stack = _stack(model)
    linears = {
        layer(at): tuple(
            f"{prefix}.{at}.{name}" for name, module in block.named_modules() if isinstance(module, nn.Linear)
        )
        for at, block in enumerate(stack)
    }
    inner: Any = inner_of(model)
    head = inner.get_output_embeddings()
    tied = head is None or head.weight is inner.get_input_embeddings().weight
    return Anatomy(len(stack), tied, linears)


def parts_of(model: nn.Module) -> Mapping[str, str]:
    """Return the part of every weight of a model by its name; a tied weight is in the embeddings."""
    inner: Any = inner_of(model)
    known: dict[int, str] = {}
    for at, block in enumerate(_stack(model)[1]):
        known |= {id(weight): SHARED if id(weight) in known else layer(at) for weight in block.parameters()}
    head = inner.get_output_embeddings()
    known |= {id(weight): HEAD for weight in (head.parameters() if head is not None else ())}
    for module in inner.modules():
        if isinstance(module, nn.Embedding):  # of words, and of positions where these are learned
            known |= {id(weight): EMBEDDINGS for weight in module.parameters()}
    known |= {id(weight): EMBEDDINGS for weight in inner.get_input_embeddings().parameters()}
    return {name: known.get(id(weight), NORM) for name, weight in model.named_parameters()}


def all_weights(model: Any) -> int:
    """Return the number of weights, adapters included; those that are packed in 4 bits count one by one."""
    if hasattr(model, "get_nb_trainable_parameters"):
        return int(model.get_nb_trainable_parameters()[1])
    return int(model.num_parameters())


def blocks_of(model: nn.Module) -> nn.ModuleList:
    """Return the layers of a model."""
    return _stack(model)[1]


def inner_of(model: nn.Module) -> Any:
    """Return the model inside an adapter."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _stack(model: nn.Module) -> tuple[str, nn.ModuleList]:
    """Return the name and the list of the layers: as many as the configuration says."""
    inner = inner_of(model)
    count = inner.config.get_text_config().num_hidden_layers
    found = [(name, module) for name, module in inner.named_modules() if isinstance(module, nn.ModuleList)]
    for name, module in found:
        if len(module) == count:
            return name, module
    raise BadConfig(f"{type(inner).__name__}: no list of {count} layers was found, which a strategy could choose from")
