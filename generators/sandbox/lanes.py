"""The server's side of the sandbox: lanes, each a zygote that runs one program after another.

sandbox = Sandbox(lanes=2)
sandbox.run("def f(k): return 2**k", [1, 2, 3])    # Ran(compiled=True, outputs=(2, 4, 8), finished=True, ...)
"""

import json
import platform
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any, Literal

from generators.errors import GeneratorError
from generators.sandbox.filter import compiled, supported

End = Literal["exit", "cpu", "wall", "output", "signal"]
_ZYGOTE = Path(__file__).with_name("zygote.py")
_INTEGER = re.compile(r"i:(-?[0-9a-f]{1,4096})")
_SIGSYS = 31


class SandboxFailed(GeneratorError):
    """The sandbox cannot keep its promise, or a lane could not be had: a failure of ours, never of a program."""


@dataclass(frozen=True)
class Limits:
    """What one program may use, all inputs together; `slice_ms` is the processor time before it has to queue again."""

    cpu_ms: int = 500
    slice_ms: int = 60
    wall_ms: int = 3_000
    memory_mb: int = 256
    recursion: int = 1_000
    max_bits: int = 8_192
    max_source: int = 64 * 1_024


@dataclass(frozen=True)
class Ran:
    """What came of a program. An output is an integer, or None where there was none: an exception, another type.

    `escaped`: the kernel ended it for asking what a program has no business to ask.
    """

    compiled: bool
    outputs: tuple[int | None, ...]
    finished: bool
    end: End
    escaped: bool = False
    out_of_memory: bool = False
    names_function: bool = True


@dataclass
class _Lane:
    """One zygote and the socket to it."""

    settings: dict[str, Any]
    process: subprocess.Popen[bytes] = field(init=False)
    connection: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(self.settings["wall_ms"] / 1_000 + 5)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(_ZYGOTE), json.dumps(self.settings)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        self.receive()

    def run(self, request: bytes, cpu_ms: int) -> dict[str, Any]:
        self.connection.sendall(struct.pack(">4sII", b"run:", cpu_ms, len(request)) + request)
        return self.receive()

    def receive(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._exactly(struct.unpack(">I", self._exactly(4))[0]))
        return found

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            if not (part := self.connection.recv(count - len(data))):
                raise EOFError("the zygote is gone")
            data += part
        return data

    def close(self) -> None:
        self.connection.close()
        with suppress(OSError):
            self.process.kill()
        self.process.wait()


class Sandbox:
    """Programs in, outputs out; safe to be called from many threads, each call waits for a lane.

    A program that does not end within its first slice is run again from the start, with all its time, one at a time:
    loops that never end do not keep the others waiting. `protected=False` is for tests that must see attacks work.
    """

    def __init__(self, lanes: int = 2, limits: Limits | None = None, protected: bool = True) -> None:
        self.limits = limits or Limits()
        self._protected = protected
        self._free: SimpleQueue[_Lane | None] = SimpleQueue()
        for _ in range(lanes):
            self._free.put(None)  # started when it is first needed
        self._slow = Lock()
        self._checked: str | None = None
        self._lanes = lanes

    def unavailable(self) -> str:
        """Return why no program is run here, "" where the filter holds; tried once, on programs that must fail."""
        if self._checked is None:
            self._checked = self._tried()
        return self._checked

    def run(self, source: str, inputs: Sequence[int]) -> Ran:
        """Run a program on inputs; raises `SandboxFailed` where the sandbox cannot keep its promise."""
        if reason := self.unavailable():
            raise SandboxFailed(reason)
        return self._run(source, inputs)

    def close(self) -> None:
        """End all lanes."""
        for _ in range(self._lanes):
            if (lane := self._free.get()) is not None:
                lane.close()
            self._free.put(None)

    def _run(self, source: str, inputs: Sequence[int]) -> Ran:
        if len(source) > self.limits.max_source or (not source.isprintable() and "\0" in source):
            return Ran(False, (), False, "exit")
        request = {"source": source, "inputs": list(inputs), "max_bits": self.limits.max_bits}
        data = json.dumps(request).encode()
        ended = self._once(data, min(self.limits.slice_ms, self.limits.cpu_ms))
        if ended["end"] == "cpu" and self.limits.cpu_ms > self.limits.slice_ms:
            with self._slow:
                ended = self._once(data, self.limits.cpu_ms)
        return _ran(ended, len(inputs))

    def _once(self, data: bytes, cpu_ms: int) -> dict[str, Any]:
        lane = self._free.get()
        try:
            lane = lane or _Lane(self._settings())
            return lane.run(data, cpu_ms)
        except (OSError, EOFError, ValueError, struct.error) as error:
            if lane is not None:
                lane.close()
            lane = None
            raise SandboxFailed(f"a lane of the sandbox was lost: {error!r}") from error
        finally:
            self._free.put(lane)

    def _settings(self) -> dict[str, Any]:
        limits = self.limits
        return {
            "filter": compiled().hex() if self._protected else "",
            "wall_ms": limits.wall_ms,
            "cpu_s": limits.cpu_ms // 1_000 + 2,
            "memory_mb": limits.memory_mb,
            "recursion": limits.recursion,
        }

    def _tried(self) -> str:
        """Run what must be refused; a filter that the kernel says it took, and did not, is found so too."""
        if not supported():
            return f"the sandbox needs Linux with seccomp on x86_64 or aarch64, not {platform.platform(terse=True)}"
        if not self._protected:
            return ""
        try:
            opened = self._run("import os\ndef f(k):\n    os.open('/', 0)\n    return k", [1])
            forked = self._run("import os\ndef f(k):\n    os.fork()\n    return k", [1])
            plain = self._run("def f(k): return k + 1", [1])
        except SandboxFailed as error:
            return str(error)
        if opened.outputs != (None,) or not forked.escaped:
            return "the kernel does not enforce the filter of the sandbox (seccomp)"
        return "" if plain.outputs == (2,) else "the sandbox does not run a plain program"


def _ran(ended: dict[str, Any], inputs: int) -> Ran:
    """Read what a child wrote, line by line and strictly: it may have written anything."""
    lines = [str(line) for line in ended["lines"]]
    outputs: list[int | None] = []
    for line in lines[1:]:
        if len(outputs) == inputs or not re.match(r"[itbe]:", line):
            break
        found = _INTEGER.fullmatch(line)
        outputs.append(int(found[1], 16) if found else None)
    compiled_ = lines[0] == "k:"
    return Ran(
        compiled=compiled_,
        outputs=tuple(outputs) if compiled_ else (),
        finished=compiled_ and len(outputs) == inputs and lines[inputs + 1 : inputs + 2] == ["."],
        end=ended["end"],
        escaped=ended["signal"] == _SIGSYS,
        out_of_memory=any(line in ("e:memory", "x:memory") for line in lines),
        names_function="n:" not in lines[1:2],
    )
