"""The promotion test: few false promotions at any number of looks, quick ones where they are deserved."""

import random
from math import comb

import pytest
from pydantic import TypeAdapter

from curricula.promotion import BetaPosterior, ClopperPearson, Demotion, EProcess, Evidence, MeanOfLast, Promotion

RULE = EProcess()


def _promoted_at(success: float, looks: int, rng: random.Random, rule: Promotion = RULE) -> int | None:
    test = Evidence()
    for k in range(1, looks + 1):
        test = rule.after(test, sum(rng.random() < success for _ in range(rule.look)), rule.look)
        if rule.passed(test):
            return k
    return None


def test_false_promotions_stay_below_alpha() -> None:
    """At the edge of the null hypothesis, 100 looks, 2,000 runs: 5 % allowed, and less than that seen."""
    rng = random.Random(7)
    false = sum(_promoted_at(0.75, 100, rng) is not None for _ in range(2_000))
    assert false / 2_000 <= 0.05


def test_a_rising_learner_is_not_promoted_early() -> None:
    rng = random.Random(8)
    false = 0
    for _ in range(1_000):
        test = Evidence()
        for k in range(60):
            success = 0.3 + 0.45 * k / 59  # rises to p0, never above
            test = RULE.after(test, sum(rng.random() < success for _ in range(32)), 32)
            if RULE.passed(test):
                false += 1
                break
    assert false / 1_000 <= 0.05


def test_deserved_promotions_come_quickly_also_after_failures() -> None:
    rng = random.Random(9)
    fast = [_promoted_at(0.9, 6, rng) for _ in range(500)]
    assert sum(at is not None for at in fast) / 500 >= 0.9
    late = 0
    for _ in range(300):
        test = Evidence()
        for _ in range(20):
            test = RULE.after(test, sum(rng.random() < 0.3 for _ in range(32)), 32)
        for _ in range(8):
            test = RULE.after(test, sum(rng.random() < 0.95 for _ in range(32)), 32)
            if RULE.passed(test):
                late += 1
                break
    assert late / 300 >= 0.9


def test_a_mean_of_the_last_twenty_would_promote_nearly_always() -> None:
    """The rule of other collections, as a control: the simulation can tell a bad test from a good one."""
    rng = random.Random(10)
    false = 0
    for _ in range(200):
        last: list[bool] = []
        for _ in range(2_000):
            last = [*last[-19:], rng.random() < 0.65]
            if len(last) == 20 and sum(last) / 20 > 0.7:
                false += 1
                break
    assert false / 200 > 0.95


def test_hand_computed_looks() -> None:
    test = RULE.after(Evidence(), 32, 32)
    assert abs(test.mass - 0.5 * 1.2**32) < 1e-9
    assert abs(RULE.figures(test)["e_value"] - (test.mass + 0.5)) < 1e-12
    second = RULE.after(test, 28, 32)
    assert abs(second.mass - (test.mass + 1 / 6) * 1.2**28 * 0.4**4) < 1e-9
    assert 1 / RULE.level(Evidence()) == 40
    assert 1 / RULE.level(Evidence().restarted()) == 120


def test_bars_far_apart_do_not_overflow() -> None:
    rule = EProcess(p0=0.001, p1=0.999, look=256)
    test = Evidence()
    for _ in range(4):
        test = rule.after(test, 256, 256)
    assert rule.passed(test)
    assert Evidence.model_validate_json(test.model_dump_json()) == test


def _binomial_tail(n: int, p: float, k: int) -> float:
    """P(X >= k), term by term."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def test_posteriors_and_exact_bounds_are_binomial_tails() -> None:
    """P(Beta(s+1, f+1) > p) is P(Bin(n+1, p) <= s); Clopper-Pearson's bound lies above p0 where P(Bin(n, p0) >= s) is
    below the level."""
    for successes in (0, 1, 20, 29, 32):
        seen = Evidence(looks=1, trials=32, successes=successes)
        posterior = BetaPosterior().figures(seen)["posterior"]
        assert posterior == pytest.approx(1 - _binomial_tail(33, 0.75, successes + 1), abs=1e-12)
        p_value = ClopperPearson(n=32).figures(seen)["p_value"]
        assert p_value == pytest.approx(_binomial_tail(32, 0.75, successes), abs=1e-12)
    # The fewest of 128 for a one-sided 95 % bound above 0.8 are 111, at alpha_1 = 0.05 / 2 two more.
    level = ClopperPearson(p0=0.8, alpha=0.1)
    assert level.fewest(Evidence(trials=96, successes=96), 32) == 111 - 96


def test_the_fixed_test_decides_once_and_the_next_one_is_stricter() -> None:
    rule = ClopperPearson(n=64)
    test = rule.after(Evidence(), 32, 32)
    assert not rule.passed(test)
    assert rule.fewest(Evidence(), 32) is None
    test = rule.after(test, 20, 32)
    assert not rule.passed(test)
    following = rule.after(test, 32, 32)
    assert (following.attempt, following.trials, following.successes) == (2, 32, 32)
    assert rule.passed(rule.after(following, 32, 32))


def test_the_mean_of_the_last_forgets() -> None:
    rule = MeanOfLast(n=40, look=20)
    test = rule.after(Evidence(), 20, 20)
    assert not rule.passed(test)  # forty are asked for
    test = rule.after(rule.after(test, 2, 20), 20, 20)
    assert not rule.passed(test)
    assert rule.fewest(test, 20) == 11
    assert rule.passed(rule.after(test, 11, 20))
    with pytest.raises(ValueError, match="multiple"):
        MeanOfLast(n=50, look=20)


def test_the_fewest_is_what_decides() -> None:
    rng = random.Random(11)
    for rule in (RULE, BetaPosterior(), ClopperPearson(n=32), MeanOfLast()):
        test = Evidence()
        for _ in range(20):
            fewest = rule.fewest(test, 32)
            enough = [k for k in range(33) if rule.passed(rule.after(test, k, 32))]
            assert (fewest is None and not enough) or enough == list(range(fewest or 0, 33))
            test = rule.after(test, rng.randint(15, 30), 32)


def test_what_is_lost_is_noticed_and_what_is_not_is_kept() -> None:
    """A stage at the bar of demotion is lost in at most 5 % of runs however often it is looked at; one at 0.3 soon."""
    rule, rng = Demotion(), random.Random(12)

    def lost(success: float, looks: int) -> bool:
        test = Evidence()
        for _ in range(looks):
            test = rule.after(test, sum(rng.random() < success for _ in range(32)), 32)
            if rule.passed(test):
                return True
        return False

    assert sum(lost(0.6, 60) for _ in range(500)) / 500 <= 0.05
    assert sum(lost(0.3, 3) for _ in range(200)) / 200 >= 0.95
    with pytest.raises(ValueError, match="p1 is below"):
        Demotion(p0=0.4, p1=0.6)


def test_a_curriculum_names_its_test() -> None:
    adapter: TypeAdapter[Promotion] = TypeAdapter(Promotion)
    assert adapter.validate_python({"p0": 0.8, "p1": 0.9}) == EProcess(p0=0.8, p1=0.9)
    assert adapter.validate_python({"test": "clopper_pearson", "n": 64}) == ClopperPearson(n=64)
    with pytest.raises(ValueError, match="e_process"):
        adapter.validate_python({"test": "hope"})
