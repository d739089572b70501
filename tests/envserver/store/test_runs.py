"""Runs as their trainers tell of them; a later attempt takes the place of what it does again."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from envserver.store.database import Database
from envserver.store.errors import Conflict, UnknownRun
from envserver.store.keeping import Keeper
from envserver.store.reading import all_rollouts, rollout_of, rollouts_of
from envserver.store.retention import hide_run, remove_hidden, remove_old, remove_run
from envserver.store.runs import begin_run, end_run, list_runs, log_run, one_run, read_log
from envserver.store.schema import runs
from envserver.store.store import Store
from envserver.wire import FunctionCall, LogRow, RolloutQuery, RunBegun, ScoreItem, ToolCall
from tests.envserver.store.made import item, judged

BEGUN = RunBegun(run="a-run", curriculum="inverse@1", config={"grpo": {"steps": 3}})


def row(step: int, attempt: int = 1, **body: object) -> LogRow:
    return LogRow(attempt=attempt, generation=step - 1, step=step, kind="metrics", body=body)


def test_a_run_from_its_beginning_to_its_end(database: Database) -> None:
    begin_run(database, BEGUN)
    begin_run(database, BEGUN)
    found = one_run(database, "a-run")
    assert (found.state, found.attempts, found.config) == ("running", 1, BEGUN.config)
    end_run(database, "a-run", "finished", {"steps": 3})
    [listed] = list_runs(database, 10, None)
    assert (listed.run, listed.state, listed.note, listed.config) == ("a-run", "finished", {"steps": 3}, {})
    begin_run(database, BEGUN.model_copy(update={"attempt": 2, "generation": 2}))
    again = one_run(database, "a-run")
    assert (again.state, again.attempts, again.note) == ("running", 2, {})


def test_two_runs_do_not_meet_under_one_name(database: Database) -> None:
    begin_run(database, BEGUN)
    with pytest.raises(Conflict, match="other settings"):
        begin_run(database, BEGUN.model_copy(update={"config": {"grpo": {"steps": 4}}}))


def test_a_run_may_be_scored_before_it_is_announced(database: Database) -> None:
    Keeper(database).keep([judged([item(0)], generation=4)])
    assert one_run(database, "a-run").config == {}
    begin_run(database, BEGUN)
    assert one_run(database, "a-run").config == BEGUN.config


def test_a_later_attempt_takes_the_place_of_what_it_does_again(database: Database) -> None:
    keeper = Keeper(database)
    begin_run(database, BEGUN)
    for generation in range(4):
        keeper.keep([judged([item(generation)], generation=generation)])
        log_run(database, "a-run", [row(generation + 1, loss=1)])
    begin_run(database, BEGUN.model_copy(update={"attempt": 2, "generation": 2}))
    keeper.keep([judged([item(2)], attempt=2, generation=2)])
    log_run(database, "a-run", [row(3, attempt=2, loss=2)])
    now = [(one.attempt, one.generation) for one in all_rollouts(database, RolloutQuery(run="a-run"))]
    assert now == [(1, 0), (1, 1), (2, 2)]
    assert len(rollouts_of(database, RolloutQuery(superseded=True))) == 5
    assert [(one.attempt, one.step) for one in read_log(database, "a-run", None, 0, 10)] == [(1, 1), (1, 2), (2, 3)]
    [first, *_] = read_log(database, "a-run", "metrics", 0, 1)
    assert [one.step for one in read_log(database, "a-run", "metrics", first.key, 1)] == [2]
    gone = next(one for one in all_rollouts(database, RolloutQuery(superseded=True)) if one.generation == 3)
    assert rollout_of(database, gone.key) == gone


def test_an_attempt_that_nobody_announced_begins_with_what_it_scores(database: Database) -> None:
    keeper = Keeper(database)
    keeper.keep([judged([item(slot)], generation=slot) for slot in range(4)])
    keeper.keep([judged([item(3)], attempt=2, generation=3)])
    keeper.keep([judged([item(2)], attempt=2, generation=2)])  # from another rank, later
    now = [(one.attempt, one.generation) for one in all_rollouts(database, RolloutQuery())]
    assert sorted(now) == [(1, 0), (1, 1), (2, 2), (2, 3)]


def test_what_a_run_says_twice_is_kept_once(database: Database) -> None:
    begin_run(database, BEGUN)
    log_run(database, "a-run", [row(1, loss=1), row(2)])
    log_run(database, "a-run", [row(1, loss=2)])
    assert [one.body for one in read_log(database, "a-run", None, 0, 10)] == [{"loss": 1}, {}]


def test_a_run_that_is_not_there_is_said(database: Database) -> None:
    for asked in (
        lambda: one_run(database, "none"),
        lambda: log_run(database, "none", [row(1)]),
        lambda: end_run(database, "none", "failed", {}),
        lambda: remove_run(database, "none"),
        lambda: rollouts_of(database, RolloutQuery(run="none")),
        lambda: rollout_of(database, 10**9),
    ):
        with pytest.raises(UnknownRun):
            asked()


def test_what_is_too_old_goes_with_all_that_is_kept_of_it(database: Database) -> None:
    begin_run(database, BEGUN)
    Keeper(database).keep([judged([item(slot) for slot in range(20)])])
    assert remove_old(database, 1.0) == (0, 0)
    assert remove_old(database, -1.0) == (1, 20)
    assert list_runs(database, 10, None) == []
    assert list(all_rollouts(database, RolloutQuery(superseded=True))) == []


def test_pages_of_runs(database: Database) -> None:
    for number in range(5):
        begin_run(database, RunBegun(run=f"run-{number}"))
    first = list_runs(database, 2, None)
    rest = list_runs(database, 10, first[-1].began)
    assert [one.run for one in first + rest] == [f"run-{number}" for number in reversed(range(5))]


def test_a_key_is_not_given_again(database: Database) -> None:
    """A server remembers the keys of runs: that of one that was removed may never be another's."""
    keeper = Keeper(database)
    keeper.keep([judged([item(0)])])
    remove_run(database, "a-run")
    begin_run(database, RunBegun(run="another"))
    keeper.keep([judged([item(1)])])
    assert [(one.run, one.item.slot) for one in all_rollouts(database, RolloutQuery())] == [("a-run", 1)]


