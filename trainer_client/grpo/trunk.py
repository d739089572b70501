"""The frozen trunk, computed once per batch: what leaves the layers below all that train is the same for the old, the
reference and the current policy, and for every update of a generation.

The layers are told to remember and to repeat it; the model's own forward pass runs otherwise, so its masks, rotations,
adapters and head, and whatever wraps it, are what they are without. Nothing is repeated for other rows or at another
width than it was computed for, which is why weights come out the same bit for bit.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from trainer_client.loading.anatomy import anatomy_of, blocks_of, inner_of, parts_of
from trainer_client.strategies.plan import Anatomy, Plan, layer

Held = MutableMapping[int, torch.Tensor]
"""Of each group of rows of a batch, what left the trunk: rows x tokens x hidden."""


class TrunkCache:
    """Remembers what leaves the lowest `depth` layers of a model; with 0 it does nothing."""

    def __init__(self, model: nn.Module, depth: int) -> None:
        self.depth = depth
        self.repeated = 0
        """How often a trunk was not computed."""
        self._blocks: list[Any] = list(blocks_of(model))[:depth]
        self._held: Held | None = None

    @contextmanager
    def of(self, held: Held) -> Iterator[None]:
        """Within, passes are those of one batch; `held` is what is remembered of it."""
        before, self._held = self._held, held
        try:
            yield
        finally:
            self._held = before

    @contextmanager
    def group(self, number: int) -> Iterator[None]:
        """Within, passes are of one group of a batch's rows: the first one is remembered, and the others repeat it."""
        if not self.depth or self._held is None:
            yield
            return
        held, top = self._held, self.depth - 1
        before = [vars(block).get("forward") for block in self._blocks]  # somebody else's hook, if there is one
        for at, block in enumerate(self._blocks):
            block.forward = self._remembering(block.forward, held, number, top=at == top)
        try:
            yield
        finally:
            for block, hook in zip(self._blocks, before, strict=True):
                del block.forward
                if hook is not None:
                    block.forward = hook

    def _remembering(self, forward: Any, held: Held, number: int, top: bool) -> Any:
        def run(hidden: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            if number in held:
                self.repeated += top
                return held[number] if top else hidden
            found: torch.Tensor = forward(hidden, *args, **kwargs)
            if top:
                held[number] = found.detach()
            return found

        return run


def trunk_depth(plan: Plan, anatomy: Anatomy) -> int:
    """Return how many of the lowest layers never train; 0 where embeddings do, or numbers that all layers share."""
    reach = set(plan.reach(anatomy))
    for depth, block in enumerate(anatomy.blocks):
        if block in reach:
            return depth if reach <= {layer(at) for at in range(depth, anatomy.layers)} | {"norm", "head"} else 0
    return anatomy.layers if reach <= {"norm", "head"} else 0


def no_trunk(plan: Plan, model: nn.Module) -> str:
    """Return why a model that trains so has no trunk that could be computed once, "" if it has one."""
    text = inner_of(model).config.get_text_config()
    if not trunk_depth(plan, anatomy_of(model)):
        return f"strategy {plan.kind} may train the lowest layers, the embeddings, or numbers that all layers share"
    if hasattr(text, "output_router_logits"):  # whatever it says: TRL asks for them where the model can give them
        return "the model balances its experts by what all of its layers say"
    if _below(plan, model):
        return f"strategy {plan.kind} may train what lies below the layers"
    if getattr(text, "num_kv_shared_layers", 0):
        return "upper layers of the model use the keys and values of lower ones"
    if not _hands_over_tensors(model):
        return "the layers of the model hand over more than one tensor"
    return ""


def _below(plan: Plan, model: nn.Module) -> bool:
    """Whether weights train that stand in the model before its layers: a norm of the embeddings is one of the norms."""
    reach, parts = set(plan.reach(anatomy_of(model))), parts_of(model)
    names = list(parts)
    first = next(at for at, name in enumerate(names) if parts[name].startswith("layer "))
    return any(parts[name] in reach for name in names[:first])


@torch.no_grad()
def _hands_over_tensors(model: Any) -> bool:
    """Whether a layer returns what the next one takes, and nothing else: tried out on two tokens."""
    found: list[bool] = []
    hook = blocks_of(model)[0].register_forward_hook(
        lambda module, args, output: found.append(bool(args) and isinstance(output, torch.Tensor))
    )
    try:
        model(input_ids=torch.zeros(1, 2, dtype=torch.long, device=next(model.parameters()).device), use_cache=False)
    finally:
        hook.remove()
    return found == [True]
