"""Completions that have ended are judged while others are still sampled: the server works in the meantime."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from envserver.wire import ScoreItem, VerdictOut

Judge = Callable[[Sequence[ScoreItem], bool], list[VerdictOut]]
"""Judges items; they are kept, or only judged."""


class EarlyScoring:
    """One generation's items, sent in parts of `part` as they come, from a thread of its own.

    What is judged in the end is what is asked for then: an item that was not sent is sent then. One that is another now
    is judged as it is then, but not kept: in its place the server has the text that it was sent first.
    """

    def __init__(self, judge: Judge, part: int) -> None:
        self.waited = 0.0
        """Seconds for which nothing else was done."""
        self.spent = 0.0
        """Seconds in calls, waited for or not."""
        self._judge = judge
        self._part = part
        self._open: dict[int, ScoreItem] = {}
        self._sent: list[tuple[dict[int, ScoreItem], Future[list[VerdictOut]]]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="early-scoring")

    def add(self, number: int, item: ScoreItem) -> None:
        """Take a completion that has ended; `number` is its place among those of the generation."""
        self._open[number] = item
        if len(self._open) >= self._part:
            self._send(self._open)
            self._open = {}

    def verdicts(self, items: Sequence[ScoreItem]) -> list[VerdictOut]:
        """Return the verdict of every item, in order; raises what the server's client raises."""
        known: dict[int, VerdictOut] = {}
        try:
            taken = {number: item for sent, _ in self._sent for number, item in sent.items()}
            if left := {number: item for number, item in enumerate(items) if number not in taken}:
                self._send(left)
            if other := {number: items[number] for number, item in taken.items() if items[number] != item}:
                self._send(other, kept=False)
            started = time.monotonic()
            for sent, future in self._sent:
                known |= zip(sent, future.result(), strict=True)
            self.waited += time.monotonic() - started
        finally:
            self.close()
        return [known[number] for number in range(len(items))]

    @property
    def hidden(self) -> float:
        """Seconds of calls that nobody waited for. Where processors are few, sampling has paid some of them."""
        return max(0.0, self.spent - self.waited)

    def close(self) -> None:
        """Send nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _send(self, items: dict[int, ScoreItem], kept: bool = True) -> None:
        self._sent.append((items, self._thread.submit(self._judged, list(items.values()), kept)))

    def _judged(self, items: list[ScoreItem], kept: bool) -> list[VerdictOut]:
        started = time.monotonic()
        try:
            return self._judge(items, kept)
        finally:
            self.spent += time.monotonic() - started
