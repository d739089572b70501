"""The sandbox: what it promises of any program, its limits, its lanes, and what it does where it cannot keep a promise."""

import gc
import os
import platform
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from generators.sandbox import lane as lane_module
from generators.sandbox import sandbox as sandbox_module
from generators.sandbox.filter import TABLES, instructions, supported
from generators.sandbox.limits import ALLOWED_MODULES, Limits, SandboxFailed
from generators.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.skipif(not supported(), reason="no seccomp filter for this machine")

INPUTS = [0, 1, 2, 5, 9]
SQUARES = tuple(k * k for k in INPUTS)
SQUARE = "def f(k):\n    return k * k"
LOOP = "def f(k):\n    while True:\n        pass"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(lanes=2)
    assert made.unavailable() == ""
    yield made
    made.close()


def numbered(i: int) -> str:
    """Return a program that no cache has seen."""
    return f"{SQUARE}\n# {i}"


def test_outputs_come_in_the_order_of_the_inputs(sandbox: Sandbox) -> None:
    ran = sandbox.run(SQUARE, INPUTS)
    assert (ran.compiled, ran.outputs, ran.finished, ran.end) == (True, SQUARES, True, "exit")


@pytest.mark.parametrize(
    ("source", "compiled", "outputs", "finished", "end"),
    [
        ("def f(k)", False, (), False, "exit"),
        ("x = 1", True, (), False, "exit"),
        ("def f(k):\n    return 1 // k", True, (None, 1), True, "exit"),
        ("def f(k):\n    return str(k)", True, (None, None), True, "exit"),
        ("def f(k):\n    return 1 << (9_000 * k)", True, (1, None), True, "exit"),
        ("def f(k):\n    return f(k)", True, (None, None), True, "exit"),
        ("def f(k):\n    if k: raise SystemExit\n    return 5", True, (5,), False, "exit"),
        (LOOP, True, (), False, "cpu"),
        ("import os\nos.abort()", True, (), False, "signal"),
        (
            "import os\nwhile 1:\n    try: os.write(3, b'x' * 9_999)\n    except OSError: pass",
            True,
            (),
            False,
            "output",
        ),
    ],
)
def test_what_comes_of_a_program_is_told_apart(
    sandbox: Sandbox, source: str, compiled: bool, outputs: tuple[int | None, ...], finished: bool, end: str
) -> None:
    ran = sandbox.run(source, [0, 1])
    assert (ran.compiled, ran.outputs, ran.finished, ran.end) == (compiled, outputs, finished, end)


def test_every_published_module_can_be_imported(sandbox: Sandbox) -> None:
    source = "\n".join([f"import {name}" for name in ALLOWED_MODULES if name != "__future__"] + [SQUARE])
    assert sandbox.run(source, INPUTS).outputs == SQUARES


def test_no_program_sees_the_environment_of_the_server(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "1")
    source = "import os\ndef f(k):\n    return len(os.environ) + ('A_SECRET' in os.environ) * 100"
    [found] = sandbox.run(source, [1]).outputs
    assert found is not None
    assert found <= 3  # LC_CTYPE may join the two that are set


def test_nothing_passes_from_one_program_to_the_next() -> None:
    made = Sandbox(lanes=1)
    made.run("import math, builtins\nmath.secret = 7\nbuiltins.len = None\ndef f(k):\n    return k", INPUTS)
    probe = "import math\ndef f(k):\n    return getattr(math, 'secret', 0) + len([1])"
    assert made.run(probe, [1]).outputs == (1,)
    made.close()


def test_no_program_finds_an_earlier_one_in_memory() -> None:
    made = Sandbox(lanes=1)
    made.run("wanted = 'a_word_that_' + 'nobody_else_uses'\ndef f(k):\n    return k", INPUTS)
    probe = (
        "import gc\ndef f(k):\n    word = '_'.join(['a', 'word', 'that', 'nobody', 'else', 'uses'])\n"
        "    return sum(word in repr(o) for o in gc.get_objects() if type(o) in (dict, list, tuple))"
    )
    assert made.run(probe, [1]).outputs == (0,)
    [seen] = made.run(f"kept = ['a_word_that_nobody_else_uses']\n{probe}", [1]).outputs
    assert seen, "the probe itself is blind"
    made.close()