def test_a_run_that_was_heard_of_stays(database: Database) -> None:
    keeper = Keeper(database)
    for run in ("first", "second"):
        keeper.keep([judged([item(0)], run=run)])
    with database.writing() as connection:
        connection.execute(update(runs).where(runs.c.name == "first").values(seen=0.0))
    assert remove_old(database, 1.0) == (1, 1)
    assert [one.run for one in all_rollouts(database, RolloutQuery())] == ["second"]


@pytest.mark.parametrize("text", ["[[1]]", "[[2]]"])
def test_a_run_that_is_going_is_out_of_sight_and_its_name_is_free(database: Database, text: str) -> None:
    """Removed half, as when the server is killed: what comes under the name meanwhile is kept, and stays."""
    begin_run(database, BEGUN)
    keeper = Keeper(database)
    keeper.keep([judged([item(slot) for slot in range(3)])])
    [old] = [one.key for one in all_rollouts(database, RolloutQuery()) if one.item.slot == 0]
    hide_run(database, "a-run")
    assert list_runs(database, 10, None) == []
    assert list(all_rollouts(database, RolloutQuery())) == []
    for unknown in (lambda: rollout_of(database, old), lambda: hide_run(database, "a-run")):
        with pytest.raises(UnknownRun):
            unknown()
    [[verdict]] = keeper.keep([judged([item(0, text=text)])])
    assert verdict.error is None
    assert remove_hidden(database) == (1, 3)
    assert [one.item.slot for one in all_rollouts(database, RolloutQuery(run="a-run"))] == [0]


def test_a_removal_that_is_told_to_end_goes_on_later(database: Database) -> None:
    Keeper(database).keep([judged([item(slot) for slot in range(3)])])
    hide_run(database, "a-run")
    assert remove_hidden(database, ending=lambda: True) == (0, 0)
    assert remove_hidden(database) == (1, 3)


def test_numbers_of_any_length_are_kept_as_they_are(database: Database) -> None:
    big = 2**70 + 1
    begin_run(database, BEGUN.model_copy(update={"config": {"big": big}}))
    assert one_run(database, "a-run").config == {"big": big}
    call = ScoreItem(
        id=item(0).id, actions=[ToolCall(function=FunctionCall(name="swap", arguments={"row": big}))], slot=0
    )
    Keeper(database).keep([judged([call])])
    assert [one.item for one in all_rollouts(database, RolloutQuery())] == [call]


def test_a_long_log_is_read_in_parts_without_a_hole(database: Database) -> None:
    begin_run(database, BEGUN)
    kinds = ("metrics", "decision", "alarm")
    rows = [LogRow(generation=0, step=step, kind=kind, body={}) for step in range(3) for kind in kinds]
    log_run(database, "a-run", rows)
    found, after = [], 0
    while part := read_log(database, "a-run", None, after, 2):
        found += [(one.step, one.kind) for one in part]
        after = part[-1].key
    assert found == [(row.step, row.kind) for row in rows]


def test_a_page_of_long_rollouts_is_short(database: Database) -> None:
    long = [item(slot, text="x" * 300_000) for slot in range(50)]
    Keeper(database).keep([judged(long)])
    found: list[int] = []
    before: int | None = None
    while page := rollouts_of(database, RolloutQuery(before=before)):
        assert len(page) == (20 if page[-1].item.slot else 10)
        found += [one.item.slot for one in page]
        before = page[-1].key
    assert found == list(reversed(range(50)))


def test_a_server_removes_what_is_older_than_it_is_to_keep(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'rollouts.db'}"
    database = Database(address, 5.0)
    for run in ("old", "new"):
        Keeper(database).keep([judged([item(0)], run=run)])
    with database.writing() as connection:
        connection.execute(update(runs).where(runs.c.name == "old").values(seen=0.0))

    async def swept() -> None:
        store = Store(database, keep_days=1.0)
        sweeping = asyncio.create_task(store.sweep())
        await _until(lambda: _names(database) == {"new"})
        await store.remove("new")
        await _until(lambda: not _names(database))
        sweeping.cancel()

    asyncio.run(asyncio.wait_for(swept(), 30))
    database.close()


def _names(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(select(runs.c.name)).scalars())


async def _until(there: Callable[[], bool]) -> None:
    while not there():
        await asyncio.sleep(0.01)
