"""The start model beside the policy: not a second copy of it, but what the policy has otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


class Reference:
    """The policy with its adapter off or, where weights themselves train, with these as they were at the start.

    To be made before anything was trained or restored. All that never trains is shared with the policy: a reference
    for the last quarter of a model takes a quarter.
    """

    def __init__(self, policy: Any, trained: Mapping[str, Sequence[nn.Parameter]]) -> None:
        self.policy = policy
        self._adapted = hasattr(policy, "disable_adapter")
        weights = [] if self._adapted else [weight for part in trained.values() for weight in part]
        self._kept = [(weight, weight.detach().clone()) for weight in weights]

    @property
    def bytes(self) -> int:
        """What is held for it."""
        return sum(kept.numel() * kept.element_size() for _, kept in self._kept)

    @contextmanager
    def standing_in(self) -> Iterator[Any]:
        """Yield the policy's own model, which is the reference within."""
        if self._adapted:
            with self.policy.disable_adapter():
                yield self.policy
            return
        self._swap()
        try:
            yield self.policy
        finally:
            self._swap()

    def _swap(self) -> None:
        swapped: list[tuple[nn.Parameter, torch.Tensor]] = []
        for weight, kept in self._kept:
            swapped.append((weight, weight.data))
            weight.data = kept
        self._kept = swapped