def test_no_program_finds_what_an_earlier_one_answered() -> None:
    """Not in the frames of the process that it is a copy of, which must never have held it."""
    made = Sandbox(lanes=1)
    values = [0xDEAD_BEEF_0000_1234 + k for k in range(6)]
    for i in range(3):
        made.run(f"def f(k):\n    return 0xDEADBEEF00001234 + k  # {i}", range(6))
    thief = (
        "def f(k):\n    try:\n        raise ValueError\n    except ValueError as e:\n        frame = e.__traceback__.tb_frame.f_back\n"
        "    seen, line = 0, ''.join(['i', ':', 'dead', 'beef'])\n"
        "    while frame:\n        seen += line in repr(list(frame.f_locals.values()))\n        frame = frame.f_back\n"
        "    return seen"
    )
    assert made.run(thief, [1]).outputs == (0,)
    assert made.run("def f(k):\n    return 0xDEADBEEF00001234 + k", range(6)).outputs == tuple(values)
    made.close()


def test_the_same_program_gets_the_same_outputs_each_time() -> None:
    source = "import random\nx = hash('a') + random.randint(0, 10**9) + id(type(None)) % 7 * 0\ndef f(k):\n    return x"
    outputs = set()
    for _ in range(3):
        made = Sandbox(lanes=1)
        outputs.add(made.run(source, [1]).outputs)
        made.close()
    assert len(outputs) == 1


def test_a_slow_program_keeps_its_time_and_an_endless_one_stops() -> None:
    made = Sandbox(lanes=2, limits=Limits(cpu_ms=1_500, slice_ms=20))
    slow = "def f(k):\n    x = 0\n    for i in range(400_000):\n        x += i\n    return k * k"
    assert made.run(slow, INPUTS).outputs == SQUARES
    assert made.run(LOOP, INPUTS).end == "cpu"
    made.close()


def test_loops_leave_a_lane_to_the_others() -> None:
    """Eight endless programs wait for each other; meanwhile quick ones are answered, however long the others take."""
    made = Sandbox(lanes=2, limits=Limits(cpu_ms=600, slice_ms=20))
    with ThreadPoolExecutor(9) as pool:
        loops = [pool.submit(made.run, f"{LOOP}\n# {i}", INPUTS) for i in range(8)]
        for i in range(20):
            assert made.run(numbered(i), INPUTS).outputs == SQUARES
        assert not all(loop.done() for loop in loops)
        assert {loop.result().end for loop in loops} == {"cpu"}
    made.close()


def test_many_threads_get_their_own_answers(sandbox: Sandbox) -> None:
    def ask(i: int) -> bool:
        source = f"{LOOP}\n# {i}" if i % 20 == 0 else f"def f(k):\n    return k + {i}"
        outputs = sandbox.run(source, [1, 2]).outputs
        return outputs == (() if i % 20 == 0 else (1 + i, 2 + i))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(160)))


def test_no_descriptor_thread_or_process_is_left(sandbox: Sandbox) -> None:
    def count() -> tuple[int, int, int]:
        gc.collect()
        children = len(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())
        return len(os.listdir("/proc/self/fd")), threading.active_count(), children

    sandbox.run(numbered(-1), INPUTS)
    before = count()
    for i in range(300):
        sandbox.run(f"import os\nos.fork()\n{numbered(i)}" if i % 5 == 0 else numbered(i), INPUTS)
    assert count() == before


