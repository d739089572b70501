"""What a strategy goes by: a number per part of the model, measured at its updates."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from trainer_client.strategies.plan import Signal

Parts = Mapping[str, Sequence[torch.nn.Parameter]]
_EPSILON = 1e-8


class Signals:
    """Measures one kind of signal over `interval` updates; sums of gradients go into the checkpoint as tensors."""

    def __init__(self, kind: Signal, interval: int) -> None:
        self.kind = kind
        self.interval = interval
        self.count = 0
        self._sums: dict[str, float] = {}
        self._tensors: dict[str, list[torch.Tensor]] = {}

    def before(self, parts: Parts) -> None:
        """Look at the gradients of the parts that train, before the optimizer's step."""
        for part, weights in parts.items():
            if self.kind == "accumulated_gradient":
                held = self._tensors.setdefault(part, [torch.zeros_like(weight) for weight in weights])
                for total, weight in zip(held, weights, strict=True):
                    total += weight.grad if weight.grad is not None else 0.0
            elif self.kind == "relative_update":
                self._tensors[part] = [weight.detach().clone() for weight in weights]
            else:
                self._sums[part] = self._sums.get(part, 0.0) + _MEASURES[self.kind](weights)

    def after(self, parts: Parts) -> dict[str, float] | None:
        """Return the signal of each part once the interval is over, after the optimizer's step."""
        self.count += 1
        if self.count < self.interval:
            return None
        if self.kind == "accumulated_gradient":
            found = {part: sum(float(t.abs().sum()) for t in self._tensors[part]) for part in parts}
        elif self.kind == "relative_update":
            found = {part: _relative_update(self._tensors[part], weights) for part, weights in parts.items()}
        else:
            found = {part: self._sums[part] / self.count for part in parts}
        self.count, self._sums, self._tensors = 0, {}, {}
        return found

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps as JSON."""
        return {"count": self.count, "sums": self._sums}

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """What a checkpoint keeps as tensors."""
        return {f"{part}/{at}": tensor for part, held in self._tensors.items() for at, tensor in enumerate(held)}

    def restore(self, state: Mapping[str, Any], tensors: Mapping[str, torch.Tensor], device: torch.device) -> None:
        """Take over what a checkpoint kept."""
        self.count, self._sums, self._tensors = int(state["count"]), dict(state["sums"]), {}
        for name in sorted(tensors, key=lambda name: (name.rpartition("/")[0], int(name.rpartition("/")[2]))):
            self._tensors.setdefault(name.rpartition("/")[0], []).append(tensors[name].to(device))


def _norm(tensors: Sequence[torch.Tensor]) -> float:
    return float(torch.stack([tensor.detach().float().norm() for tensor in tensors]).norm()) if tensors else 0.0


def _relative_gradient(weights: Sequence[torch.nn.Parameter]) -> float:
    """Return |g| / |W| of a part."""
    return _norm([weight.grad for weight in weights if weight.grad is not None]) / (_norm(weights) or 1.0)


def _gradient_snr(weights: Sequence[torch.nn.Parameter]) -> float:
    """Return the mean of g^2 / Var(g), the variance over the first dimension, of the matrices of a part."""
    found = [weight.grad.float() for weight in weights if weight.grad is not None and weight.ndim > 1]
    ratios = [float((g.square() / (g.var(dim=0, keepdim=True) + _EPSILON)).mean()) for g in found]
    return sum(ratios) / len(ratios) if ratios else 0.0


def _relative_update(before: Sequence[torch.Tensor], weights: Sequence[torch.nn.Parameter]) -> float:
    """Return mean |dW| / mean |W| of a part."""
    moved = sum(float((weight.detach() - old).abs().sum()) for old, weight in zip(before, weights, strict=True))
    return moved / (sum(float(old.abs().sum()) for old in before) or 1.0)


_MEASURES = {"relative_gradient": _relative_gradient, "gradient_snr": _gradient_snr}
