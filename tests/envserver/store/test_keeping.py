"""Each identity once, whoever sends it and how often; what is there wins, unless nothing could be judged then."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envserver.store.database import Database
from envserver.store.keeping import Keeper
from envserver.store.reading import all_rollouts, rollouts_of
from envserver.store.retention import remove_run
from envserver.wire import RolloutOut, RolloutQuery, ScoreItem
from tests.envserver.store.made import BINARY, item, judged, verdict


def everything(database: Database) -> list[RolloutOut]:
    return list(all_rollouts(database, RolloutQuery(superseded=True)))


def test_what_is_kept_reads_back_as_it_was(database: Database) -> None:
    items = [item(0), item(0, 1, 'x\u0000 "\u2028</script> 🙂'), item(1, text="")]
    said = [verdict(items[0]), verdict(items[1], "incorrect", "why"), verdict(items[2], "unscored")]
    assert Keeper(database).keep([judged(items, said)]) == [said]
    kept = everything(database)
    assert [one.item for one in kept] == items
    assert [one.verdict for one in kept] == said
    assert {(one.run, one.attempt, one.phase, one.generation, one.at) for one in kept} == {
        ("a-run", 1, "train", 0, 1.5)
    }
    assert kept[0].curriculum == "inverse@1"
    assert kept[0].rewarded_by == BINARY.model_dump(exclude_defaults=True)


def test_the_same_again_gets_the_verdict_that_is_kept(database: Database) -> None:
    first = [verdict(item(0)), verdict(item(1), "incorrect")]
    Keeper(database).keep([judged([item(0), item(1)], first)])
    other = [verdict(item(0), "malformed"), verdict(item(1))]
    assert Keeper(database).keep([judged([item(0), item(1)], other)]) == [first]
    assert len(everything(database)) == 2


@pytest.mark.parametrize(
    "other",
    [
        item(0, text="another"),
        item(0).model_copy(update={"truncated": True}),
        item(0).model_copy(update={"tokens": 4}),
        item(0).model_copy(update={"stage": None}),
    ],
)
def test_another_body_under_an_identity_is_a_conflict(database: Database, other: ScoreItem) -> None:
    keeper = Keeper(database)
    keeper.keep([judged([item(0)])])
    [[clash, fine]] = keeper.keep([judged([other, item(1)])])
    assert clash.error is not None
    assert clash.error.status == 409
    assert clash.reward is None
    assert fine.error is None
    assert [one.item for one in everything(database)] == [item(0), item(1)]


def test_a_reward_is_a_part_of_the_body(database: Database) -> None:
    keeper = Keeper(database)
    keeper.keep([judged([item(0)])])
    asked = judged([item(0)])
    other = type(asked)(asked.run, "inverse@2", asked.reward, asked.items, asked.verdicts, asked.at)
    assert keeper.keep([other])[0][0].error is not None


def test_what_could_not_be_judged_may_be_replaced(database: Database) -> None:
    keeper = Keeper(database)
    keeper.keep([judged([item(0)], [verdict(item(0), "unscored")])])
    [[again]] = keeper.keep([judged([item(0, text="another")], [verdict(item(0), "incorrect")])])
    assert again.outcome == "incorrect"
    [one] = everything(database)
    assert (one.verdict.outcome, one.item.completion) == ("incorrect", "another")
    [[later]] = keeper.keep([judged([item(0, text="another")], [verdict(item(0), "unscored")])])
    assert later.outcome == "incorrect"


def test_twice_in_one_transaction(database: Database) -> None:
    same, other = judged([item(0), item(0)]), judged([item(0, text="another")])
    kept = Keeper(database).keep([same, other])
    assert [one.error is None for one in kept[0]] == [True, True]
    assert kept[1][0].error is not None
    assert len(everything(database)) == 1


def test_a_run_that_another_server_removed_is_made_again(database: Database) -> None:
    keeper = Keeper(database)
    keeper.keep([judged([item(0)])])
    remove_run(database, "a-run")
    keeper.keep([judged([item(1)])])
    assert [one.item.slot for one in everything(database)] == [1]


def test_many_writers_keep_each_row_once(address: str) -> None:
    """Two servers are sent overlapping batches, in different orders, many times."""
    databases = [Database(address, 20.0) for _ in range(2)]
    keepers = [Keeper(one) for one in databases for _ in range(2)]
    slots = list(range(40))

    def send(at: int) -> int:
        mixed = slots[at:] + slots[:at]
        keeper = keepers[at % len(keepers)]
        return sum(one.error is not None for one in keeper.keep([judged([item(slot) for slot in mixed[:25]])])[0])

    with ThreadPoolExecutor(4) as pool:
        groups = [[at for at in range(40) if at % 4 == mine] for mine in range(4)]
        clashes = sum(pool.map(lambda group: sum(map(send, group)), groups))
    assert clashes == 0
    assert sorted(one.item.slot for one in everything(databases[0])) == slots
    for one in databases:
        one.close()


BODIES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["correct", "incorrect", "malformed", "unscored"]),
    ),
    max_size=8,
)


@given(batches=st.lists(BODIES, max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_a_dictionary_would_have_it(database: Database, batches: list[list[tuple[int, str, str]]]) -> None:
    """Whatever comes in whatever order: a model of ten lines says what is kept."""
    for one in {found.run for found in everything(database)}:
        remove_run(database, one)
    keeper, model = Keeper(database), dict[int, tuple[str, str]]()
    for batch in batches:
        for slot, text, outcome in batch:
            [[told]] = keeper.keep([judged([item(slot, text=text)], [verdict(item(slot), outcome)])])  # type: ignore[arg-type]
            known = model.get(slot)
            if known is None or known[1] == "unscored":
                model[slot] = (text, outcome)
            if model[slot][0] != text:
                assert (told.outcome, told.error is None) == ("unscored", outcome == "unscored")
            else:
                assert told.outcome == model[slot][1]
    assert {one.item.slot: (one.item.completion, one.verdict.outcome) for one in everything(database)} == model


def test_rollouts_are_found_by_what_they_are(database: Database) -> None:
    items = [item(slot) for slot in range(4)]
    said = [verdict(one, "incorrect" if one.slot % 2 else "correct") for one in items]
    keeper = Keeper(database)
    keeper.keep([judged(items, said, generation=3), judged(items, said, run="other", generation=4)])
    assert [one.item.slot for one in rollouts_of(database, RolloutQuery(run="a-run"))] == [3, 2, 1, 0]
    assert len(rollouts_of(database, RolloutQuery(flag="gave_up"))) == 4
    assert rollouts_of(database, RolloutQuery(flag="gave")) == []
    assert rollouts_of(database, RolloutQuery(flag="gave_u_")) == []
    assert len(rollouts_of(database, RolloutQuery(outcome="correct", generation=4))) == 2
    assert rollouts_of(database, RolloutQuery(stage="other")) == []
    page = rollouts_of(database, RolloutQuery(most=3))
    rest = rollouts_of(database, RolloutQuery(before=page[-1].key))
    assert len({one.key for one in page + rest}) == 8


def test_a_database_that_was_taken_away_is_known_anew(tmp_path: Path) -> None:
    """Its keys are another's: what was remembered of rewards and attempts is forgotten."""
    database = Database(f"sqlite:///{tmp_path / 'kept.db'}", 5.0)
    keeper = Keeper(database)
    keeper.keep([judged([item(0)], generation=5)])
    for file in tmp_path.glob("kept.db*"):
        file.unlink()
    other = Database(f"sqlite:///{tmp_path / 'kept.db'}", 5.0)
    late = replace(judged([item(1)], run="other", generation=900), curriculum="other@1")
    Keeper(other).keep([late])
    keeper.keep([judged([item(2)], generation=7)])
    kept = {one.run: one.curriculum for one in all_rollouts(database, RolloutQuery())}
    assert kept == {"other": "other@1", "a-run": "inverse@1"}
    other.close()
    database.close()
