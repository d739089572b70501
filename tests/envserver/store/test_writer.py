"""Group commit: what waits goes together, nothing is acknowledged that is not kept, and nobody waits for ever."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from envserver.store.database import Database
from envserver.store.errors import StoreUnavailable
from envserver.store.keeping import Keeper
from envserver.store.reading import all_rollouts
from envserver.store.rollout import Judged
from envserver.store.writer import Writer
from envserver.wire import RolloutQuery, VerdictOut
from tests.envserver.store.made import item, judged, verdict


class Gate(Keeper):
    """Keeps when it is let to; `fails` times it does not, and a batch of the run `poison` never is."""

    def __init__(self, database: Database, fails: int = 0) -> None:
        super().__init__(database)
        self.open = threading.Event()
        self.entered = threading.Event()
        self.fails = fails
        self.groups: list[int] = []

    def keep(self, batches: Sequence[Judged]) -> list[list[VerdictOut]]:
        self.entered.set()
        assert self.open.wait(30)
        self.groups.append(len(batches))
        if self.fails:
            self.fails -= 1
            raise StoreUnavailable("as if it were away")
        if any(batch.run.run == "poison" for batch in batches):
            raise ValueError("not to be kept")
        return super().keep(batches)


def kept(database: Database) -> list[int]:
    return sorted(one.item.slot for one in all_rollouts(database, RolloutQuery()))


def sent(writer: Writer, slots: range, run: str = "a-run") -> list[Future[list[VerdictOut]]]:
    return [writer.submit(judged([item(slot)], run=run)) for slot in slots]


def test_what_waits_goes_together(database: Database) -> None:
    gate, told = Gate(database), list[int]()
    writer = Writer(gate, 30.0, lambda rows, seconds: told.append(rows))
    [first] = sent(writer, range(1))
    assert gate.entered.wait(30)
    others = sent(writer, range(1, 50))
    assert not first.done()
    gate.open.set()
    assert [one.result(30) for one in [first, *others]] == [[verdict(item(slot))] for slot in range(50)]
    assert gate.groups == [1, 49]
    assert told == [1, 49]
    assert kept(database) == list(range(50))
    writer.close()


def test_a_store_that_comes_back_in_time_is_waited_for(database: Database) -> None:
    gate = Gate(database, fails=3)
    gate.open.set()
    writer = Writer(gate, 30.0)
    [one] = sent(writer, range(1))
    assert one.result(30) == [verdict(item(0))]
    writer.close()


def test_a_store_that_does_not_come_back_is_said(database: Database) -> None:
    gate = Gate(database, fails=10**6)
    gate.open.set()
    writer = Writer(gate, 0.05)
    for one in sent(writer, range(3)):
        with pytest.raises(StoreUnavailable, match="as if it were away"):
            one.result(30)
    gate.fails = 0
    [later] = sent(writer, range(3, 4))
    later.result(30)
    assert kept(database) == [3]
    writer.close()


def test_one_that_cannot_be_kept_spoils_no_other(database: Database) -> None:
    gate = Gate(database)
    writer = Writer(gate, 30.0)
    [first] = sent(writer, range(1))
    assert gate.entered.wait(30)
    fine, bad = sent(writer, range(1, 3)), sent(writer, range(1), run="poison")
    gate.open.set()
    assert [one.exception(30) for one in [first, *fine]] == [None] * 3
    assert isinstance(bad[0].exception(30), ValueError)
    assert kept(database) == [0, 1, 2]
    writer.close()


def test_what_nobody_waits_for_any_more_is_not_written(database: Database) -> None:
    gate = Gate(database)
    writer = Writer(gate, 30.0)
    sent(writer, range(1))
    assert gate.entered.wait(30)
    [given_up, waited_for] = sent(writer, range(1, 3))
    assert given_up.cancel()
    gate.open.set()
    waited_for.result(30)
    assert kept(database) == [0, 2]
    writer.close()


def test_at_the_end_what_waits_is_written_and_nothing_more_is_taken(database: Database) -> None:
    gate = Gate(database)
    writer = Writer(gate, 30.0)
    waiting = sent(writer, range(5))
    assert gate.entered.wait(30)
    closing = threading.Thread(target=writer.close)
    closing.start()
    gate.open.set()
    closing.join(30)
    assert all(one.done() for one in waiting)
    assert kept(database) == list(range(5))
    with pytest.raises(StoreUnavailable, match="shutting down"):
        writer.submit(judged([item(9)]))


def test_who_counts_may_fail(database: Database) -> None:
    def failing(rows: int, seconds: float) -> None:
        raise ValueError("of the count")

    gate = Gate(database)
    gate.open.set()
    writer = Writer(gate, 30.0, failing)
    for slot in range(2):
        [one] = sent(writer, range(slot, slot + 1))
        one.result(30)
    assert kept(database) == [0, 1]
    writer.close()
