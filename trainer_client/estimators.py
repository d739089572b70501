"""Intervals for success rates."""

from math import sqrt

_Z95 = 1.959963984540054


def wilson(successes: int, n: int, z: float = _Z95) -> tuple[float, float]:
    """Return Wilson's score interval (JASA 1927) for a proportion, 95 % by default; (0, 1) without data."""
    if n == 0:
        return 0.0, 1.0
    p, zz = successes / n, z * z / n
    middle = (p + zz / 2) / (1 + zz)
    half = z * sqrt(p * (1 - p) / n + zz / (4 * n)) / (1 + zz)
    return (middle - half if successes else 0.0), (middle + half if successes < n else 1.0)


def paired_difference(won: int, lost: int, n: int, z: float = _Z95) -> tuple[float, float, float]:
    """Return the difference of two proportions on the same n items, with an interval, 95 % by default.

    `won` items were right only the second time, `lost` only the first. The estimate is (won - lost) / n; the interval
    is the adjusted Wald interval for paired proportions of Bonett and Price (J. Educ. Behav. Stat. 37, 2012).
    """
    if n == 0:
        return 0.0, -1.0, 1.0
    p, q = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    half = z * sqrt((p + q - (p - q) ** 2) / (n + 2))
    return (won - lost) / n, max(-1.0, p - q - half), min(1.0, p - q + half)
