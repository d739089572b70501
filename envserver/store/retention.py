"""What is too old goes: whole runs, by when they were last heard of, a part of one at a time.

A run is taken out of sight first, in one transaction that looks at its age once more: from then on its name is free,
and a trainer that goes on with it meets an empty one, not one that is being removed.
"""

import time

from sqlalchemy import delete, select, update

from envserver.store.database import Database
from envserver.store.schema import rollouts, runs

_AT_ONCE = 5_000  # rows of a transaction: nobody waits long for its lock
GOING = "going"
"""The state of a run that is out of sight, and not yet gone."""
DAY_S = 86_400.0


def remove_old(database: Database, days: float) -> tuple[int, int]:
    """Remove the runs that nobody was heard of for so many days; return how many, and how many rollouts with them."""
    before = time.time() - days * DAY_S
    with database.reading() as connection:
        asked = select(runs.c.key).where((runs.c.seen < before) | (runs.c.state == GOING))
        keys = list(connection.execute(asked).scalars())
    gone_runs = gone_rollouts = 0
    for key in keys:
        with database.writing() as connection:
            old = (runs.c.key == key) & ((runs.c.seen < before) | (runs.c.state == GOING))
            hidden = update(runs).where(old).values(name=f"~{key}", state=GOING)
            if not connection.execute(hidden).rowcount:  # it goes on, or another server was quicker
                continue
        gone_rollouts += _remove_rollouts(database, key)
        with database.writing() as connection:
            gone_runs += connection.execute(delete(runs).where(runs.c.key == key)).rowcount
    return gone_runs, gone_rollouts


def _remove_rollouts(database: Database, run: int) -> int:
    gone = 0
    while True:
        some = select(rollouts.c.key).where(rollouts.c.run_key == run).limit(_AT_ONCE)
        with database.writing() as connection:
            removed = connection.execute(delete(rollouts).where(rollouts.c.key.in_(some))).rowcount
        gone += removed
        if removed < _AT_ONCE:
            return gone
