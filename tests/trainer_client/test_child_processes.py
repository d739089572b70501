"""Processes of ours end with who started them, in order or not."""

import signal
import subprocess
import sys
from pathlib import Path

from trainer_client.child_processes import ChildProcesses

PARENT = """
import sys
from pathlib import Path
from trainer_client.child_processes import ChildProcesses
from trainer_client.cli_errors import one_line_errors

folder = Path(sys.argv[1])
sleeper = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
with one_line_errors(), ChildProcesses() as children:
    start = lambda name: children.start(sleeper, folder / f"{name}.log")
    children.some_at_a_time(2, ["a", "b", "c"], start, lambda *told: None)
"""


def test_one_that_is_told_to_end_takes_all_with_it(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    while not all(log.exists() and log.read_text() for log in logs):
        assert parent.poll() is None
    parent.terminate()
    assert parent.wait(60) == 128 + signal.SIGTERM
    assert not [pid for log in logs if Path("/proc", pid := log.read_text().strip()).exists()]
    assert not (tmp_path / "c.log").exists(), "two at a time"


def test_each_is_heard_of_once_and_its_log_goes_on(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    (tmp_path / "log").write_text("before\n")
    with ChildProcesses() as children:
        children.some_at_a_time(
            2,
            range(5),
            lambda code: children.start([sys.executable, "-c", f"print({code}); exit({code})"], tmp_path / "log"),
            lambda code, returned: heard.append((code, returned)),
        )
    assert sorted(heard) == [(code, code) for code in range(5)]
    assert sorted((tmp_path / "log").read_text().split()) == ["0", "1", "2", "3", "4", "before"]
