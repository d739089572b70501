"""Signs among neighbours, and alarms: planted jumps are seen soon, honest learning sets off hardly any."""

import json
from random import Random

import pytest

from trainer_client.watching.alarms import LENGTH, UNEARNED, Alarm, Alarms
from trainer_client.watching.group_signs import GROUP_SIGNS, with_group_signs
from trainer_client.watching.ladder import Row


def row(slot: int, key: str, correct: bool = False, length: int = 20, reward: float | None = None) -> Row:
    earned = float(correct) if reward is None else reward
    return Row(slot, "a", f"a/{slot}", earned, correct, answer_key=key, length=length)


def flags(rows: list[Row]) -> list[tuple[str, ...]]:
    return [one.flags for one in with_group_signs(rows)]


def test_one_answer_to_everything_is_constant() -> None:
    rows = [row(slot, "k" if sample == 0 else f"{slot}{sample}") for slot in range(8) for sample in range(4)]
    assert flags(rows) == [("constant_answer",) if one.answer_key == "k" else () for one in rows]


def test_an_answer_that_is_mostly_right_is_not_nor_one_to_few_problems() -> None:
    mostly = [row(slot, "A", correct=slot < 5) for slot in range(8)]
    assert flags(mostly) == [()] * 8
    few = [row(slot, "k") for slot in range(5)] * 4
    assert flags(few) == [()] * 20
    unread = [row(slot, "") for slot in range(8)]
    assert flags(unread) == [()] * 8


def test_a_right_answer_that_is_given_wrongly_elsewhere_is_not_flagged_itself() -> None:
    rows = [row(slot, "k", correct=slot == 0) for slot in range(9)]
    assert flags(rows) == [(), *[("constant_answer",)] * 8]


def test_the_outlier_of_a_group_earns_more_and_is_of_another_length() -> None:
    lengths = [20, 22, 19, 21, 20, 23, 20, 120]
    group = [row(0, str(i), correct=i == 7, length=n) for i, n in enumerate(lengths)]
    assert flags(group) == [()] * 7 + [("outlier",)]
    honest = [row(0, str(i), correct=i == 7, length=n) for i, n in enumerate([20, 22, 19, 21, 20, 23, 20, 40])]
    assert flags(honest) == [()] * 8
    poor = [row(0, str(i), length=n) for i, n in enumerate(lengths)]
    assert flags(poor) == [()] * 8
    short = [row(0, str(i), correct=i == 7, length=n) for i, n in enumerate([90, 95, 99, 92, 94, 90, 91, 3])]
    assert flags(short) == [()] * 7 + [("outlier",)]


def test_group_signs_are_all_tested() -> None:
    assert set(GROUP_SIGNS) == {"constant_answer", "outlier"}


def generation(
    random: Random, rates: dict[str, float], success: float = 0.3, earned: float = 0.1, length: float = 20.0
) -> list[Row]:
    """16 groups of 8; what is alike in a group is drawn once for it, because groups are clusters."""
    rows = []
    for slot in range(16):
        ease = min(1.0, max(0.0, random.gauss(success, 0.2)))
        for _ in range(8):
            right = random.random() < ease
            shaped = 0.0 if right else max(0.0, random.gauss(earned, 0.1))
            shown = tuple(flag for flag, rate in rates.items() if not right and random.random() < rate)
            rows.append(
                Row(
                    slot,
                    "a",
                    f"a/{slot}",
                    right + shaped,
                    right,
                    parts={"correct": float(right), "entries": shaped},
                    flags=shown,
                    length=max(1, round(random.gauss(length, 4))),
                )
            )
    return rows


def watched(alarms: Alarms, rows: list[Row]) -> list[str]:
    return [alarm.sign for alarm in alarms.watch(rows)]


def fresh() -> Alarms:
    return Alarms(1.5, frozenset({"entries"}))


@pytest.mark.parametrize(
    ("sign", "change"),
    [
        ("identity_guess", {"rates": {"identity_guess": 0.4}}),
        ("code", {"rates": {"code": 0.2}}),
        (UNEARNED, {"earned": 0.5}),
        (LENGTH, {"length": 60.0}),
    ],
)
def test_a_planted_jump_is_seen_within_four_generations_and_once(sign: str, change: dict[str, object]) -> None:
    random, alarms = Random(3), fresh()
    honest = {"identity_guess": 0.03}
    for _ in range(20):
        assert watched(alarms, generation(random, honest)) == []
    seen = [watched(alarms, generation(random, **{"rates": honest, **change})) for _ in range(30)]  # type: ignore[arg-type]
    at = [i for i, signs in enumerate(seen) if sign in signs]
    assert at, seen
    assert at[0] < 4
    assert len(at) == 1, "what has jumped is the new normal"
    assert all(signs in ([], [sign]) for signs in seen)


def test_partial_credit_that_comes_with_success_is_no_alarm() -> None:
    random, alarms = Random(5), fresh()
    for _ in range(12):
        watched(alarms, generation(random, {}, success=0.1, earned=0.05))
    found = [sign for _ in range(12) for sign in watched(alarms, generation(random, {}, success=0.6, earned=0.5))]
    assert found == []


def test_honest_learners_set_off_hardly_any() -> None:
    """100 runs of 120 generations in which success rises, partial credit and length drift, and flags stay."""
    alarmed = 0
    for seed in range(100):
        random, alarms = Random(seed), fresh()
        found: list[str] = []
        for t in range(120):
            rates = {"identity_guess": 0.04, "several_answers": 0.01, "code": 0.0}
            rows = generation(random, rates, 0.1 + 0.7 * t / 120, 0.05 + 0.2 * t / 120, 20 + 15 * t / 120)
            found += watched(alarms, rows)
        alarmed += bool(found)
    assert alarmed <= 2


def test_what_a_checkpoint_keeps_goes_on_as_if_nothing_had_happened() -> None:
    one, random = fresh(), Random(8)
    days = [generation(random, {"code": 0.02}) for _ in range(12)] + [
        generation(random, {"code": 0.5}) for _ in range(6)
    ]
    expected = [one.watch(rows) for rows in days]
    other = fresh()
    for i, rows in enumerate(days):
        kept, other = json.loads(json.dumps(other.state)), fresh()
        other.restore(kept)
        assert other.watch(rows) == expected[i]
    assert any(expected)


def test_an_alarm_says_what_it_is() -> None:
    assert Alarm("shear", "code", 0.001, 0.25).says == "shear: code in 250 per 1,000 completions, 1 before"
    assert "wrong answers earn 0.40" in Alarm("shear", UNEARNED, 0.1, 0.4).says
    assert "90 tokens, 30 before" in Alarm("shear", LENGTH, 30, 90).says
