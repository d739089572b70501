"""Whose turn it is: lanes are few, quick programs go before slow ones, and slow ones are not forgotten."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

PATIENCE_S = 2.0  # after which the oldest slow program goes before a quick one, in turn with these

L = TypeVar("L")


@dataclass
class _Waiter(Generic[L]):
    slow: bool
    since: float
    called: Event = field(default_factory=Event)
    lane: L | None = None


class Turns(Generic[L]):
    """Hands out lanes, None for one that is not started yet; of `lanes`, one is always left to quick programs."""

    def __init__(self, lanes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._free: list[L | None] = [None] * lanes
        self._waiting: dict[bool, deque[_Waiter[L]]] = {False: deque(), True: deque()}
        self._slow, self._most_slow = 0, max(1, lanes - 1)
        self._jumped = False  # whether the last one that was called went before quick ones

    @contextmanager
    def turn(self, slow: bool) -> Iterator["Turn[L]"]:
        """Wait for a lane and hold it; what is in `kept` at the end is handed on, None if it is to be made anew."""
        waiter: _Waiter[L] = _Waiter(slow, self._clock())
        try:
            with self._lock:
                self._waiting[slow].append(waiter)
                self._call()
            waiter.called.wait()
        except BaseException:  # an interrupt: nobody else may be left waiting for this one's lane
            self._leave(waiter)
            raise
        turn = Turn(waiter.lane)
        try:
            yield turn
        finally:
            self._give(turn.kept, slow)

    def drained(self) -> list[L]:
        """Take all lanes that are free and started out, to end them."""
        with self._lock:
            lanes = [lane for lane in self._free if lane is not None]
            self._free = [None] * len(self._free)
            return lanes

    def _give(self, lane: L | None, slow: bool) -> None:
        with self._lock:
            self._free.append(lane)
            self._slow -= slow
            self._call()

    def _leave(self, waiter: _Waiter[L]) -> None:
        with self._lock:
            if not waiter.called.is_set():
                with suppress(ValueError):  # it had not come so far
                    self._waiting[waiter.slow].remove(waiter)
                return
        self._give(waiter.lane, waiter.slow)

    def _call(self) -> None:
        """Hand free lanes to those whose turn it is; one that is started first."""
        while self._free and (waiter := self._next()) is not None:
            self._slow += waiter.slow
            started = next((at for at, lane in enumerate(self._free) if lane is not None), 0)
            waiter.lane = self._free.pop(started)
            waiter.called.set()

    def _next(self) -> _Waiter[L] | None:
        quick, slow = self._waiting[False], self._waiting[True]
        may_be_slow = bool(slow) and self._slow < self._most_slow
        overdue = may_be_slow and self._clock() - slow[0].since > PATIENCE_S
        if quick and (self._jumped or not overdue):
            self._jumped = False
            return quick.popleft()
        self._jumped = bool(quick)
        return slow.popleft() if may_be_slow else None


@dataclass
class Turn(Generic[L]):
    """One lane in use. `kept` is the lane that is handed on."""

    lane: L | None
    kept: L | None = None
