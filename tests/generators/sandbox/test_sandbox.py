"""The sandbox: programs compute, and do nothing else; without its filter the same attacks work, so the test can see."""

import gc
import os
import platform
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from generators.sandbox.lanes import Limits, Sandbox, SandboxFailed

from generators.sandbox.filter import TABLES, instructions, supported

pytestmark = pytest.mark.skipif(not supported(), reason="no seccomp filter for this machine")

INPUTS = [0, 1, 2, 5, 9]
MARK = Path(tempfile.gettempdir()) / f"written-from-a-sandbox-{os.getpid()}"
SQUARES = tuple(k * k for k in INPUTS)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(lanes=2)
    if reason := made.unavailable():
        pytest.skip(reason)
    yield made
    made.close()


RIGHT = {
    "def": "def f(k):\n    return k * k",
    "lambda": "f = lambda k: k ** 2",
    "another name": "def square(k):\n    return k * k",
    "loop": "def f(k):\n    total = 0\n    for _ in range(k):\n        total += k\n    return total",
    "recursion": "def f(k):\n    return 0 if k == 0 else f(k - 1) + 2 * k - 1",
    "cache": "from functools import lru_cache\n@lru_cache(None)\ndef f(k):\n    return 0 if k == 0 else f(k - 1) + 2 * k - 1",
    "math": "import math\ndef f(k):\n    return math.comb(k, 1) * k",
    "generator": "def odd():\n    n = 1\n    while True:\n        yield n\n        n += 2\ndef f(k):\n    g = odd()\n    return sum(next(g) for _ in range(k))",
    "closure": "def make(n):\n    def inner(k):\n        return k ** n\n    return inner\nf = make(2)",
    "class": "class Square:\n    def __call__(self, k):\n        return k * k\nf = Square()",
    "match": "def f(k):\n    match k:\n        case 0:\n            return 0\n        case _:\n            return k * k",
    "walrus": "def f(k):\n    return (y := k) * y",
    "comprehension": "def f(k):\n    return len([(i, j) for i in range(k) for j in range(k)])",
    "big integers": "def f(k):\n    return (k * k * 10**2000) // 10**2000",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(k):\n    return P(k).x ** 2",
    "fractions": "from fractions import Fraction\ndef f(k):\n    return int(Fraction(k) * Fraction(k))",
    "itertools": "from itertools import accumulate, repeat\ndef f(k):\n    return sum(repeat(k, k))",
    "prints": "print('working')\ndef f(k):\n    return k * k",
    "bool is an integer": "def f(k):\n    return k * k if k > 1 else k == 1",
    "unicode": "def f(\u03ba):\n    return \u03ba * \u03ba",
    "type hints": "from typing import Callable\ndef f(k: int) -> int:\n    return k * k",
    "try": "def f(k):\n    try:\n        return [0, 1, 4][k]\n    except IndexError:\n        return k * k",
}

