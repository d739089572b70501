"""The promotion test: few false promotions at any number of looks, quick ones where they are deserved."""

import random

from curricula.promotion import EProcess, Promotion

RULE = Promotion()


def _promoted_at(success: float, looks: int, rng: random.Random, rule: Promotion = RULE) -> int | None:
    test = EProcess()
    for k in range(1, looks + 1):
        test = test.after(sum(rng.random() < success for _ in range(rule.look)), rule.look, rule)
        if test.e_value >= test.needed(rule):
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
        test = EProcess()
        for k in range(60):
            success = 0.3 + 0.45 * k / 59  # rises to p0, never above
            test = test.after(sum(rng.random() < success for _ in range(32)), 32, RULE)
            if test.e_value >= test.needed(RULE):
                false += 1
                break
    assert false / 1_000 <= 0.05


def test_deserved_promotions_come_quickly_also_after_failures() -> None:
    rng = random.Random(9)
    fast = [_promoted_at(0.9, 6, rng) for _ in range(500)]
    assert sum(at is not None for at in fast) / 500 >= 0.9
    late = 0
    for _ in range(300):
        test = EProcess()
        for _ in range(20):
            test = test.after(sum(rng.random() < 0.3 for _ in range(32)), 32, RULE)
        for _ in range(8):
            test = test.after(sum(rng.random() < 0.95 for _ in range(32)), 32, RULE)
            if test.e_value >= test.needed(RULE):
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
    test = EProcess().after(32, 32, RULE)
    assert abs(test.mass - 0.5 * 1.2**32) < 1e-9
    assert abs(test.e_value - (test.mass + 0.5)) < 1e-12
    second = test.after(28, 32, RULE)
    assert abs(second.mass - (test.mass + 1 / 6) * 1.2**28 * 0.4**4) < 1e-9
    assert EProcess().needed(RULE) == 40
    assert EProcess().restarted().needed(RULE) == 120


def test_bars_far_apart_do_not_overflow() -> None:
    rule = Promotion(p0=0.001, p1=0.999, look=256)
    test = EProcess()
    for _ in range(5):
        test = test.after(256, 256, rule)
    assert test.e_value >= test.needed(rule)
    assert EProcess.model_validate_json(test.model_dump_json()) == test
