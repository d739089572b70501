"""Workers: answers in order, deaths bounded and blamed on the answer, our own failures raised."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generators.errors import Overtaxed
from generators.workers import Worker, WorkerFailed

CHILD = """
import os, socket, subprocess, time
from generators.workers import serve

def handle(request):
    match request["do"]:
        case "echo": return request["what"]
        case "pid": return os.getpid()
        case "spin":
            while True: pass
        case "hoard":
            return len([bytes(2**20) for _ in range(10_000)])
        case "die": os._exit(3)
        case "raise": raise KeyError("no")
        case "print": print("noise"); return "said"
        case "write": open(os.devnull, "w")
        case "run": subprocess.run(["true"])
        case "connect": socket.create_connection(("127.0.0.1", 9))

serve(handle)
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    (tmp_path / "child_of_a_test.py").write_text(CHILD)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    made = Worker("child_of_a_test", cpu_s=0.5, memory_mb=512)
    yield made
    made.close()


def test_requests_are_answered_by_one_process(worker: Worker) -> None:
    assert [worker.ask({"do": "echo", "what": i}) for i in range(50)] == list(range(50))
    assert worker.ask({"do": "pid"}) == worker.ask({"do": "pid"}) != os.getpid()
    assert worker.ask({"do": "echo", "what": "\u00e9\n" * 1_000}) == "\u00e9\n" * 1_000
    assert worker.ask({"do": "print"}) == "said"


def test_many_threads_get_their_own_answers(worker: Worker) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda i: worker.ask({"do": "echo", "what": i}), range(200))) == list(range(200))


@pytest.mark.parametrize("do", ["spin", "hoard", "die"])
def test_what_kills_its_worker_twice_is_overtaxed_and_the_next_is_answered(worker: Worker, do: str) -> None:
    first = worker.ask({"do": "pid"})
    with pytest.raises(Overtaxed) as caught:
        worker.ask({"do": do})
    assert caught.value.flags == ("killed_worker",)
    assert worker.ask({"do": "pid"}) != first


def test_many_are_answered_in_order_whatever_their_size(worker: Worker) -> None:
    said = ["x" * (997 * i % 40_000) for i in range(100)]
    assert worker.ask_many([{"do": "echo", "what": text} for text in said]) == said
    assert worker.ask_many([]) == []
    assert worker.ask({"do": "echo", "what": 1}) == 1


@pytest.mark.parametrize("do", ["spin", "hoard", "die"])
def test_of_many_those_before_a_death_may_be_lost_but_none_is_mistaken(worker: Worker, do: str) -> None:
    asked = [{"do": "echo", "what": i} for i in range(8)]
    first = worker.ask_many([*asked[:4], {"do": do}, *asked[4:]])
    assert all(value in (None, right) for value, right in zip(first, [0, 1, 2, 3, None, 4, 5, 6, 7], strict=True))
    assert worker.ask_many(asked) == list(range(8))


def test_of_many_one_that_raises_spoils_itself_only(worker: Worker) -> None:
    asked = [{"do": "echo", "what": 1}, {"do": "raise"}, {"do": "echo", "what": 2}]
    assert worker.ask_many(asked) == [1, None, 2]


def test_an_exception_of_the_library_is_ours(worker: Worker) -> None:
    with pytest.raises(WorkerFailed, match="KeyError"):
        worker.ask({"do": "raise"})
    assert worker.ask({"do": "echo", "what": 1}) == 1


@pytest.mark.parametrize("do", ["write", "run", "connect"])
def test_a_worker_touches_nothing(worker: Worker, do: str) -> None:
    with pytest.raises(WorkerFailed, match="PermissionError"):
        worker.ask({"do": do})


def test_a_module_that_does_not_start_is_ours() -> None:
    with pytest.raises(WorkerFailed, match="does not start"):
        Worker("no_such_module_at_all", 1, 512).ask({})


def test_a_forked_process_starts_its_own(worker: Worker) -> None:
    first = worker.ask({"do": "pid"})
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(write, str(worker.ask({"do": "pid"})).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(read, 64)) != first
    assert worker.ask({"do": "pid"}) == first
