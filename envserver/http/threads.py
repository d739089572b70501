"""Where work is done: at once on the event loop where it is short, else in a thread, of which there are so many."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

AT_A_TIME = 64  # requests in threads; more queue, up to `max_in_flight`
# Batches up to here are worked off on the event loop, where a thread would cost more than it spares the others.
_AT_ONCE = 128

T = TypeVar("T")


async def done(work: Callable[[], T], weight: int, threads: CapacityLimiter, waits: bool = False) -> T:
    """Return what work of a weight in items returns; what `waits` for other processes is never done on the loop."""
    if weight <= _AT_ONCE and not waits:
        return work()
    return await run_sync(work, limiter=threads)
