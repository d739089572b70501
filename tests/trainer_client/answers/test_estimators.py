"""Intervals cover what they promise, by exact enumeration and by simulation."""

import random
from itertools import combinations
from math import comb

import pytest

from envserver.intervals import wilson
from trainer_client.answers.estimators import clustered, maj_at_k, paired_difference, paired_means, pass_at_k


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


def test_pass_at_k_is_what_enumeration_gives() -> None:
    for n in range(1, 8):
        for correct in range(n + 1):
            samples = [True] * correct + [False] * (n - correct)
            for k in range(1, n + 1):
                subsets = list(combinations(samples, k))
                assert pass_at_k(n, correct, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))
    with pytest.raises(ValueError, match="at least 5"):
        pass_at_k(4, 1, 5)


@pytest.mark.parametrize("votes", [[3], [2, 2], [1, 3, 2], [2, 2, 2, 1], [4, 1, 1], [0, 3]])
def test_maj_at_k_is_what_enumeration_gives(votes: list[int]) -> None:
    samples = [at for at, count in enumerate(votes) for _ in range(count)]
    for k in range(1, len(samples) + 1):
        for right in range(len(votes)):
            total = 0.0
            subsets = list(combinations(samples, k))
            for subset in subsets:
                counts = [subset.count(at) for at in range(len(votes))]
                best = [at for at, count in enumerate(counts) if count == max(counts)]
                total += (right in best) / len(best)
            assert maj_at_k(votes, right, k) == pytest.approx(total / len(subsets))
    with pytest.raises(ValueError, match="at least 99"):
        maj_at_k(votes, 0, 99)


def test_clustered_intervals_cover_where_samples_of_a_problem_agree() -> None:
    """Rates of problems differ much; samples taken for independent would give intervals that are too short."""
    rng = random.Random(5)
    problems, samples, runs, naive, hits = 60, 8, 2_000, 0, 0
    for _ in range(runs):
        chances = [rng.betavariate(0.4, 0.4) for _ in range(problems)]
        rates = [sum(rng.random() < chance for _ in range(samples)) / samples for chance in chances]
        low, high = clustered(rates, samples)
        hits += low <= 0.5 <= high
        low, high = wilson(sum(rates) * samples, problems * samples)
        naive += low <= 0.5 <= high
    assert 0.93 < hits / runs < 0.97
    assert naive / runs < 0.8


def test_clustered_intervals_of_one_sample_are_wilsons() -> None:
    for right in (0, 1, 30, 60):
        found = clustered([1.0] * right + [0.0] * (60 - right))
        assert found == pytest.approx(wilson(right, 60), abs=0.01)
    assert clustered([]) == (0.0, 1.0)
    assert clustered([1.0] * 50, 16)[0] == wilson(50, 50)[0]  # all alike: as many as there are problems


def test_paired_means_cover() -> None:
    rng = random.Random(7)
    runs, hits = 1_500, 0
    for _ in range(runs):
        chances = [rng.betavariate(1, 2) for _ in range(50)]
        before = [sum(rng.random() < p for _ in range(4)) / 4 for p in chances]
        after = [sum(rng.random() < min(1, p * 1.2) for _ in range(4)) / 4 for p in chances]
        true = sum(min(1, p * 1.2) - p for p in chances) / 50
        _, low, high = paired_means(before, after)
        hits += low <= true <= high
    assert hits / runs > 0.94
    assert paired_means([1.0], [1.0])[0] == 0
    assert paired_means([], []) == (0.0, -1.0, 1.0)
