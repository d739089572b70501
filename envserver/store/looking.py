"""Rollouts as people look for them: any filter, any text, and no look longer than so many rows.

An index for every filter would make every write dearer; a page looks through the newest rows of what it is about and
says where it stopped.
"""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from envserver.store.database import Database
from envserver.store.reading import rollout_out, selected
from envserver.store.runs import run_key
from envserver.store.schema import rollouts
from envserver.store.written import written
from envserver.wire import RolloutOut, RolloutQuery

LOOKED = 50_000  # rows that one look goes through


class Window(NamedTuple):
    """What a look found, newest first; `older` is where the next one goes on, None at the end."""

    found: list[RolloutOut]
    older: int | None
    whole: bool
    """Whether it ended with a full page, and not because it had looked through enough."""


def looked_for(database: Database, asked: RolloutQuery, text: str | None) -> Window:
    """Return a page of rollouts, those whose completion holds a text where one is given; raises `UnknownRun`."""
    with database.reading() as connection:
        run = run_key(connection, asked.run) if asked.run else None
        floor = _floor(connection, run, asked.before)
        wanted = selected(asked, run).order_by(rollouts.c.key.desc()).limit(asked.most)
        if floor is not None:
            wanted = wanted.where(rollouts.c.key >= floor)
        if asked.before is not None:
            wanted = wanted.where(rollouts.c.key < asked.before)
        if text is not None:
            # As it stands in the JSON; what a database thinks of upper and lower case is not asked.
            wanted = wanted.where(_position(database, written(text)[1:-1]) > 0)
        found = [rollout_out(row) for row in connection.execute(wanted).mappings()]
    if len(found) == asked.most:
        return Window(found, found[-1].key, True)
    return Window(found, floor, False)


def _floor(connection: Connection, run: int | None, before: int | None) -> int | None:
    """Return the key of the last row that a look goes through, None where it comes to the end before."""
    keys = select(rollouts.c.key).order_by(rollouts.c.key.desc()).offset(LOOKED - 1).limit(1)
    if run is not None:
        keys = keys.where(rollouts.c.run_key == run)
    if before is not None:
        keys = keys.where(rollouts.c.key < before)
    return connection.execute(keys).scalar()


def _position(database: Database, text: str):  # type: ignore[no-untyped-def]
    place = func.instr if database.engine.dialect.name == "sqlite" else func.strpos
    return place(rollouts.c.item, text)
