"""Commands of ours in processes of their own: none of them outlives who started it."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from trainer_client.held_signals import held_signals

Process = subprocess.Popen[bytes]
T = TypeVar("T")

_PAUSE_S = 0.2


class ChildProcesses(AbstractContextManager["ChildProcesses"]):
    """Those that were started here; at the end of the block they are told to end, and waited for."""

    def __init__(self) -> None:
        self._going: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._going:
            if process.poll() is None:
                process.terminate()
        for process in self._going:
            process.wait()

    def start(self, words: Sequence[str], log: Path) -> Process:
        """Start a command that writes behind what is in `log`."""
        # Told to end between a start and its note, the block would leave that process behind.
        with log.open("ab") as out, held_signals(signal.SIGTERM, signal.SIGINT):
            self._going.append(subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT))
        return self._going[-1]

    def some_at_a_time(
        self, jobs: int, waiting: Iterable[T], start: Callable[[T], Process], ended: Callable[[T, int], None]
    ) -> None:
        """Start one after the other, so many beside each other; `ended` hears how each returned."""
        left = list(waiting)
        going: dict[int, tuple[T, Process]] = {}
        while left or going:
            while left and len(going) < jobs:
                one = left.pop(0)
                process = start(one)
                going[process.pid] = one, process
            for pid, (one, process) in list(going.items()):
                if (returned := process.poll()) is not None:
                    del going[pid]
                    ended(one, returned)
            time.sleep(_PAUSE_S)
