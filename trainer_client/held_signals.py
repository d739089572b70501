"""Signals that would tear a step in two wait until it is done."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held_signals(*signals: signal.Signals) -> Iterator[None]:
    """Let these signals wait until the block is over; of the main thread only, as Python's handlers are.

    A mask of the system would do it too, but a process that is started under it would inherit it.
    """
    came: list[int] = []

    def keep(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, keep) for number in signals}
    try:
        yield
    finally:
        for held, handler in before.items():
            signal.signal(held, handler)
        for number in came:
            signal.raise_signal(number)
