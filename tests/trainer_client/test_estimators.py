"""Intervals cover what they promise, by exact enumeration and by simulation."""

import random
from math import comb

from trainer_client.estimators import paired_difference, wilson


def test_wilson_covers_about_95_percent() -> None:
    for p in (0.05, 0.3, 0.5, 0.9):
        n = 60
        covered = sum(
            comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if wilson(k, n)[0] <= p <= wilson(k, n)[1]
        )
        assert 0.93 < covered < 0.98


def test_paired_differences_cover_about_95_percent() -> None:
    rng = random.Random(3)
    for won, lost in ((0.1, 0.1), (0.3, 0.05), (0.02, 0.0), (0.2, 0.4)):
        hits, runs, n = 0, 3_000, 80
        for _ in range(runs):
            draws = [rng.random() for _ in range(n)]
            a = sum(x < won for x in draws)
            b = sum(won <= x < won + lost for x in draws)
            estimate, low, high = paired_difference(a, b, n)
            assert low <= high
            assert abs(estimate - (a - b) / n) < 1e-12
            hits += low <= won - lost <= high
        assert hits / runs > 0.935, (won, lost)


def test_nothing_is_known_without_data() -> None:
    assert paired_difference(0, 0, 0) == (0.0, -1.0, 1.0)
