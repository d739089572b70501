"""Hostile programs get nothing, right ones get what is theirs; and two controls show that the attacks are real."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from generators.sandbox.filter import supported
from generators.sandbox.limits import Limits
from generators.sandbox.sandbox import Sandbox
from tests.generators.sandbox.hostile_programs import HOSTILE, INSPECTION, NETWORK, SYSTEM, VALUES

pytestmark = pytest.mark.skipif(not supported(), reason="no seccomp filter for this machine")

INPUTS = list(range(12))
POWERS = tuple(2**k for k in INPUTS)
GROUPS = {"system": SYSTEM, "network": NETWORK, "inspection": INSPECTION, "values": VALUES}
# Attacks that only the filter stops: with it off, these work. (The others meet the walls that stand anyway.)
ONLY_THE_FILTER = [
    *("open", "os.open", "write a file", "write a file outside", "io.open", "list a folder", "scan a folder", "stat"),
    *("exists", "change folder", "fork", "spawn", "system", "thread", "alarm", "timer", "handler", "memory file"),
    *("event", "pseudo-terminal", "session", "group", "nice", "affinity", "limits", "processes"),
    *("memory of the parent", "identity", "name of the machine", "ctypes"),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(lanes=2, limits=Limits(cpu_ms=150, slice_ms=40))
    yield made
    made.close()


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 180


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_gets_nothing(sandbox: Sandbox, name: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    ran = sandbox.run(HOSTILE[name].replace("MARK", str(mark)), INPUTS)
    assert not (ran.outputs == POWERS and ran.finished)
    assert not os.path.lexists(mark)
    after = sandbox.run(f"def f(k):\n    return 2 ** k\n# after {name}".encode("ascii", "replace").decode(), INPUTS)
    assert after.outputs == POWERS


def naively_judged(source: str, mark: Path) -> bool:
    """Whether a judge without protection is taken in, or a trace is left."""
    judge = Path(__file__).with_name("naive_judge.py")
    request = {"source": source.replace("MARK", str(mark)), "inputs": INPUTS, "expected": POWERS}
    process = subprocess.Popen(  # behind a shell, which is the parent that is killed
        ["sh", "-c", f"{sys.executable} -I {judge}; true"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(json.dumps(request).encode(), timeout=30)
        return output.split()[-1:] == [b"correct"] or os.path.lexists(mark)
    finally:
        with suppress(OSError):
            os.killpg(process.pid, 9)
        process.wait()


def test_without_protection_most_of_them_win(tmp_path: Path) -> None:
    """The control: where this fails, the tests above have gone blind."""
    named = {f"{group}: {name}": source for group, programs in GROUPS.items() for name, source in programs.items()}
    with ThreadPoolExecutor(2) as pool:
        won = dict(
            zip(
                named,
                pool.map(naively_judged, named.values(), (tmp_path / str(i) for i in range(len(named)))),
                strict=True,
            )
        )
    assert sum(won.values()) >= 80, [name for name, wins in won.items() if not wins]
    for group, programs in GROUPS.items():
        assert sum(wins for name, wins in won.items() if name.startswith(group)) > len(programs) / 2, group


def test_without_the_filter_attacks_on_the_system_work(tmp_path: Path) -> None:
    """The second control: it is the filter that stops them, and nothing else around it."""
    open_door = Sandbox(lanes=1, protected=False)
    worked = []
    for name in ONLY_THE_FILTER:
        ran = open_door.run(SYSTEM[name].replace("MARK", str(tmp_path / name.replace(" ", "_"))), INPUTS)
        worked += [name] if ran.outputs == POWERS and ran.finished else []
    open_door.close()
    assert len(worked) >= 24, set(ONLY_THE_FILTER) - set(worked)
