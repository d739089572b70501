"""Runs as their trainers announce them: attempts, settings, the log of each step, how they ended."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select, update

from envserver.store.database import Database
from envserver.store.errors import Conflict, UnknownRun
from envserver.store.names import RUNNING, begin_attempt
from envserver.store.retention import GOING
from envserver.store.schema import attempts, run_log, runs
from envserver.store.written import read, written
from envserver.wire import LogOut, LogRow, RunBegun, RunOut


def begin_run(database: Database, begun: RunBegun) -> None:
    """Note a run, or one more attempt at it, which makes it run again. Raises `Conflict`, `StoreUnavailable`."""
    now = time.time()
    config = written(begun.config)
    values = {"name": begun.run, "state": RUNNING, "began": now, "seen": now}
    with database.writing() as connection:
        connection.execute(database.insert(runs).values(values).on_conflict_do_nothing(index_elements=["name"]))
        known = connection.execute(select(runs).where(runs.c.name == begun.run)).mappings().one()
        if begun.attempt == 1 and known["config"] not in (None, config):
            raise Conflict(f"there is a run {begun.run!r} with other settings; give this one another name")
        told = {"curriculum": begun.curriculum, "config": config, "state": RUNNING, "note": None, "seen": now}
        connection.execute(update(runs).where(runs.c.key == known["key"]).values(told))
        begin_attempt(connection, database.insert, known["key"], begun.attempt, begun.generation)


def end_run(database: Database, run: str, state: str, note: Mapping[str, Any]) -> None:
    """Note how a run ended; raises `UnknownRun`."""
    told = {"state": state, "note": written(note), "seen": time.time()}
    with database.writing() as connection:
        if not connection.execute(update(runs).where(runs.c.name == run).values(told)).rowcount:
            raise UnknownRun(f"there is no run {run!r}")


def log_run(database: Database, run: str, rows: Sequence[LogRow]) -> None:
    """Keep what a run says of its steps; a row that is there stays as it is. Raises `UnknownRun`."""
    now = time.time()
    with database.writing() as connection:
        key = run_key(connection, run)
        made = [
            {
                **row.model_dump(exclude={"body"}),
                "body": written(row.body),
                "run_key": key,
                "at": now,
            }
            for row in rows
        ]
        taken = ["run_key", "attempt", "step", "kind"]
        connection.execute(database.insert(run_log).on_conflict_do_nothing(index_elements=taken), made)
        connection.execute(update(runs).where(runs.c.key == key).values(seen=now))


def run_key(connection: Connection, run: str) -> int:
    """Return the key of a run; raises `UnknownRun`."""
    key = connection.execute(select(runs.c.key).where(runs.c.name == run)).scalar()
    if key is None:
        raise UnknownRun(f"there is no run {run!r}")
    return int(key)


def list_runs(database: Database, most: int, before: float | None) -> list[RunOut]:
    """Return the newest runs first, those that began before a time, without their settings."""
    asked = select(runs).where(runs.c.state != GOING).order_by(runs.c.began.desc(), runs.c.key.desc()).limit(most)
    if before is not None:
        asked = asked.where(runs.c.began < before)
    with database.reading() as connection:
        found = connection.execute(asked).mappings().all()
        tried = _attempts(connection, [row["key"] for row in found])
    return [_run(row, tried.get(row["key"], 0), {}) for row in found]


def one_run(database: Database, run: str) -> RunOut:
    """Return a run with its settings; raises `UnknownRun`."""
    with database.reading() as connection:
        row = connection.execute(select(runs).where(runs.c.name == run)).mappings().first()
        if row is None:
            raise UnknownRun(f"there is no run {run!r}")
        tried = _attempts(connection, [row["key"]])
    return _run(row, tried.get(row["key"], 0), read(row["config"] or "{}"))


def read_log(database: Database, run: str, kind: str | None, after: int, most: int) -> list[LogOut]:
    """Return the log as it came, behind a row's key, without what a later attempt superseded."""
    with database.reading() as connection:
        key = run_key(connection, run)
        asked = select(run_log).where(run_log.c.run_key == key, run_log.c.key > after, ~superseded(run_log))
        if kind is not None:
            asked = asked.where(run_log.c.kind == kind)
        found = connection.execute(asked.order_by(run_log.c.key).limit(most)).mappings().all()
    return [
        LogOut(
            key=row["key"],
            attempt=row["attempt"],
            generation=row["generation"],
            step=row["step"],
            kind=row["kind"],
            body=read(row["body"]),
            at=row["at"],
        )
        for row in found
    ]


def superseded(table: Any) -> Any:
    """Return the condition that a later attempt has taken the place of a row of the log or of the rollouts."""
    later: Select[Any] = select(attempts.c.attempt).where(
        attempts.c.run_key == table.c.run_key,
        attempts.c.attempt > table.c.attempt,
        attempts.c.first_generation <= table.c.generation,
    )
    return later.exists()


def _attempts(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    most = func.max(attempts.c.attempt).label("most")
    counted = select(attempts.c.run_key, most).where(attempts.c.run_key.in_(keys)).group_by(attempts.c.run_key)
    return {row.run_key: row.most for row in connection.execute(counted)}


def _run(row: RowMapping, attempts: int, config: dict[str, Any]) -> RunOut:
    return RunOut(
        run=row["name"],
        curriculum=row["curriculum"],
        state=row["state"],
        attempts=attempts,
        began=row["began"],
        seen=row["seen"],
        note=read(row["note"] or "{}"),
        config=config,
    )
