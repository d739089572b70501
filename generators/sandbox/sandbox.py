"""The sandbox: programs in, outputs out.

sandbox = Sandbox(lanes=2)
sandbox.run("def f(k): return 2**k", [1, 2, 3])    # Ran(compiled=True, outputs=(2, 4, 8), finished=True, ...)
"""

import atexit
import json
import os
import platform
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from threading import Lock
from typing import Any

from generators.sandbox.filter import compiled, supported
from generators.sandbox.lane import NO_TIME, Ended, Lane, LaneLost, cores, read_lines
from generators.sandbox.limits import ALLOWED_MODULES, Limits, Ran, SandboxFailed
from generators.sandbox.turns import Turns

_REMEMBERED = 1_024  # programs whose outputs are kept: a batch often holds the same one many times
_ATTEMPTS = 2

# What the kernel must refuse, and how: each would return its input if it were let.
_REFUSED = {
    "import os\ndef f(k):\n    os.open('/', 0)\n    return k": False,
    "import os\ndef f(k):\n    os.kill(os.getppid(), 0)\n    return k": False,
    "import os\ndef f(k):\n    os.fork()\n    return k": True,
    "import ctypes\ndef f(k):\n    ctypes.CDLL(None).socket(2, 1, 0)\n    return k": True,
}


class Sandbox:
    """Lanes that take one program after another; may be called from many threads, each call waits for a lane.

    A program that does not end within its first slice is run again from the start with all its time, when no quick one
    waits, and one lane is left to these: loops that never end keep nobody waiting. `protected=False` leaves the filter
    out.
    """

    def __init__(self, lanes: int = 0, limits: Limits | None = None, protected: bool = True) -> None:
        self.limits = limits or Limits()
        self.lanes = lanes or cores()
        self._protected = protected
        self._checked: str | None = None
        self._renewed()
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._renewed)

    def unavailable(self) -> str:
        """Return why no program is run here, "" where the filter holds; tried once, on programs that must fail."""
        with self._checking:
            if self._checked is None:
                try:
                    self._checked = self._tried()
                except SandboxFailed as error:  # nothing was learned about the kernel: another time it may be
                    return str(error)
            return self._checked

    def run(self, source: str, inputs: Sequence[int]) -> Ran:
        """Run a program on inputs; raises `SandboxFailed` where the sandbox cannot keep its promise, or has no time."""
        if reason := self.unavailable():
            raise SandboxFailed(reason)
        if len(source) > self.limits.max_source:
            return Ran(False, (), False, "exit")
        request = {"source": source, "inputs": list(inputs), "max_bits": self.limits.max_bits}
        data = json.dumps(request).encode()
        key = sha256(data).digest()
        with self._remembering:
            if (known := self._remembered.get(key)) is not None:
                return known
        ran = self._run(data, inputs)
        with self._remembering:
            self._remembered[key] = ran
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return ran

    def close(self) -> None:
        """End the lanes that are not in use; the next program starts new ones."""
        for lane in self._turns.drained():
            lane.close()

    def _renewed(self) -> None:
        """Begin without lanes, as in a forked child: those of the parent are the parent's, and so are its locks."""
        self._checking = Lock()
        self._turns: Turns[Lane] = Turns(self.lanes)  # each is started when it is first needed
        self._remembered: OrderedDict[bytes, Ran] = OrderedDict()
        self._remembering = Lock()

    def _run(self, data: bytes, inputs: Sequence[int]) -> Ran:
        limits = self.limits
        ended = self._attempted(data, min(limits.slice_ms, limits.cpu_ms), slow=False)
        if ended.end == "wall" or (ended.end == "cpu" and limits.cpu_ms > limits.slice_ms):
            ended = self._attempted(data, limits.cpu_ms, slow=True)
        if ended.end == "wall":
            raise SandboxFailed(NO_TIME)
        return read_lines(ended, len(inputs), limits.max_bits)

    def _attempted(self, data: bytes, cpu_ms: int, slow: bool) -> Ended:
        """Run a program on a lane, on a second one if the first is lost; the loss of both is the program's fault."""
        for _ in range(_ATTEMPTS):
            with self._turns.turn(slow) as turn:
                lane = turn.lane or Lane(self._settings())
                try:
                    ended = lane.run(data, cpu_ms, self.limits.wall_ms / 1_000)
                    turn.kept = lane
                    return ended
                except LaneLost:
                    continue
                finally:
                    # Not kept after an interrupt either: what is on its way would be taken for the next outputs.
                    if turn.kept is None:
                        lane.close()
        return Ended("killed", 0, ())

    def _settings(self) -> dict[str, Any]:
        limits = self.limits
        return {
            "filter": compiled().hex() if self._protected else "",
            "cpu_s": limits.cpu_ms // 1_000 + 2,
            "memory_mb": limits.memory_mb,
            "recursion": limits.recursion,
            "modules": ALLOWED_MODULES,
        }

    def _tried(self) -> str:
        """Run what must be refused; a filter that the kernel says it took, and did not, is found so too."""
        if platform.system() != "Linux" or (self._protected and not supported()):
            return (
                f"programs are run on Linux with seccomp on x86_64 or aarch64, not on {platform.platform(terse=True)}"
            )
        for source, kills in _REFUSED.items() if self._protected else ():
            ran = self._run(_request(source, self.limits), [1])
            if ran.outputs == (1,) or ran.escaped != kills:
                return "the kernel does not enforce the filter of the sandbox (seccomp)"
        plain = self._run(_request("def f(k): return k + 1", self.limits), [1])
        return "" if plain.outputs == (2,) else "the sandbox does not run a plain program"


def _request(source: str, limits: Limits) -> bytes:
    return json.dumps({"source": source, "inputs": [1], "max_bits": limits.max_bits}).encode()
