"""Child processes for what must not run in the server: slow or large libraries, and libraries that evaluate text.

A worker reads one JSON object per line and answers with one. Its processor time and memory are bounded by the kernel,
per request; it is started when it is first asked, again after it died, and ends when its parent does.
"""

import atexit
import contextlib
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from generators.errors import GeneratorError, Overtaxed

WALL_FACTOR = 20  # wall time over processor time at which a worker is given up: the machine is too busy
START_S = 120.0  # to import what a worker needs, on a machine that is
_MAX_REPLY = 8 * 2**20
# Of requests on their way at once: every pipe takes so many bytes, so that writing them waits for nobody; and whoever
# asks for one thing in between waits for so many others at most.
_IN_PIPE, _TOGETHER = 2**12, 16


class WorkerFailed(GeneratorError):
    """A worker cannot be started, or the machine gave it no time: a failure of ours, never of an answer."""


class Worker:
    """One child process that runs `module`; calls from several threads wait for each other.

    `cpu_s` bounds the processor time of one request, `memory_mb` the address space of the process.
    """

    def __init__(self, module: str, cpu_s: float, memory_mb: int) -> None:
        self.module, self.cpu_s, self.memory_mb = module, cpu_s, memory_mb
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = self._died_of = 0
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._renewed)

    def ask(self, request: Mapping[str, Any], cpu_s: float | None = None) -> Any:
        """Return the answer to a request, for which `cpu_s` may be other than usual; raises `WorkerFailed`.

        A request that kills its worker twice, or once by taking too much time, is `Overtaxed`.
        """
        with self._lock:
            try:
                reply = self._asked_twice(request, cpu_s or self.cpu_s)
            except BaseException:  # also an interrupt: what is on its way would be taken for the next answer
                self.close()
                raise
        if "error" in reply:
            raise WorkerFailed(f"{self.module}: {reply['error']}")
        return reply["value"]

    def ask_many(self, requests: Sequence[Mapping[str, Any]], cpu_s: float | None = None) -> list[Any]:
        """Return the answers to requests that are sent in one go, None for those that did not get one.

        What kills the worker takes others of its parcel with it: `ask` says of each what is the matter with it.
        """
        values: list[Any] = []
        for parcel in _parcels(requests):
            with self._lock:
                try:
                    replies = self._answers(parcel, cpu_s or self.cpu_s)
                except BaseException:
                    self.close()
                    raise
            values += [reply.get("value") for reply in replies] + [None] * (len(parcel) - len(replies))
        return values

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                if self._process.poll() is None:
                    self._process.kill()
            self._died_of = self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self._process = None

    def _asked_twice(self, request: Mapping[str, Any], cpu_s: float) -> dict[str, Any]:
        for last in (False, True):
            if replies := self._answers([request], cpu_s):
                return replies[0]
            if last or self._died_of == -signal.SIGXCPU:  # time runs out the same way again
                break
        raise Overtaxed("judging the answer took too much time or memory", "killed_worker")

    def _renewed(self) -> None:
        """In a forked child: the process and the lock are the parent's."""
        self._lock, self._process = Lock(), None

    def _answers(self, requests: Sequence[Mapping[str, Any]], cpu_s: float) -> list[dict[str, Any]]:
        """Send a line for each and return the replies; fewer where the worker died of one."""
        process = self._running()
        assert process.stdin is not None
        numbers = range(self._asked + 1, self._asked + 1 + len(requests))
        self._asked = numbers[-1]
        # All but the last may wait in the worker's buffer: a reply that wakes us alone costs more than it took to make.
        lines = [
            json.dumps({**request, "cpu_s": cpu_s, "number": number, "more": number != numbers[-1]}) + "\n"
            for request, number in zip(requests, numbers, strict=True)
        ]
        try:
            process.stdin.write("".join(lines).encode())
            process.stdin.flush()
        except OSError:
            self.close()
            return []
        replies = self._read(process, cpu_s * WALL_FACTOR, len(requests))
        if len(replies) < len(requests):
            self.close()
        if any(reply.get("number") != number for reply, number in zip(replies, numbers, strict=False)):
            raise WorkerFailed(f"{self.module} answered something else than it was asked")
        return replies

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the process, started if need be."""
        if self._process is None:
            kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self.module, str(self.memory_mb)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # No order of a set may depend on the process: replicas must agree.
                env={**kept, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            if not self._read(self._process, START_S, 1):
                self.close()
                raise WorkerFailed(f"{self.module} does not start; see the server's log")
        return self._process

    def _read(self, process: subprocess.Popen[bytes], wall_s: float, count: int) -> list[dict[str, Any]]:
        """Read so many lines, fewer at its end; raises `WorkerFailed` when the wall clock runs out."""
        assert process.stdout is not None
        read, missing = bytearray(), count
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while missing:
                if not selector.select(wall_s):
                    self.close()
                    raise WorkerFailed(f"{self.module} got no time to answer within {wall_s:.0f} s")
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part or len(read) > _MAX_REPLY:
                    break
                missing -= part.count(b"\n")
                read += part
        return [json.loads(line) for line in read.split(b"\n")[:-1]]


def _parcels(requests: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    parcel: list[Mapping[str, Any]] = []
    size = 0
    for request in requests:
        size += len(json.dumps(request)) + 64  # its number and time limit
        if parcel and (size > _IN_PIPE or len(parcel) == _TOGETHER):
            yield parcel
            parcel, size = [], len(json.dumps(request)) + 64
        parcel.append(request)
    if parcel:
        yield parcel


def serve(handle: Callable[[dict[str, Any]], Any]) -> None:
    """Answer requests until the parent is gone; the main loop of a worker's module."""
    limit = int(sys.argv[1]) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.set_int_max_str_digits(4_300)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    sys.addaudithook(_forbid)
    out.write(b"{}\n")
    out.flush()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        used = resource.getrusage(resource.RUSAGE_SELF)
        # Whole seconds only; the kernel ends the process at the next one.
        soft = int(used.ru_utime + used.ru_stime + request.pop("cpu_s")) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        number, more = request.pop("number"), request.pop("more")
        try:
            reply = {"number": number, "value": handle(request)}
        except MemoryError:
            os._exit(1)
        except Exception as error:
            reply = {"number": number, "error": f"{type(error).__name__}: {error}"[:300]}
        out.write(json.dumps(reply).encode() + b"\n")
        if not more:
            out.flush()


# Not a sandbox: a second line behind the checks of what the libraries are given.
_FORBIDDEN = ("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.remove", "os.rename", "socket.")


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN) or (event == "open" and _writes(arguments)):
        raise PermissionError(f"{event} is not for a worker")


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    return (isinstance(mode, str) and any(letter in mode for letter in "wax+")) or bool(
        isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    )
