"""The stories of runs, folded from the store and remembered: of a run that goes on only what is new is read."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from envserver.store.database import Database
from envserver.store.runs import one_run, read_log
from envserver.story import Logs, Story, told
from envserver.wire import LogKind, LogOut, RunOut

_READ = 1_000  # rows at a time
_RUNS = 32  # that are remembered


@dataclass
class _Known:
    """The rows that were read of a run, and up to which key."""

    attempts: int
    began: float
    upto: int = 0
    rows: dict[LogKind, list[dict[str, Any]]] = field(default_factory=dict)


class Stories:
    """Reads a run with its story; rows that a later attempt supersedes go with it, since then all is read anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def of(self, database: Database, name: str) -> tuple[RunOut, Story]:
        """Return a run and what it has told; raises `UnknownRun`."""
        run = one_run(database, name)
        with self._lock:
            known = self._known.pop(name, None)
        if known is None or (known.attempts, known.began) != (run.attempts, run.began):
            known = _Known(run.attempts, run.began)
        while rows := read_log(database, name, None, known.upto, _READ):
            known.upto = rows[-1].key
            for row in rows:
                known.rows.setdefault(row.kind, []).extend(_rows(row))
            if len(rows) < _READ:
                break
        story = told(name, _logs(known), _steps(run), run.curriculum or "")
        with self._lock:
            self._known[name] = known
            while len(self._known) > _RUNS:
                self._known.popitem(last=False)
        return run, story


def _rows(row: LogOut) -> list[dict[str, Any]]:
    """Return what a row holds: several of one step are told as one."""
    many = row.body.get("rows")
    found = many if isinstance(many, list) else [row.body]
    return [{"step": row.step, "samples": 0, **one} for one in found if isinstance(one, dict)]


def _logs(known: _Known) -> Logs:
    kinds: tuple[LogKind, ...] = ("metrics", "decision", "alarm", "probe")
    return Logs(*(known.rows.get(kind, []) for kind in kinds))


def _steps(run: RunOut) -> int:
    grpo = run.config.get("grpo")
    steps = grpo.get("steps") if isinstance(grpo, dict) else None
    return steps if isinstance(steps, int) else 0
