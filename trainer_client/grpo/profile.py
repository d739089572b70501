"""Where the seconds of a step go, how many tokens were sampled in them, and what memory it took: always counted.

`logps` is the forward pass of the loss, and that of the reference where there is one; `optimizer` is the update itself
with what is measured for it. `step` begins where the step before it has ended, so that nothing is left out: `idle` is
what is in none of the parts, nor in the calls of the environment: logs, checkpoints, waiting for other processes.
"""

import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

PARTS = ("sampling", "looks", "logps", "backward", "optimizer")
SHOWN = (*PARTS, "environment", "idle")
"""All of a step. Environment calls that went on beside sampling are `hidden`, and no part of it."""

R = TypeVar("R")


class StepProfile:
    """Sums the seconds of each part until they are `taken`. A part inside another counts for itself alone."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []  # seconds of the parts inside each part that is open
        self._started = 0.0
        self._tokens = 0

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
        """Begin a step, unless it has begun where the one before it ended."""
        self._started = self._started or _now()

    def end(self) -> None:
        """End it, and begin the next."""
        now = _now()
        self._seconds["step"] += now - (self._started or now)
        self._started = now

    def counted(self, name: str, work: Callable[..., R]) -> Callable[..., R]:
        """Return a function that counts its seconds."""

        def run(*args: Any, **kwargs: Any) -> R:
            with self.part(name):
                return work(*args, **kwargs)

        return run

    def less(self, name: str, seconds: float) -> None:
        """Take away seconds that belong elsewhere."""
        self._seconds[name] -= seconds

    def sampled(self, tokens: int) -> None:
        """Count tokens that were sampled."""
        self._tokens += tokens

    def taken(self, environment: float) -> dict[str, float]:
        """Return the sums, with what is left beside them and the environment's seconds; and begin anew."""
        found = {f"seconds/{name}": self._seconds.get(name, 0.0) for name in ("step", *PARTS)}
        parts = sum(found[f"seconds/{name}"] for name in PARTS)
        found["seconds/idle"] = max(0.0, found["seconds/step"] - parts - environment)
        sampling = found["seconds/sampling"]
        if self._tokens:
            found["tokens/sampled"] = float(self._tokens)
            found["tokens/per_second"] = self._tokens / sampling if sampling else 0.0
        found["memory/peak_bytes"] = float(peak_bytes())
        self._seconds.clear()
        self._tokens = 0
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
