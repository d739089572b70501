"""What a run leaves on disk, and how it is found again after a crash.

config.yaml       the resolved configuration
run_id, attempt   the name under which the server knows this run, and how often it was started
tiny/, merged/    the model it starts from, where that was made here
curriculum.json   the curriculum as the server described it, with its digest
metrics.jsonl     one line per step
rollouts.jsonl    completions with their verdicts
decisions.jsonl   one line per /advance that decided something
course.jsonl      held-out success on the way, in a study that watches
alarms.jsonl      what jumped: a sign of gaming, what wrong answers earn, how long answers are
probes.jsonl      canaries and restated problems, where a run asks them
strategy.jsonl    which parts train, and at which share of the rate: one line per change
rollbacks.json    where the run collapsed, and what it went back to
told.json         how much of the logs the server was told
cost.json         seconds, memory and weights that it took
tensorboard/      and others, of the trackers that were asked for
checkpoints/      checkpoint-N/, complete once it holds COMPLETE
summary.md, climb.png, final/
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from envserver.wire import CurriculumOut
from trainer_client.config import TrainConfig, dump_config, load_config
from trainer_client.errors import BadRun

LOGS = (
    "metrics.jsonl",
    "rollouts.jsonl",
    "decisions.jsonl",
    "course.jsonl",
    "alarms.jsonl",
    "probes.jsonl",
    "strategy.jsonl",
)
_MARKER = "COMPLETE"


class RunFolder:
    """The folder of one run. Each line of a log carries the `step` it belongs to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.final = path / "final"

    def refuse_existing(self) -> None:
        """Raise `BadRun` where a run already is."""
        if (self.path / "config.yaml").exists():
            raise BadRun(f"{self.path} already holds a run; resume it with --resume, or choose another folder")

    def begin(self, config: TrainConfig, curriculum: CurriculumOut) -> None:
        """Start afresh; from here on the folder holds a run."""
        self.refuse_existing()
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        # Folders in different places have the same name; what the server may keep must not meet under it.
        _write(self.path / "run_id", f"{re.sub('[^A-Za-z0-9_.-]', '_', self.path.name)[:80]}-{secrets.token_hex(4)}")
        _write(self.path / "curriculum.json", curriculum.model_dump_json(indent=1) + "\n")
        _write(self.path / "config.yaml", dump_config(config))

    @property
    def curriculum(self) -> str:
        """The name and digest of the curriculum that the run was begun with."""
        file = self.path / "curriculum.json"
        return str(json.loads(file.read_text(encoding="utf-8"))["reference"]) if file.exists() else ""

    def refuse_changed(self, curriculum: CurriculumOut) -> None:
        """Raise `BadRun` where the run was begun with another text of its curriculum."""
        before = self.curriculum or "an earlier version of this program"
        if before != curriculum.reference:
            raise BadRun(
                f"{self.path} was begun with {before}, and the server has {curriculum.reference} now: serve what is in "
                "curriculum.json there, or start another run"
            )

    def withdraw(self) -> None:
        """Take back that a run begins here."""
        for name in ("config.yaml", "curriculum.json", "run_id", "attempt"):
            (self.path / name).unlink(missing_ok=True)

    def prepare(self, config: TrainConfig, curriculum: CurriculumOut, resume: bool) -> None:
        """Make the folder ready for one more attempt: what a crash left behind its last checkpoint is removed."""
        if not resume:
            self.begin(config, curriculum)
        for path in self._checkpoints():
            if not (path / _MARKER).exists():
                shutil.rmtree(path)
        last = self.last_checkpoint()
        self.cut_back(step_of(last) if last else 0)
        _write(self.path / "attempt", str(self.attempt + 1))

    @property
    def run_id(self) -> str:
        """The name under which the server knows this run."""
        return (self.path / "run_id").read_text()

    @property
    def attempt(self) -> int:
        """How often this run was started."""
        file = self.path / "attempt"
        return int(file.read_text()) if file.exists() else 0

    @property
    def rollbacks(self) -> list[dict[str, Any]]:
        """Every time the run collapsed: at which step, back to which one, and why."""
        file = self.path / "rollbacks.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []

    def roll_back(self, at: int, to: int, reason: str) -> None:
        """Note that the run goes back from one step to another, and remove the checkpoints between them."""
        for path in self._checkpoints():
            if step_of(path) > to:
                shutil.rmtree(path)
        # Last: killed before this line, the run collapses once more; after it, it would go on from what is removed.
        _write(self.path / "rollbacks.json", json.dumps([*self.rollbacks, {"at": at, "to": to, "reason": reason}]))

    def keep_checkpoints(self, steps: Collection[int]) -> None:
        """Remove the complete checkpoints of other steps."""
        for path in self._checkpoints():
            if step_of(path) not in steps and (path / _MARKER).exists():
                shutil.rmtree(path)

    def config(self) -> TrainConfig:
        """Return the configuration the run was started with; the folder may have been moved since."""
        if not (self.path / "config.yaml").exists():
            raise BadRun(f"{self.path} holds no run")
        return load_config(self.path / "config.yaml").model_copy(update={"run": self.path})

    def last_checkpoint(self) -> Path | None:
        """Return the newest complete checkpoint."""
        return next((path for path in reversed(self._checkpoints()) if (path / _MARKER).exists()), None)

    def _checkpoints(self) -> list[Path]:
        return sorted(self.checkpoints.glob("checkpoint-*"), key=step_of)

    def cut_back(self, step: int) -> None:
        """Drop every line of the logs that is later than `step`, and a line that was cut in the middle."""
        for name in LOGS:
            file = self.path / name
            if file.exists():
                _write(file, "".join(f"{line}\n" for line in _whole_lines(file) if json.loads(line)["step"] <= step))

    def append(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows to one of the logs."""
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)

    def read(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of one of the logs."""
        file = self.path / name
        return [json.loads(line) for line in _whole_lines(file)] if file.exists() else []

    @property
    def told(self) -> dict[str, int]:
        """Of each log, the bytes that a server was told."""
        file = self.path / "told.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def note_told(self, upto: dict[str, int]) -> None:
        """Note them."""
        _write(self.path / "told.json", json.dumps(upto))

    def rows_from(self, name: str, at: int) -> tuple[list[dict[str, Any]], int]:
        """Return the whole rows of a log behind so many bytes, and where they end."""
        file = self.path / name
        if not file.exists():
            return [], at
        with file.open("rb") as log:
            log.seek(at)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()], at + len(whole)


def mark_complete(checkpoint: Path) -> None:
    """Make a checkpoint count: everything in it is on the disk before the marker is."""
    for file in checkpoint.rglob("*"):
        _sync(file)
    _sync(checkpoint)
    _write(checkpoint / _MARKER, "")
    _sync(checkpoint)
    _sync(checkpoint.parent)


def step_of(checkpoint: Path) -> int:
    """Return the step after which a checkpoint was written."""
    return int(checkpoint.name.rpartition("-")[2])


def _whole_lines(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].splitlines()


def _write(file: Path, text: str) -> None:
    """Replace a file in one step, durably."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(text, encoding="utf-8")
    _sync(new)
    new.replace(file)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
