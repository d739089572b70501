"""Group commit: what many requests have to keep goes into one transaction, and each waits until it is on the disk.

A thread of its own takes all that waits, and writes it; while it does, the next group gathers. Nothing is answered
before its transaction has ended well. Where it fails, it is tried again until nobody waits any more.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from envserver.store.errors import StoreUnavailable
from envserver.store.keeping import Keeper
from envserver.store.rollout import Judged
from envserver.wire import VerdictOut

_log = logging.getLogger(__name__)
_MOST = 4_096  # rows of a transaction, about
_PAUSE_S = 0.1  # between two tries

Verdicts = list[VerdictOut]
Committed = Callable[[int, float], None]


@dataclass
class _Waiting:
    judged: Judged
    until: float
    since: float = field(default_factory=time.monotonic)
    done: Future[Verdicts] = field(default_factory=Future)


class Writer:
    """The one writer of a process. `wait_s` bounds how long a request waits for the store.

    `committed` is told of every transaction: how many rows, and how many seconds its first one had waited.
    """

    def __init__(self, keeper: Keeper, wait_s: float, committed: Committed = lambda rows, seconds: None) -> None:
        self.wait_s = wait_s
        self._keeper = keeper
        self._committed = committed
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._ended = False

    def submit(self, judged: Judged) -> Future[Verdicts]:
        """Return what will hold the verdicts that are kept, or `StoreUnavailable`; a cancelled one is not written."""
        with self._starting:
            if self._ended:
                raise StoreUnavailable("this server is shutting down")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="rollout-writer", daemon=True)
                self._thread.start()
            waiting = _Waiting(judged, time.monotonic() + self.wait_s)
            self._queue.put(waiting)
        return waiting.done

    def close(self) -> None:
        """Write what waits, and end."""
        with self._starting:
            self._ended = True
            thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join(2 * self.wait_s)  # a store that never answers keeps nobody from ending

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            group, ending = self._gathered(first)
            group = [one for one in group if one.done.set_running_or_notify_cancel()]
            if group:
                self._write(group)
            if ending:
                return

    def _gathered(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        group, rows = [first], len(first.judged.items)
        while rows < _MOST:
            try:
                one = self._queue.get_nowait()
            except queue.Empty:
                break
            if one is None:
                return group, True
            group.append(one)
            rows += len(one.judged.items)
        return group, False

    def _write(self, group: Sequence[_Waiting]) -> None:
        try:
            kept = self._tried(group)
        except StoreUnavailable as error:
            _log.error("%d requests are not kept: %s", len(group), error)
            _fail(group, error)
        except Exception as error:  # of one request, perhaps: never the end of the only writer
            if len(group) > 1:  # one of them spoils the transaction: each in its own
                for one in group:
                    self._write([one])
                return
            _log.exception("a request could not be kept")
            _fail(group, error)
        else:
            for one, verdicts in zip(group, kept, strict=True):
                one.done.set_result(verdicts)
            self._count(sum(map(len, kept)), time.monotonic() - group[0].since)

    def _count(self, rows: int, seconds: float) -> None:
        try:
            self._committed(rows, seconds)
        except Exception:  # of a count, and never the end of the only writer
            _log.exception("what was kept could not be counted")

    def _tried(self, group: Sequence[_Waiting]) -> list[Verdicts]:
        """Return what is kept, after as many tries as there is time for."""
        until = min(one.until for one in group)
        while True:
            try:
                return self._keeper.keep([one.judged for one in group])
            except StoreUnavailable:
                if self._ended or time.monotonic() + _PAUSE_S > until:
                    raise
            time.sleep(_PAUSE_S)


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    for one in group:
        one.done.set_exception(error)
