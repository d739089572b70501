"""Judged items into the table: each identity once; who sends the same again gets the verdict that is kept.

A row that is there wins, unless nothing could be judged then: `unscored` may be replaced.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from envserver.store.database import Database
from envserver.store.names import Names
from envserver.store.rollout import CLASH, Judged, rows_of, verdict_of
from envserver.store.schema import rollouts
from envserver.wire import VerdictOut

_AT_ONCE = 500  # values of one IN
_OTHERS = [column.name for column in rollouts.columns if column.name not in ("key", "identity")]

Row = dict[str, Any]


class Keeper:
    """Keeps batches in one transaction. Not for several threads at once."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._names = Names(database)
        self._epoch = database.epoch
        put = database.insert(rollouts)
        self._put = put.on_conflict_do_update(
            index_elements=["identity"],
            set_={name: put.excluded[name] for name in _OTHERS},
            where=rollouts.c.outcome == "unscored",
        )

    def keep(self, batches: Sequence[Judged]) -> list[list[VerdictOut]]:
        """Return, for each batch, the verdicts that are kept now, in order; raises `StoreUnavailable`."""
        try:
            with self.database.writing() as connection:
                if self._epoch != self.database.epoch:
                    self._names.forget()
                    self._epoch = self.database.epoch
                keys = self._names.keys(connection, batches)
                rows = [rows_of(batch, *key) for batch, key in zip(batches, keys, strict=True)]
                kept = self._put_all(connection, [row for batch in rows for row in batch])
        except Exception:  # whatever it was, what was new in this transaction is not there
            self._names.forget()
            raise
        return [
            [_answer(row, verdict, kept) for row, verdict in zip(made, batch.verdicts, strict=True)]
            for made, batch in zip(rows, batches, strict=True)
        ]

    def _put_all(self, connection: Connection, rows: Sequence[Row]) -> Mapping[bytes, RowMapping]:
        """Insert what is new, and return by identity what is kept of those that were not taken as they are."""
        # In one order everywhere: two writers that wait for each other's rows would wait for ever.
        first: dict[bytes, Row] = {}
        for row in sorted(rows, key=_place):
            if first.setdefault(row["identity"], row)["outcome"] == "unscored":
                first[row["identity"]] = row
        if not first:
            return {}
        taken = connection.execute(self._put, list(first.values())).rowcount
        if taken == len(rows):
            return {}
        return {row["identity"]: row for row in _known(connection, first)}


def _place(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("run_key", "attempt", "phase", "generation", "slot", "sample", "problem"))


def _answer(row: Row, verdict: VerdictOut, kept: Mapping[bytes, RowMapping]) -> VerdictOut:
    known = kept.get(row["identity"])
    if known is None:
        return verdict
    if known["body"] != row["body"] and verdict.outcome != "unscored":
        return VerdictOut(id=verdict.id, reward=None, outcome="unscored", error=CLASH)
    return verdict_of(known) if known["body"] == row["body"] and known["outcome"] != "unscored" else verdict


def _known(connection: Connection, identities: Iterable[bytes]) -> Iterator[RowMapping]:
    asked = list(identities)
    for at in range(0, len(asked), _AT_ONCE):
        yield from (
            connection.execute(select(rollouts).where(rollouts.c.identity.in_(asked[at : at + _AT_ONCE])))
            .mappings()
            .all()
        )
