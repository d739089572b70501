"""Partial credit and mistakes that all families with a matrix for an answer share."""

from fractions import Fraction
from math import exp

from generators.exact.matrices import Matrix, Number
from generators.stream import Stream


def share_of_entries(given: Matrix, right: Matrix) -> float:
    """Return the share of equal entries of two matrices of the same shape."""
    pairs = [x == y for rows in zip(given, right, strict=True) for x, y in zip(*rows, strict=True)]
    return sum(pairs) / len(pairs)


def closeness(given: Matrix, right: Matrix) -> float:
    """Return exp(-|X' - X|_1), |.|_1 the sum of absolute entries."""
    rows = zip(given, right, strict=True)
    return exp(-sum(min(abs(float(x) - float(y)), 1e3) for pair in rows for x, y in zip(*pair, strict=True)))


def slipped(stream: Stream, right: Matrix, others: Matrix | None = None) -> Matrix:
    """Return a matrix with one entry wrong: negated, off by one, upside down, or copied from that place of `others`."""
    i, j = stream.below(len(right)), stream.below(len(right[0]))
    entry = right[i][j]
    near: list[Number] = [-entry, entry + 1, entry - 1, 1 / Fraction(entry or 1)]
    if others is not None and i < len(others) and j < len(others[0]):
        near.append(others[i][j])
    rows = [list(row) for row in right]
    rows[i][j] = stream.choice([x for x in near if x != entry])
    return tuple(map(tuple, rows))
