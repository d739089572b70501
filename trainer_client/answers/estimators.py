"""Estimates from samples: success rates with intervals, pass@k, maj@k, and differences on the same problems."""

from collections.abc import Sequence
from math import comb, sqrt

from envserver.intervals import Z95, mean, wilson


def clustered(rates: Sequence[float], samples: int = 1, z: float = Z95) -> tuple[float, float]:
    """Return an interval for the mean of per-problem rates, each of so many samples: problems are what was drawn.

    Wilson's interval at the effective sample size p(1-p)/SE^2 (Korn and Graubard, Survey Methodology 24, 1998), where
    SE^2 = sum (x_i - p)^2 / (N(N-1)). It is at most the number of samples, and the number of problems where they agree.
    """
    n = len(rates)
    if n < 2:
        return wilson(sum(rates), n, z)
    p = sum(rates) / n
    variance = sum((rate - p) ** 2 for rate in rates) / (n * (n - 1))
    size = min(p * (1 - p) / variance, n * samples) if variance else n
    return wilson(p * size, size, z)


def pass_at_k(n: int, correct: int, k: int) -> float:
    """Return the chance that one of k samples is correct, unbiased from n of them (Chen et al., arXiv 2107.03374)."""
    if not 0 < k <= n:
        raise ValueError(f"pass@{k} needs at least {k} samples, not {n}")
    return 1.0 - comb(n - correct, k) / comb(n, k)


def maj_at_k(votes: Sequence[int], right: int, k: int) -> float:
    """Return the chance that the answer most often given among k of the samples is the right one, ties shared.

    `votes` are the samples for each answer that was given, `right` the place of the right one. Exact, over all subsets
    of k samples; where several answers are right, the chances add up.
    """
    n = sum(votes)
    if not 0 < k <= n:
        raise ValueError(f"maj@{k} needs at least {k} samples, not {n}")
    others = [count for at, count in enumerate(votes) if at != right]
    won = sum(comb(votes[right], mine) * _beaten(others, k - mine, mine) for mine in range(1, min(votes[right], k) + 1))
    return won / comb(n, k)


def _beaten(others: Sequence[int], k: int, most: int) -> float:
    """Return the number of ways to take k votes from the others, none with more than `most`, over 1 + those tied."""
    ways = {(0, 0): 1}  # (votes taken, answers tied) -> ways
    for count in others:
        after: dict[tuple[int, int], int] = {}
        for (taken, tied), number in ways.items():
            for votes in range(min(count, most, k - taken) + 1):
                key = taken + votes, tied + (votes == most)
                after[key] = after.get(key, 0) + number * comb(count, votes)
        ways = after
    return sum(number / (1 + tied) for (taken, tied), number in ways.items() if taken == k)


def paired_difference(won: int, lost: int, n: int, z: float = Z95) -> tuple[float, float, float]:
    """Return the difference of two proportions on the same n items, with an interval, 95 % by default.

    `won` items were right only the second time, `lost` only the first. The estimate is (won - lost) / n; the interval
    is the adjusted Wald interval for paired proportions of Bonett and Price (J. Educ. Behav. Stat. 37, 2012).
    """
    if n == 0:
        return 0.0, -1.0, 1.0
    p, q = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    half = z * sqrt((p + q - (p - q) ** 2) / (n + 2))
    return (won - lost) / n, max(-1.0, p - q - half), min(1.0, p - q + half)


def paired_means(before: Sequence[float], after: Sequence[float], z: float = Z95) -> tuple[float, float, float]:
    """Return the mean difference of rates on the same problems, with an interval from the differences' variance.

    As in the interval above, one difference of +1 and one of -1 are added, so that no interval is of length 0.
    """
    changes = [b - a for a, b in zip(before, after, strict=True)]
    if not changes:
        return 0.0, -1.0, 1.0
    padded = [*changes, 1.0, -1.0]
    n, middle = len(padded), mean(padded)
    half = z * sqrt(sum((x - middle) ** 2 for x in padded) / n / n)
    return mean(changes), max(-1.0, middle - half), min(1.0, middle + half)


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return the rank correlation of two lists, equals sharing their mean rank; None where one of them is constant."""
    x, y = _ranks(one), _ranks(other)
    mx, my = mean(x), mean(y)
    across = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    spread = sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))
    return across / spread if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda at: values[at])
    ranks = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for place in order[at : end + 1]:
            ranks[place] = (at + end) / 2
        at = end + 1
    return ranks
