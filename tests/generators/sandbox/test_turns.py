"""Whose turn it is, on a clock of the test's own."""

import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from generators.sandbox.turns import PATIENCE_S, Turns


class Queue:
    """Waiters in threads, which say when they have got a lane and hold it until they are told."""

    def __init__(self, lanes: int) -> None:
        self.now = 0.0
        self.turns: Turns[str] = Turns(lanes, lambda: self.now)
        self.got: list[str] = []
        self._changed = threading.Condition()
        self._doors: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}

    def wait(self, name: str, slow: bool) -> None:
        """Let one more wait; returns when it is in the queue or has its lane."""
        self._doors[name] = threading.Event()
        before = self._queued() + len(self.got)
        self._threads[name] = threading.Thread(target=self._hold, args=(name, slow))
        self._threads[name].start()
        self._until(lambda: self._queued() + len(self.got) > before)

    def end(self, name: str) -> None:
        """Let one give its lane back; returns when the thread is gone."""
        self._doors[name].set()
        self._threads.pop(name).join(30)

    def holders(self, count: int) -> list[str]:
        """Return who got a lane so far, in order, once there are so many."""
        self._until(lambda: len(self.got) >= count)
        return self.got

    def _queued(self) -> int:
        return sum(map(len, self.turns._waiting.values()))

    def _until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, 30) if holds() else self._polled(holds)

    def _polled(self, holds: Callable[[], bool]) -> bool:
        return any(holds() or self._changed.wait(0.01) for _ in range(3_000)) or holds()

    def _hold(self, name: str, slow: bool) -> None:
        with self.turns.turn(slow) as turn:
            turn.kept = turn.lane
            with self._changed:
                self.got.append(name)
                self._changed.notify_all()
            self._doors[name].wait(30)


def test_quick_ones_go_first_in_the_order_in_which_they_came() -> None:
    queue = Queue(lanes=1)
    for name, slow in (("a", False), ("slow", True), ("b", False), ("c", False)):
        queue.wait(name, slow)
    for count, name in enumerate(("a", "b", "c", "slow"), 1):
        assert queue.holders(count)[-1] == name
        queue.end(name)


def test_a_slow_one_that_has_waited_long_goes_before_quick_ones() -> None:
    queue = Queue(lanes=1)
    for name, slow in (("a", False), ("slow", True), ("b", False)):
        queue.wait(name, slow)
    queue.now = PATIENCE_S + 1
    for count, name in enumerate(("a", "slow", "b"), 1):
        assert queue.holders(count)[-1] == name
        queue.end(name)


def test_overdue_slow_ones_and_quick_ones_take_turns() -> None:
    queue = Queue(lanes=1)
    for name, slow in (("a", False), ("s1", True), ("s2", True), ("b", False), ("c", False)):
        queue.wait(name, slow)
    queue.now = PATIENCE_S + 1
    for count, name in enumerate(("a", "s1", "b", "s2", "c"), 1):
        assert queue.holders(count)[-1] == name
        queue.end(name)


def test_one_lane_is_left_to_quick_ones() -> None:
    queue = Queue(lanes=3)
    for name in ("s1", "s2", "s3"):
        queue.wait(name, slow=True)
    queue.now = PATIENCE_S + 1
    assert sorted(queue.holders(2)) == ["s1", "s2"]
    queue.wait("q", slow=False)
    assert queue.holders(3)[-1] == "q"
    queue.end("q")
    queue.end("s1")
    assert queue.holders(4)[-1] == "s3"
    for name in ("s2", "s3"):
        queue.end(name)


def test_a_lane_that_is_started_is_taken_first_and_one_that_is_lost_is_made_anew() -> None:
    turns: Turns[str] = Turns(2)
    with turns.turn(False) as turn:
        assert turn.lane is None
        turn.kept = "lane"
    for _ in range(3):
        with turns.turn(False) as turn:
            assert turn.lane == "lane"
            turn.kept = turn.lane
    with turns.turn(True) as turn:
        pass  # lost
    assert turns.drained() == []
    with ExitStack() as held:
        assert [held.enter_context(turns.turn(False)).lane for _ in range(2)] == [None, None]


def test_an_exception_gives_the_lane_back() -> None:
    turns: Turns[str] = Turns(1)
    for slow in (True, False):
        with pytest.raises(RuntimeError), turns.turn(slow):
            raise RuntimeError
    with turns.turn(True) as turn:
        assert turn.lane is None
