"""The weights that train, as a strategy says: frozen and thawed, at rates of their own; state goes into checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from trainer_client.errors import TrainingCollapsed
from trainer_client.grpo.gradient_signals import Signals
from trainer_client.grpo.profile import optimizer_bytes
from trainer_client.loading.anatomy import anatomy_of, blocks_of, parts_of
from trainer_client.strategies.plan import Memory, Moment, Plan, Rates

_TENSORS = "strategy.safetensors"


class Trained:
    """Holds a plan to a model: before each update which weights train, and at which share of the learning rate."""

    def __init__(self, plan: Plan, model: nn.Module) -> None:
        self.plan = plan
        self.anatomy = anatomy_of(model)
        self.model = model
        self.parts = _trainable(model, plan.reach(self.anatomy))
        self.memory: Memory = {}
        self.rates: Rates = {}
        self.most: dict[str, int] = {}
        """The most weights that trained at one update, and bytes that the optimizer held."""
        self.signals = Signals(plan.signal, plan.interval) if plan.signal else None
        self.moment = Moment()

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The optimizer's groups, one per part, in the order of the model."""
        return [{"params": weights, "part": part} for part, weights in self.parts.items()]

    @property
    def count(self) -> int:
        """The number of weights that may train at some time."""
        return sum(weight.numel() for weights in self.parts.values() for weight in weights)

    @property
    def now(self) -> dict[str, list[nn.Parameter]]:
        """The parts that train at this moment."""
        return {part: weights for part, weights in self.parts.items() if part in self.rates}

    def enter(self, moment: Moment, optimizer: torch.optim.Optimizer) -> bool:
        """Freeze and thaw for the update at this moment; the optimizer forgets what is frozen. Whether it changed."""
        self.moment = moment
        found = self.plan.rates(self.anatomy, moment, self.memory)
        before, self.rates = self.rates, {part: rate for part, rate in found.items() if part in self.parts}
        self.hold()
        if self.plan.forgets:
            for part in set(self.parts) - set(self.rates):
                for weight in self.parts[part]:
                    optimizer.state.pop(weight, None)
        return before != self.rates

    def hold(self) -> None:
        """Say again what is frozen: PEFT thaws every adapter when it switches them back on after the reference."""
        for part, weights in self.parts.items():
            for weight in weights:
                weight.requires_grad_(part in self.rates)

    def pace(self, optimizer: torch.optim.Optimizer, rate: float) -> None:
        """Give each part its share of the rate."""
        for group in optimizer.param_groups:
            group["lr"] = rate * self.rates.get(group["part"], 0.0)

    def measure(self) -> None:
        """Look at the gradients of an update."""
        if self.signals:
            self.signals.before(self.now)

    def updated(self, optimizer: torch.optim.Optimizer) -> None:
        """Remember what was measured at the update that was made, and the most that was held.

        Raises `TrainingCollapsed` where a weight is no number any more: nothing could be sampled from such a model.
        """
        if not all(bool(torch.isfinite(weight).all()) for weights in self.now.values() for weight in weights):
            raise TrainingCollapsed(
                "a weight is no finite number any more: the learning rate is too high for this model"
            )
        live = sum(weight.numel() for weights in self.now.values() for weight in weights)
        self.most["weights"] = max(live, self.most.get("weights", 0))
        self.most["optimizer_bytes"] = max(optimizer_bytes(optimizer), self.most.get("optimizer_bytes", 0))
        found = self.signals.after(self.now) if self.signals else None
        if found is not None:
            self.memory = self.plan.remembered(self.anatomy, self.moment, self.memory, found)

    @contextmanager
    def thinned(self) -> Iterator[None]:
        """Leave layers out, by chance and the same ones for a whole update, where the plan says so."""
        kept = self.plan.kept(self.anatomy, self.moment)
        if kept is None:
            yield
            return
        drawn = Random(f"layer_drop/{self.moment.seed}/{self.moment.step}")
        blocks: Sequence[Any] = list(blocks_of(self.model))
        for block, chance in zip(blocks, kept, strict=True):
            block.forward = _thinned(block.forward, chance, drawn.random() < chance)
        try:
            yield
        finally:
            for block in blocks:
                del block.forward

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the tensors, if there are any, and return the rest as JSON."""
        state = {
            "memory": dict(self.memory),
            "rates": dict(self.rates),
            "most": self.most,
            "signals": self.signals.state if self.signals else None,
        }
        if self.signals and self.signals.tensors:
            save_file(self.signals.tensors, folder / _TENSORS)
        return state

    def restore(self, state: Mapping[str, Any], folder: Path) -> None:
        """Take over what a checkpoint kept."""
        self.memory, self.rates, self.most = state["memory"], state["rates"], dict(state["most"])
        if self.signals:
            tensors = load_file(folder / _TENSORS) if (folder / _TENSORS).exists() else {}
            self.signals.restore(state["signals"], tensors, next(self.model.parameters()).device)


def _trainable(model: nn.Module, reach: Sequence[str]) -> dict[str, list[nn.Parameter]]:
    """Freeze what never trains, and return the rest by part; weights that train are kept in float32.

    In bfloat16 most updates would round to nothing. Of an adapted model only the adapter can train.
    """
    parts: dict[str, list[nn.Parameter]] = {part: [] for part in reach}
    names = parts_of(model)
    for name, weight in model.named_parameters():
        if weight.requires_grad and names[name] in parts:
            weight.data = weight.data.float()
            parts[names[name]].append(weight)
        else:
            weight.requires_grad_(False)
    return {part: weights for part, weights in parts.items() if weights}


def _thinned(forward: Any, chance: float, computed: bool) -> Any:
    """Return a layer's forward pass that is left out, or counts for those that were."""

    def run(hidden: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if not computed:
            return hidden
        after: torch.Tensor = forward(hidden, *args, **kwargs)
        return hidden + (after - hidden) / chance

    return run
