"""Where the seconds of a step go: sampling, looks, log-probabilities, backward; and what memory it took.

`logps` is the forward pass of the loss, and the passes of the old and the reference policy where there are any. `step`
is all of a step: what is left of it beside these and the environment's calls is the optimizer and the strategy.
"""

import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

PARTS = ("sampling", "looks", "logps", "backward")

R = TypeVar("R")


class StepProfile:
    """Sums the seconds of each part until they are `taken`. A part inside another counts for itself alone."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []  # seconds of the parts inside each part that is open
        self._started = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what happens in the block."""
        started = _now()
        self._inside.append(0.0)
        try:
            yield
        finally:
            took = _now() - started
            self._seconds[name] += took - self._inside.pop()
            if self._inside:
                self._inside[-1] += took

    def begin(self) -> None:
        """Begin a step."""
        self._started = _now()

    def end(self) -> None:
        """End it."""
        self._seconds["step"] += _now() - self._started

    def counted(self, name: str, work: Callable[..., R]) -> Callable[..., R]:
        """Return a function that counts its seconds."""

        def run(*args: Any, **kwargs: Any) -> R:
            with self.part(name):
                return work(*args, **kwargs)

        return run

    def less(self, name: str, seconds: float) -> None:
        """Take away seconds that belong elsewhere."""
        self._seconds[name] -= seconds

    def taken(self) -> dict[str, float]:
        """Return the sums, and begin anew."""
        found = {name: self._seconds.get(name, 0.0) for name in ("step", *PARTS)}
        self._seconds.clear()
        return found


def peak_bytes() -> int:
    """Return the most memory that was held: of the device on CUDA, else of this process."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def optimizer_bytes(optimizer: torch.optim.Optimizer) -> int:
    """Return the bytes of an optimizer's state."""
    tensors = [value for state in optimizer.state.values() for value in state.values() if torch.is_tensor(value)]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()  # else a part would only count the time it takes to launch its kernels
    return time.perf_counter()