def test_a_lane_that_dies_is_replaced_and_the_program_runs_on_another() -> None:
    made = Sandbox(lanes=1)
    assert made.run(SQUARE, INPUTS).outputs == SQUARES
    with made._turns.turn(slow=False) as turn:
        assert turn.lane is not None
        turn.lane.process.kill()
        turn.lane.process.wait()
        turn.kept = turn.lane
    assert made.run(numbered(1), INPUTS).outputs == SQUARES
    made.close()


def test_a_program_that_kills_its_lane_twice_is_told_so() -> None:
    """Nothing but the filter keeps a program from it, so it is off here."""
    open_door = Sandbox(lanes=1, protected=False)
    ran = open_door.run(f"import os\nos.kill(os.getppid(), 9)\n{SQUARE}", INPUTS)
    assert (ran.end, ran.outputs) == ("killed", ())
    assert open_door.run(SQUARE, INPUTS).outputs == SQUARES
    open_door.close()


def test_a_filter_that_does_not_hold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel may say that it took a filter, and not have."""
    made = Sandbox(lanes=1)
    monkeypatch.setattr(sandbox_module, "compiled", lambda: b"")
    assert "does not enforce the filter" in made.unavailable()
    with pytest.raises(SandboxFailed):
        made.run(SQUARE, INPUTS)
    made.close()


@pytest.mark.parametrize("left_open", ["open", "kill", "socket", "fork"])
def test_a_filter_with_a_hole_is_found(left_open: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the trials sees its own hole."""
    holes = {"open": (2, 257), "kill": (62,), "socket": (41,), "fork": (56, 57, 435)}
    if platform.machine() != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    table = TABLES["x86_64"]
    wider = replace(
        table,
        allowed=(*table.allowed, *holes[left_open]),
        refused=tuple(number for number in table.refused if number not in holes[left_open]),
    )
    monkeypatch.setitem(TABLES, "x86_64", wider)  # type: ignore[arg-type]
    made = Sandbox(lanes=1)
    assert "does not enforce the filter" in made.unavailable()
    made.close()


def test_what_cannot_be_tried_now_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Sandbox(lanes=1)
    monkeypatch.setattr(lane_module.subprocess, "Popen", _refused)
    assert "no process for programs can be started" in made.unavailable()
    monkeypatch.undo()
    assert made.unavailable() == ""
    made.close()


def _refused(*args: object, **kwargs: object) -> None:
    raise OSError(24, "Too many open files")


def test_where_no_child_can_be_had_it_is_our_fault_and_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Sandbox(lanes=1)
    assert made.unavailable() == ""
    with monkeypatch.context() as patched:
        patched.setattr(lane_module, "_exchanged", lambda *_: (b"", ""))  # the channel ends before anything is said
        with pytest.raises(SandboxFailed, match="no child for a program"):
            made.run(SQUARE, INPUTS)
    assert made.run(SQUARE, INPUTS).outputs == SQUARES
    made.close()


def test_a_forked_server_has_lanes_and_locks_of_its_own() -> None:
    made = Sandbox(lanes=1)
    assert made.run(SQUARE, INPUTS).outputs == SQUARES
    with made._checking:
        child = os.fork()
        if child == 0:
            os._exit(made.run(numbered(7), INPUTS).outputs != SQUARES)
    assert os.waitpid(child, 0)[1] == 0
    made.close()


@pytest.mark.parametrize("values", [range(56)])
def test_long_outputs_all_arrive(sandbox: Sandbox, values: range) -> None:
    for i in range(10):
        ran = sandbox.run(f"def f(k):\n    return 2 ** 2_000 + k  # {i}", values)
        assert ran.outputs == tuple(2**2_000 + k for k in values)


def test_a_machine_without_a_filter_is_refused_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "supported", lambda: False)
    made = Sandbox(lanes=1)
    assert "Linux with seccomp" in made.unavailable()
    with pytest.raises(SandboxFailed, match="Linux with seccomp"):
        made.run(SQUARE, INPUTS)
    made.close()


def test_an_interpreter_that_cannot_be_started_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Sandbox(lanes=1)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert "no process for programs can be started" in made.unavailable()
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
