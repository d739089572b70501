"""Runs go: the one that is named, or all that nobody was heard of for too long; a part of one at a time.

A run is taken out of sight first, in one transaction: from then on nothing of it is read, its name is free, and a
trainer that goes on with it meets an empty one. What is left of it goes then, or at the next sweep.
"""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, select, update

from envserver.store.database import Database
from envserver.store.errors import UnknownRun
from envserver.store.schema import rollouts, runs

_AT_ONCE = 5_000  # rows of a transaction: nobody waits long for its lock
GOING = "going"
"""The state of a run that is out of sight, and not yet gone."""
DAY_S = 86_400.0


def hide_run(database: Database, run: str) -> None:
    """Take a run out of sight; raises `UnknownRun`."""
    if not _hidden(database, runs.c.name == run):
        raise UnknownRun(f"there is no run {run!r}")


def remove_run(database: Database, run: str) -> None:
    """Remove a run with all that is kept of it; raises `UnknownRun`."""
    hide_run(database, run)
    remove_hidden(database)


def remove_old(database: Database, days: float, ending: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Remove the runs that nobody was heard of for so many days; return how many, and how many rollouts with them.

    `ending` is asked now and then: once it is true, the rest stays for another time.
    """
    _hidden(database, runs.c.seen < time.time() - days * DAY_S)
    return remove_hidden(database, ending)


def remove_hidden(database: Database, ending: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Remove what is out of sight; return how many runs, and how many rollouts with them."""
    with database.reading() as connection:
        keys = list(connection.execute(select(runs.c.key).where(runs.c.state == GOING)).scalars())
    gone_runs = gone_rollouts = 0
    for key in keys:
        gone_rollouts += _remove_rollouts(database, key, ending)
        if ending():
            break
        with database.writing() as connection:
            gone_runs += connection.execute(delete(runs).where(runs.c.key == key)).rowcount
    return gone_runs, gone_rollouts


def _hidden(database: Database, which: Any) -> int:
    with database.writing() as connection:
        # A name that no run can be given.
        free = "~" + runs.c.key.cast(runs.c.name.type)
        hiding = update(runs).where(which & (runs.c.state != GOING)).values(name=free, state=GOING)
        return connection.execute(hiding).rowcount


def _remove_rollouts(database: Database, run: int, ending: Callable[[], bool]) -> int:
    gone = 0
    while not ending():
        some = select(rollouts.c.key).where(rollouts.c.run_key == run).limit(_AT_ONCE)
        with database.writing() as connection:
            removed = connection.execute(delete(rollouts).where(rollouts.c.key.in_(some))).rowcount
        gone += removed
        if removed < _AT_ONCE:
            break
    return gone
