"""Likelihood rewards by hand: formulas, steps, schedules, places in a group."""

from math import exp, log

import pytest
from pydantic import ValidationError

from trainer_client.answers.estimators import spearman
from trainer_client.likelihood.modes import Likelihood, ranked, rewarded, stepped
from trainer_client.reward_config import LikelihoodConfig, LikelihoodMode

WITHOUT = Likelihood((log(0.1), log(0.4)))  # PPL 5, mean probability 0.25
GIVEN = Likelihood((log(0.5), log(0.8)))  # PPL 1/sqrt(0.4), mean probability 0.65
WORSE = Likelihood((log(0.01), log(0.01)))  # PPL 100


def test_what_a_likelihood_is() -> None:
    assert WITHOUT.n == pytest.approx(log(5))
    assert WITHOUT.ppl == pytest.approx(5)
    assert WITHOUT.mean_probability == pytest.approx(0.25)
    assert Likelihood((-1e9,)).n == 20, "beyond 20 nats nothing more is said"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("relative", 1 - 0.4**-0.5 / 5),
        ("absolute", 0.4),
        ("both", 1 - 0.4**-0.5 / 5 + 0.4),
        ("delta", log(5) - log(0.4**-0.5)),
        ("meanprob", 0.4),
        ("rank", -log(0.4**-0.5)),
    ],
)
def test_every_mode_by_hand(mode: LikelihoodMode, expected: float) -> None:
    assert rewarded(LikelihoodConfig(mode=mode), WITHOUT, GIVEN) == pytest.approx(expected)


@pytest.mark.parametrize("mode", ["relative", "delta", "meanprob"])
def test_the_floor_holds_what_makes_the_answer_less_likely(mode: LikelihoodMode) -> None:
    assert rewarded(LikelihoodConfig(mode=mode), WITHOUT, WORSE) == 0
    below = rewarded(LikelihoodConfig(mode=mode, floor=-1), WITHOUT, WORSE)
    assert below == pytest.approx(max(-1, {"relative": 1 - 100 / 5, "delta": log(5 / 100), "meanprob": -0.24}[mode]))


def test_relative_and_absolute_are_what_the_first_notes_say_of_them() -> None:
    """relative = max(0, 1 - e^-D), D the nats per token; absolute is the geometric mean probability, squared."""
    d = WITHOUT.n - GIVEN.n
    assert rewarded(LikelihoodConfig(mode="relative"), WITHOUT, GIVEN) == pytest.approx(1 - exp(-d))
    assert rewarded(LikelihoodConfig(mode="absolute"), WITHOUT, GIVEN) == pytest.approx((0.5 * 0.8) ** (2 / 2))


@pytest.mark.parametrize(
    ("percent", "value"), [(-5, 0), (0.04, 0), (0.05, 0.5), (0.99, 0.5), (1, 0.9), (2, 1), (80, 1)]
)
def test_the_steps_of_vr_cli(percent: float, value: float) -> None:
    assert stepped(percent, ((0.05, 0.5), (1, 0.9), (2, 1.0))) == value


def test_thresholds_replace_the_value() -> None:
    config = LikelihoodConfig(mode="relative", thresholds=((50, 0.5), (90, 1.0)))
    assert rewarded(config, WITHOUT, GIVEN) == 0.5  # 68 % better
    assert rewarded(config, WITHOUT, WORSE) == 0


@pytest.mark.parametrize(("done", "share"), [(0, 0), (0.25, 0.5), (0.5, 1), (0.9, 1)])
def test_a_schedule_moves_from_one_mode_to_another(done: float, share: float) -> None:
    config = LikelihoodConfig(mode="relative", then="absolute", over=0.5)
    relative, absolute = 1 - 0.4**-0.5 / 5, 0.4
    assert rewarded(config, WITHOUT, GIVEN, done) == pytest.approx((1 - share) * relative + share * absolute)


def test_places_in_a_group() -> None:
    assert ranked([-1.0, -3.0, -2.0, None]) == [1.0, pytest.approx(1 / 3), pytest.approx(2 / 3), 0.0]
    assert ranked([-1.0, -1.0]) == [0.75, 0.75]
    assert ranked([None, None]) == [0.0, 0.0]


@pytest.mark.parametrize(
    "bad",
    [
        {"mode": "absolute", "thresholds": [[1, 1]]},
        {"mode": "rank", "then": "absolute"},
        {"mode": "relative", "then": "rank"},
        {"of": "help"},
        {"mode": "perplexity"},
        {"floor": -2},
    ],
)
def test_what_does_not_go_together_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LikelihoodConfig.model_validate(bad)


def test_rank_correlation() -> None:
    assert spearman([1, 2, 3, 4], [10, 20, 30, 1_000]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 2, 3], [5, 5, 5]) is None
    # By hand: ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: 4.5 / sqrt(4.5 * 5)
    assert spearman([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
