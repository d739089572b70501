"""Rollouts as they are looked for: by run, phase, stage, outcome, sign of gaming, generation; newest first, or all."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import RowMapping, Select, select

from envserver.store.database import Database
from envserver.store.errors import UnknownRun
from envserver.store.retention import GOING
from envserver.store.rollout import item_of, verdict_of
from envserver.store.runs import run_key, superseded
from envserver.store.schema import rewards, rollouts, runs
from envserver.store.written import read
from envserver.wire import RolloutOut, RolloutQuery

_PAGE, _FEW = 100, 20  # rows read at a time, where all of them are, and for a page
_NEAR, _GROUP = 5_000, 256  # keys: a generation is scored at once; and samples to one problem
_PAGE_CHARACTERS = 4 * 2**20  # behind which a page ends


def rollouts_of(database: Database, asked: RolloutQuery) -> list[RolloutOut]:
    """Return a page, newest first: fewer than asked for where they are long. Raises `UnknownRun`."""
    found: list[RolloutOut] = []
    size, before = 0, asked.before
    with database.reading() as connection:
        wanted = selected(asked, run_key(connection, asked.run) if asked.run else None).order_by(rollouts.c.key.desc())
        while len(found) < asked.most and size < _PAGE_CHARACTERS:
            few = wanted if before is None else wanted.where(rollouts.c.key < before)
            rows = connection.execute(few.limit(min(_FEW, asked.most - len(found)))).mappings().all()
            found += map(rollout_out, rows)
            size += sum(len(row["item"]) + len(row["verdict"]) for row in rows)
            if len(rows) < _FEW:
                break
            before = rows[-1]["key"]
    return found


def all_rollouts(database: Database, asked: RolloutQuery) -> Iterator[RolloutOut]:
    """Yield every one, oldest first; read in pages, so that no transaction is open for long."""
    after = 0
    while True:
        with database.reading() as connection:
            wanted = selected(asked, run_key(connection, asked.run) if asked.run else None)
            wanted = wanted.where(rollouts.c.key > after).order_by(rollouts.c.key).limit(_PAGE)
            found = connection.execute(wanted).mappings().all()
        yield from map(rollout_out, found)
        if len(found) < _PAGE:
            return
        after = found[-1]["key"]


def rollout_of(database: Database, key: int) -> RolloutOut:
    """Return one, superseded or not; raises `UnknownRun`."""
    with database.reading() as connection:
        wanted = selected(RolloutQuery(superseded=True), None).where(rollouts.c.key == key)
        row = connection.execute(wanted).mappings().first()
    if row is None:
        raise UnknownRun(f"there is no rollout {key}")
    return rollout_out(row)


def siblings_of(database: Database, one: RolloutOut) -> list[RolloutOut]:
    """Return the other samples to the same problem in its generation, in order; of those kept near it."""
    asked = RolloutQuery(run=one.run, phase=one.phase, generation=one.generation, superseded=True)
    with database.reading() as connection:
        wanted = selected(asked, run_key(connection, one.run)).where(
            rollouts.c.key.between(one.key - _NEAR, one.key + _NEAR),
            rollouts.c.problem == one.item.id,
            rollouts.c.slot == one.item.slot,
            rollouts.c.attempt == one.attempt,
        )
        rows = connection.execute(wanted.order_by(rollouts.c.sample).limit(_GROUP)).mappings().all()
    return [rollout_out(row) for row in rows]


def selected(asked: RolloutQuery, run: int | None) -> Select[Any]:
    """Return the query for rollouts of a run, by its key, or of all."""
    rewarded = (rewards.c.curriculum.label("curriculum"), rewards.c.reward.label("reward_text"))
    wanted = select(rollouts, runs.c.name.label("run"), *rewarded).join(runs).join(rewards)
    wanted = wanted.where(runs.c.state != GOING)
    for column in ("phase", "stage", "outcome", "generation"):
        if (value := getattr(asked, column)) is not None:
            wanted = wanted.where(rollouts.c[column] == value)
    if run is not None:
        wanted = wanted.where(rollouts.c.run_key == run)
    if asked.flag is not None:
        wanted = wanted.where(rollouts.c.flags.contains(f" {asked.flag} ", autoescape=True))
    return wanted if asked.superseded else wanted.where(~superseded(rollouts))


def rollout_out(row: RowMapping) -> RolloutOut:
    """Return a row as it is told."""
    return RolloutOut(
        key=row["key"],
        run=row["run"],
        attempt=row["attempt"],
        phase=row["phase"],
        generation=row["generation"],
        curriculum=row["curriculum"],
        rewarded_by=read(row["reward_text"]),
        item=item_of(row),
        verdict=verdict_of(row),
        at=row["at"],
    )
