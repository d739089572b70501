"""From names of runs and digests of rewards to their keys.

A run may be removed by anybody at any time, so its key is looked up in every transaction and held to its end; rewards
are never removed, and remembered.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from envserver.store.database import Database
from envserver.store.rollout import Judged
from envserver.store.schema import attempts, rewards, runs

RUNNING = "running"
_SEEN_S = 10.0  # a run is noted to be alive so often at most


class Names:
    """What the last transactions knew; after one that failed: `forget`."""

    def __init__(self, database: Database) -> None:
        self._insert = database.insert
        self._rewards: dict[bytes, int] = {}
        self._attempts: dict[tuple[int, int], int] = {}
        self._seen: dict[int, float] = {}

    def forget(self) -> None:
        """Know nothing."""
        self._rewards.clear()
        self._attempts.clear()
        self._seen.clear()

    def keys(self, connection: Connection, batches: Sequence[Judged]) -> list[tuple[int, int]]:
        """Return the keys of the run and of the reward of each batch; what is new is made."""
        found: dict[int, tuple[int, int]] = {}
        known = self._known(connection, batches)
        # In one order everywhere: two writers that wait for each other's runs would wait for ever.
        for at, batch in sorted(enumerate(batches), key=lambda one: (one[1].run.run, one[1].run.attempt)):
            name = batch.run.run
            if name not in known:
                known[name] = self._made(connection, batch)
            self._see(connection, known[name])
            self._note_attempt(connection, known[name], batch)
            found[at] = known[name], self._reward(connection, batch)
        return [found[at] for at in range(len(found))]

    def _known(self, connection: Connection, batches: Iterable[Judged]) -> dict[str, int]:
        """Return the runs that are there; nobody takes one out of sight before this transaction has ended."""
        asked = select(runs.c.name, runs.c.key).where(runs.c.name.in_({batch.run.run for batch in batches}))
        held = asked.order_by(runs.c.name).with_for_update(read=True, key_share=True)
        return {row.name: row.key for row in connection.execute(held)}

    def _see(self, connection: Connection, key: int) -> None:
        """Note that a run is alive."""
        now = time.time()
        if now - self._seen.get(key, 0.0) > _SEEN_S:
            connection.execute(update(runs).where(runs.c.key == key).values(seen=now))
            self._seen[key] = now

    def _made(self, connection: Connection, batch: Judged) -> int:
        name, now = batch.run.run, time.time()
        values = {"name": name, "curriculum": batch.curriculum, "state": RUNNING, "began": now, "seen": now}
        connection.execute(self._insert(runs).values(values).on_conflict_do_nothing(index_elements=["name"]))
        return int(connection.execute(select(runs.c.key).where(runs.c.name == name)).scalar_one())

    def _note_attempt(self, connection: Connection, run: int, batch: Judged) -> None:
        """Keep the lowest generation of an attempt, where it is lower than the one that is known."""
        place, first = (run, batch.run.attempt), batch.run.generation
        if first >= self._attempts.get(place, first + 1):
            return
        self._attempts[place] = begin_attempt(connection, self._insert, run, batch.run.attempt, first)

    def _reward(self, connection: Connection, batch: Judged) -> int:
        digest = batch.reward_digest
        if digest not in self._rewards:
            values: Mapping[str, Any] = {
                "digest": digest,
                "curriculum": batch.curriculum,
                "reward": batch.reward.model_dump_json(exclude_defaults=True),
            }
            connection.execute(self._insert(rewards).values(values).on_conflict_do_nothing(index_elements=["digest"]))
            where = rewards.c.digest == digest
            self._rewards[digest] = connection.execute(select(rewards.c.key).where(where)).scalar_one()
        return self._rewards[digest]


def begin_attempt(connection: Connection, insert: Any, run: int, attempt: int, first: int) -> int:
    """Note that an attempt scores from generation `first` on, and return the lowest one that is known of it."""
    values = {"run_key": run, "attempt": attempt, "first_generation": first, "began": time.time()}
    lower = insert(attempts).values(values)
    connection.execute(
        lower.on_conflict_do_update(
            index_elements=["run_key", "attempt"],
            set_={"first_generation": lower.excluded.first_generation},
            where=attempts.c.first_generation > lower.excluded.first_generation,
        )
    )
    where = (attempts.c.run_key == run) & (attempts.c.attempt == attempt)
    return int(connection.execute(select(attempts.c.first_generation).where(where)).scalar_one())
