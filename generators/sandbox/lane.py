"""A lane: one zygote, which forks a child per program, and the socket to it."""

import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from generators.sandbox.limits import End, Ran, SandboxFailed

_ZYGOTE = Path(__file__).with_name("zygote.py")
_INTEGER = re.compile(r"i:(-?[0-9a-f]{1,4096})")
_SIGSYS = 31
_PATIENCE_S = 20.0  # until a zygote that says nothing is given up
MAX_OUTPUT = 64 * 1_024  # bytes
NO_TIME = "the machine gives programs no time"


@dataclass(frozen=True)
class Ended:
    """How a program ended, by which signal, and the lines that it wrote once the door was shut."""

    end: str
    signal: int
    lines: tuple[str, ...]


class LaneLost(Exception):
    """The zygote died."""


class Lane:
    """One zygote; used by one thread at a time. Raises `SandboxFailed` where it does not start."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(_PATIENCE_S)
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
        except (LaneLost, SandboxFailed):
            self.close()
            raise SandboxFailed("the process for programs does not start") from None

    def run(self, request: bytes, cpu_ms: int, wall_s: float) -> Ended:
        """Run a program; raises `LaneLost`, or `SandboxFailed` where no child can be had."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._command(b"run:", cpu_ms, theirs)
            output, end = _exchanged(ours, struct.pack(">I", len(request)) + request, time.monotonic() + wall_s)
            self._command(b"end:", int(bool(end)))
        reply = self._receive()
        lines = output.decode("ascii", "replace").split("\n")
        if reply["end"] == "setup" or (lines[0] != "s:" and not end and reply["end"] != "cpu"):
            raise SandboxFailed("no child for a program can be had")
        return Ended(end or reply["end"], reply["signal"], tuple(lines[1:]))

    def close(self) -> None:
        """End the zygote; its child ends with its processor time at the latest."""
        self.connection.close()
        with suppress(OSError):
            self.process.kill()
        self.process.wait()

    def _command(self, mark: bytes, number: int, channel: socket.socket | None = None) -> None:
        try:
            frame = struct.pack(">4sI", mark, number)
            socket.send_fds(self.connection, [frame], [channel.fileno()] if channel else [])
        except OSError:
            raise LaneLost from None

    def _receive(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._exactly(struct.unpack(">I", self._exactly(4))[0]))
        except TimeoutError:
            raise SandboxFailed(NO_TIME) from None
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


def _exchanged(channel: socket.socket, request: bytes, deadline: float) -> tuple[bytes, str]:
    """Send a request and read to the end; return what was read and why that was not the end: "output", "wall" or ""."""
    output = b""
    try:
        channel.settimeout(max(0.001, deadline - time.monotonic()))
        with suppress(BrokenPipeError, ConnectionResetError):  # there is no child; the zygote says so
            channel.sendall(request)
        while len(output) <= MAX_OUTPUT:
            channel.settimeout(max(0.001, deadline - time.monotonic()))
            with suppress(ConnectionResetError):  # it ended without having read all
                if part := channel.recv(1 << 16):
                    output += part
                    continue
            return output, ""
    except TimeoutError:
        return output, "wall"
    return output, "output"


def read_lines(ended: Ended, inputs: int, max_bits: int) -> Ran:
    """Read what a child wrote, line by line and strictly: it may have written anything."""
    lines = ended.lines
    outputs: list[int | None] = []
    for line in lines[1:]:
        if len(outputs) == inputs or not re.match(r"[itbe]:", line):
            break
        found = _INTEGER.fullmatch(line)
        value = int(found[1], 16) if found else None
        outputs.append(None if value is None or value.bit_length() > max_bits else value)
    compiled = lines[:1] == ("k:",)
    return Ran(
        compiled=compiled,
        outputs=tuple(outputs) if compiled else (),
        finished=compiled and len(outputs) == inputs and lines[inputs + 1 : inputs + 2] == (".",),
        end=cast(End, ended.end),
        escaped=ended.signal == _SIGSYS,
        out_of_memory=any(line in ("e:memory", "x:memory") for line in lines),
        names_function="n:" not in lines[1:2],
    )


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
