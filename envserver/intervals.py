"""A mean, and the interval of a share: for what the trainer prints and what the pages show."""

from collections.abc import Sequence
from math import sqrt

Z95 = 1.959963984540054


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 without values."""
    return sum(values) / len(values) if values else 0.0


def wilson(successes: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's score interval (JASA 1927) for a proportion, 95 % by default; (0, 1) without data."""
    if n == 0:
        return 0.0, 1.0
    p, zz = successes / n, z * z / n
    middle = (p + zz / 2) / (1 + zz)
    half = z * sqrt(p * (1 - p) / n + zz / (4 * n)) / (1 + zz)
    return (middle - half if successes else 0.0), (middle + half if successes < n else 1.0)
