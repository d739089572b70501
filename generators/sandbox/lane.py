"""A lane: one zygote, which forks a child per program, and the socket to it."""

import json
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from generators.sandbox.limits import Ran, SandboxFailed

_ZYGOTE = Path(__file__).with_name("zygote.py")
_INTEGER = re.compile(r"i:(-?[0-9a-f]{1,4096})")
_SIGSYS = 31
_PATIENCE_S = 20.0  # beyond the wall time of a program, until a lane is given up


class LaneLost(Exception):
    """The zygote died."""


class Lane:
    """One zygote; used by one thread at a time. Raises `SandboxFailed` where it does not start."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(settings["wall_ms"] / 1_000 + _PATIENCE_S)
        with theirs:
            try:
                self.process = subprocess.Popen(
                    # Not -I, which would not read the hash seed: the order of a set must not depend on the lane.
                    [sys.executable, "-P", "-s", "-S", "-B", str(_ZYGOTE), json.dumps(settings)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
                    start_new_session=True,
                )
            except OSError as error:
                self.connection.close()
                raise SandboxFailed(f"no process for programs can be started: {error}") from error
        try:
            self._receive()
        except LaneLost:
            self.close()
            raise SandboxFailed("the process for programs does not start") from None

    def run(self, request: bytes, cpu_ms: int) -> dict[str, Any]:
        """Return how a program ended and what it wrote; raises `LaneLost`, `SandboxFailed` for want of time."""
        try:
            self.connection.sendall(struct.pack(">4sII", b"run:", cpu_ms, len(request)) + request)
        except TimeoutError:
            raise SandboxFailed("the machine gives programs no time") from None
        except OSError:
            raise LaneLost from None
        return self._receive()

    def close(self) -> None:
        """End the zygote; its child ends with its processor time at the latest."""
        self.connection.close()
        with suppress(OSError):
            self.process.kill()
        self.process.wait()

    def _receive(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._exactly(struct.unpack(">I", self._exactly(4))[0]))
        except TimeoutError:
            raise SandboxFailed("the machine gives programs no time") from None
        except (OSError, ValueError):
            raise LaneLost from None
        return found

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            if not (part := self.connection.recv(count - len(data))):
                raise LaneLost
            data += part
        return data


def read_lines(ended: Mapping[str, Any], inputs: Sequence[int]) -> Ran:
    """Read what a child wrote, line by line and strictly: it may have written anything."""
    lines = [str(line) for line in ended["lines"]]
    outputs: list[int | None] = []
    for line in lines[1:]:
        if len(outputs) == len(inputs) or not re.match(r"[itbe]:", line):
            break
        found = _INTEGER.fullmatch(line)
        outputs.append(int(found[1], 16) if found else None)
    compiled = lines[0] == "k:"
    return Ran(
        compiled=compiled,
        outputs=tuple(outputs) if compiled else (),
        finished=compiled and len(outputs) == len(inputs) and lines[len(inputs) + 1 : len(inputs) + 2] == ["."],
        end=ended["end"],
        escaped=ended["signal"] == _SIGSYS,
        out_of_memory=any(line in ("e:memory", "x:memory") for line in lines),
        names_function="n:" not in lines[1:2],
    )


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