# What must not succeed: each would return the right answer, and leave a trace, if it were let.
HOSTILE = {
    "open": "import os\ndef f(k):\n    os.open('/', 0)\n    return k * k",
    "read a file": "def f(k):\n    open('/etc/passwd').read()\n    return k * k",
    "write a file": "def f(k):\n    open('" + str(MARK) + "', 'w')\n    return k * k",
    "fork": "import os\ndef f(k):\n    os.fork()\n    return k * k",
    "exec": "import os\ndef f(k):\n    os.execv('/bin/true', ['true'])",
    "spawn": "import os\ndef f(k):\n    os.posix_spawn('/bin/true', ['true'], {})\n    return k * k",
    "system": "import os\ndef f(k):\n    os.system('true')\n    return k * k",
    "kill the parent": "import os\ndef f(k):\n    os.kill(os.getppid(), 9)\n    return k * k",
    "kill itself": "import os, signal\ndef f(k):\n    signal.raise_signal(9)\n    return k * k",
    "thread": "import _thread\ndef f(k):\n    _thread.start_new_thread(print, ())\n    return k * k",
    "sleep": "import time\ndef f(k):\n    time.sleep(9)\n    return k * k",
    "socket": "import _socket\ndef f(k):\n    _socket.socket()\n    return k * k",
    "ctypes": "import ctypes\ndef f(k):\n    ctypes.CDLL(None).socket(2, 1, 0)\n    return k * k",
    "raw system call": "import ctypes, sys\nlibc = sys.modules['__main__'].ctypes.CDLL(None)\ndef f(k):\n    libc.syscall(57)\n    return k * k",
    "through the main module": "import sys\ndef f(k):\n    sys.modules['__main__'].os.pipe()\n    return k * k",
    "through frames": "import sys\ndef f(k):\n    g = sys._getframe(1).f_globals\n    g['os'].open('/', 0)\n    return k * k",
    "through gc": "import gc\nfound = [o for o in gc.get_objects() if type(o).__name__ == '_Lock']\ndef f(k):\n    return found[0] and k * k",
    "through classes": "import sys\ndef f(k):\n    for c in object.__subclasses__():\n        if c.__name__ == 'Popen':\n            return k * k\n    raise ValueError",
    "loop": "def f(k):\n    while True:\n        pass",
    "loop outside": "while True:\n    pass",
    "memory": "def f(k):\n    return len([0] * 10**10)",
    "memory by parts": "def f(k):\n    a = []\n    while True:\n        a.append(bytes(10**6))",
    "huge power": "def f(k):\n    return 10**10**8",
    "recursion": "def f(k):\n    return f(k)",
    "regex": "import re\ndef f(k):\n    re.match('(a+)+$', 'a' * 40 + 'b')\n    return 7",
    "output flood": "import os\ndef f(k):\n    while True:\n        os.write(3, b'x' * 60_000)",
    "print flood": "def f(k):\n    import os\n    os.write(1, b'x' * 10**6)\n    return k * k",
    "exit": "raise SystemExit",
    "exit in the function": "import sys\ndef f(k):\n    sys.exit(0)",
    "exit at once": "import os\ndef f(k):\n    os._exit(0)",
    "base exception": "class E(BaseException):\n    pass\ndef f(k):\n    raise E",
    "subclass of int": "class I(int):\n    pass\ndef f(k):\n    return I(k * k)",
    "hostile equality": "class A:\n    def __eq__(self, other):\n        return True\ndef f(k):\n    return A()",
    "hostile index": "class A:\n    def __index__(self):\n        return 1\ndef f(k):\n    return A()",
    "hostile class": "class A:\n    __class__ = int\ndef f(k):\n    return A()",
    "hostile format": "class A(int):\n    def __format__(self, s):\n        return '0'\ndef f(k):\n    return A(k * k)",
    "float": "def f(k):\n    return float(k * k)",
    "text": "def f(k):\n    return str(k * k)",
    "none": "def f(k):\n    pass",
    "no function": "x = 1",
    "no program": "this is no python",
    "empty": "",
    "brackets": "(" * 5_000,
    "deep expression": "x = " + "-" * 50_000 + "1",
    "surrogate": "x = '\ud800'\ndef f(k):\n    return '\ud800'",
    "nul": "def f(k):\n    return k * k\0",
    "too long": "#" * 70_000 + "\ndef f(k):\n    return k * k",
    "many bits": "def f(k):\n    return (k * k) << 100_000 if k else 1 << 9_000",
    "patch the judge": "import sys\nm = sys.modules['__main__']\nm._line = lambda v, b: 'i:0'\ndef f(k):\n    raise ValueError",
    "forged end": "import os\nos.write(3, b'.\\n')\nos._exit(0)",
    "forged rubbish": "import os\nos.write(3, b'i:zz\\n\\xff\\n')\ndef f(k):\n    os._exit(0)",
    "too many answers": "import os\nos.write(3, b'i:5\\n' * 9)\nos._exit(0)",
    "alarm": "import signal\ndef f(k):\n    signal.alarm(1)\n    while True:\n        pass",
    "import what is not there": "import numpy\ndef f(k):\n    return k * k",
    "nice": "import os\ndef f(k):\n    os.nice(-5)\n    return k * k",
    "limits": "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (99, 99))\ndef f(k):\n    return k * k",
    "mmap executable": "import mmap\ndef f(k):\n    mmap.mmap(-1, 4096, prot=7)\n    return k * k",
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_programs_are_right(sandbox: Sandbox, name: str) -> None:
    ran = sandbox.run(RIGHT[name], INPUTS)
    assert (ran.compiled, ran.outputs, ran.finished, ran.end) == (True, SQUARES, True, "exit")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_programs_get_nothing(sandbox: Sandbox, name: str) -> None:
    ran = sandbox.run(HOSTILE[name], INPUTS)
    assert ran.outputs != SQUARES
    assert not MARK.exists()
    assert sandbox.run(RIGHT["def"], INPUTS).outputs == SQUARES  # and the next one is served


def test_without_the_filter_the_same_attacks_work() -> None:
    """A control: where these stop working without protection, the tests above have gone blind."""
    open_door = Sandbox(lanes=1, protected=False)
    worked = []
    for name, source in HOSTILE.items():
        try:
            if open_door.run(source, INPUTS).outputs == SQUARES:
                worked.append(name)
        except SandboxFailed:  # it has ended the process that watches it
            worked.append(name)
    open_door.close()
    MARK.unlink(missing_ok=True)
    for name in (
        "open",
        "read a file",
        "spawn",
        "system",
        "thread",
        "kill the parent",
        "through frames",
    ):
        assert name in worked, name


def test_a_filter_that_does_not_hold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel may say that it took a filter, and not have."""
    made = Sandbox(lanes=1)
    monkeypatch.setattr("generators.sandbox.lanes.compiled", lambda: b"")
    assert "does not enforce the filter" in made.unavailable()
    with pytest.raises(SandboxFailed):
        made.run(RIGHT["def"], INPUTS)
    made.close()


def test_nothing_passes_from_one_program_to_the_next() -> None:
    made = Sandbox(lanes=1)
    made.run("import math, builtins\nmath.secret = 7\nbuiltins.len = None\ndef f(k):\n    return k", INPUTS)
    probe = "import math\ndef f(k):\n    return getattr(math, 'secret', 0) + len([1])"
    assert made.run(probe, [1]).outputs == (1,)
    made.close()


def test_a_slow_program_keeps_its_time_and_an_endless_one_stops() -> None:
    made = Sandbox(lanes=2, limits=Limits(cpu_ms=1_500, slice_ms=20))
    slow = "def f(k):\n    x = 0\n    for i in range(400_000):\n        x += i\n    return k * k"
    assert made.run(slow, INPUTS).outputs == SQUARES
    assert made.run(HOSTILE["loop"], INPUTS).end == "cpu"
    made.close()


def test_many_threads_get_their_own_answers(sandbox: Sandbox) -> None:
    def ask(i: int) -> bool:
        source = HOSTILE["loop"] if i % 10 == 0 else f"def f(k):\n    return k + {i}"
        return i % 10 == 0 or sandbox.run(source, [1, 2]).outputs == (1 + i, 2 + i)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(80)))


def test_no_descriptor_thread_or_process_is_left(sandbox: Sandbox) -> None:
    def count() -> tuple[int, int, int]:
        gc.collect()
        children = len(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())
        return len(os.listdir("/proc/self/fd")), threading.active_count(), children

    sandbox.run(RIGHT["def"], INPUTS)
    before = count()
    for i in range(300):
        sandbox.run(HOSTILE["fork"] if i % 5 == 0 else RIGHT["def"], INPUTS)
    assert count() == before


def test_a_lane_that_dies_is_replaced() -> None:
    made = Sandbox(lanes=1)
    assert made.run(RIGHT["def"], INPUTS).outputs == SQUARES
    lane = made._free.get()
    assert lane is not None
    lane.process.kill()
    lane.process.wait()
    made._free.put(lane)
    with pytest.raises(SandboxFailed, match="a lane of the sandbox was lost"):
        made.run(RIGHT["def"], INPUTS)
    assert made.run(RIGHT["def"], INPUTS).outputs == SQUARES
    made.close()


@pytest.mark.parametrize("machine", TABLES)
def test_the_filter_jumps_within_itself_and_ends_in_death(machine: str) -> None:
    code = instructions(TABLES[machine])
    assert len(code) < 4_096
    for at, (kind, yes, no, _) in enumerate(code):
        assert at + 1 + max(yes, no) < len(code) or kind == 0x06
    assert code[-1] == (0x06, 0, 0, 0x80000000)
    assert not set(TABLES[machine].allowed) & set(TABLES[machine].refused)


def test_this_machine_is_known() -> None:
    assert platform.machine() in TABLES
