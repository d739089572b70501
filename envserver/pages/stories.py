"""The stories of runs, folded from the store and remembered: of a run that goes on only what is new is read."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import orjson

from envserver.pages.charts import charts_of, compared
from envserver.store.database import Database
from envserver.store.runs import one_run, read_log
from envserver.story import Logs, Story, told
from envserver.wire import LogKind, LogOut, RunOut

_READ = 1_000  # rows at a time
_MOST_ROWS = 20_000  # of all runs that are remembered together
# A run that takes longer to fold is folded again after so many times as long: its page is a little behind; the server
# has other things to do.
_LONG_S, _REST = 0.2, 10.0
_OF_METRICS = ("success", "alike/", "share/", "part/", "flag/", "seconds/", "step_time", "tokens/sampled", "memory/")
_OF_LOOKS = ("trials", "successes", "greedy", "greedy_trials")


@dataclass
class _Known:
    """The rows that were read of a run's attempts, up to which key, and what they come to."""

    attempts: tuple[int, float] = (0, 0.0)
    upto: int = 0
    rows: dict[LogKind, list[dict[str, Any]]] = field(default_factory=dict)
    story: Story | None = None
    charts: dict[str, Any] | None = None
    rests_until: float = 0.0
    lock: Lock = field(default_factory=Lock)
    size: int = 0
    """How many rows; counted, since who looks at it does not hold the lock."""


class Stories:
    """Reads a run with its story; rows that a later attempt supersedes go with it, since then all is read anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def of(self, database: Database, name: str) -> tuple[RunOut, Story]:
        """Return a run and what it has told; raises `UnknownRun`."""
        run = one_run(database, name)
        known = self._remembered(name)
        with known.lock:  # of many who look one reads
            return run, _read(known, database, run)

    def charts(self, database: Database, name: str) -> bytes:
        """Return the charts of a run as JSON, and whether it goes on; drawn once for all who look."""
        run = one_run(database, name)
        known = self._remembered(name)
        with known.lock:
            story = _read(known, database, run)
            return orjson.dumps({"live": run.state == "running", "upto": story.samples, "charts": known.charts})

    def compared(self, database: Database, names: Sequence[str]) -> bytes:
        """Return the charts of several runs beside each other."""
        found = [self.of(database, name) for name in names]
        return orjson.dumps({"live": False, "charts": compared({run.run: story for run, story in found})})

    def _remembered(self, name: str) -> _Known:
        with self._lock:
            known = self._known.setdefault(name, _Known())
            self._known.move_to_end(name)
            # The newest one stays, however long: its page asks again in a moment.
            while len(self._known) > 1 and sum(one.size for one in self._known.values()) > _MOST_ROWS:
                self._known.popitem(last=False)
        return known


def _read(known: _Known, database: Database, run: RunOut) -> Story:
    """Read what is new of a run, and return its story."""
    if known.attempts != (run.attempts, run.began):
        known.attempts, known.upto, known.rows, known.story = (run.attempts, run.began), 0, {}, None
        known.size = 0
    started = time.monotonic()
    if known.story is not None and started < known.rests_until and run.state == "running":
        return known.story
    while rows := read_log(database, run.run, None, known.upto, _READ):
        known.upto, known.story = rows[-1].key, None
        for row in rows:
            found = _rows(row)
            known.rows.setdefault(row.kind, []).extend(found)
            known.size += len(found)
        if len(rows) < _READ:
            break
    if known.story is None:
        known.story = told(run.run, _logs(known), _steps(run), run.curriculum or "")
        known.charts = charts_of(known.story)
        took = time.monotonic() - started
        known.rests_until = time.monotonic() + (_REST * took if took > _LONG_S else 0.0)
    return known.story


def _rows(row: LogOut) -> list[dict[str, Any]]:
    """Return what a row holds: several of one step are told as one. What cannot be shown is left out of the page."""
    many = row.body.get("rows")
    bodies = many if isinstance(many, list) else [row.body]
    return [found for one in bodies if isinstance(one, dict) and (found := _shown(row, one)) is not None]


def _shown(row: LogOut, body: dict[str, Any]) -> dict[str, Any] | None:
    """Return of a body what the story reads, None where it lacks it: anybody may send a log, and no page fails."""
    found: dict[str, Any] = {"step": row.step, "samples": int(_number(body.get("samples")) or 0)}
    if row.kind == "metrics":
        numbers = {key: _number(value) for key, value in body.items() if key.startswith(_OF_METRICS)}
        return {**found, **{key: value for key, value in numbers.items() if value is not None}}
    if row.kind == "decision":
        evidence = body.get("evidence")
        counts = {key: _number(evidence.get(key)) for key in _OF_LOOKS} if isinstance(evidence, dict) else {}
        if not counts or None in counts.values() or not _possible(counts):
            return None
        words = {key: str(body.get(key, "")) for key in ("stage", "kind", "reason")}
        return {**found, **words, "evidence": counts}
    return {**found, "says": str(body.get("says", ""))} if row.kind == "alarm" else None


def _possible(counts: dict[str, float | None]) -> bool:
    successes, trials, greedy, greedy_trials = (counts[name] or 0 for name in ("successes", "trials", *_OF_LOOKS[2:]))
    return 0 <= successes <= trials and 0 <= greedy <= greedy_trials


def _number(value: object) -> float | None:
    """Return a number that can be drawn; no truth value, and none that is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 1e15 else None


def _logs(known: _Known) -> Logs:
    kinds: tuple[LogKind, ...] = ("metrics", "decision", "alarm")
    return Logs(*(known.rows.get(kind, []) for kind in kinds))


def _steps(run: RunOut) -> int:
    grpo = run.config.get("grpo")
    steps = grpo.get("steps") if isinstance(grpo, dict) else None
    return steps if isinstance(steps, int) else 0
