"""Random objects that several families draw, from a problem's own stream."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd

from generators.exact.elimination import rref
from generators.exact.matrices import Integers, Matrix, determinant
from generators.stream import Stream


def fraction(stream: Stream, bound: int) -> Fraction:
    """Return a non-zero reduced a/b with |a|, b <= bound, each with the same probability."""
    while True:
        a, b = stream.integer(-bound, bound), stream.integer(1, bound)
        if a and gcd(a, b) == 1:
            return Fraction(a, b)


def sign(stream: Stream) -> int:
    """Return 1 or -1."""
    return 1 - 2 * stream.below(2)


def integers(stream: Stream, rows: int, columns: int, bound: int) -> Integers:
    """Return a matrix of integers in [-bound, bound]."""
    return tuple(tuple(stream.integer(-bound, bound) for _ in range(columns)) for _ in range(rows))


def invertible(stream: Stream, n: int, bound: int) -> Integers:
    """Return an invertible matrix of integers in [-bound, bound]."""

    def draw(s: Stream) -> Integers | None:
        a = integers(s, n, n, bound)
        return a if determinant(a) else None

    return stream.until(draw)


def shuffled(stream: Stream, n: int) -> list[int]:
    """Return 0 ... n-1 in a random order (Fisher and Yates)."""
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = stream.below(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def monomial(stream: Stream, n: int, largest: int) -> Integers:
    """Return a permutation matrix whose ones are replaced by integers up to `largest`, of either sign."""
    order = shuffled(stream, n)
    factors = [sign(stream) * stream.integer(1, largest) for _ in order]
    return tuple(tuple(f if j == at else 0 for j in range(n)) for at, f in zip(order, factors, strict=True))


def pivot_columns(stream: Stream, columns: int, size: int) -> list[int]:
    """Return which columns of an echelon form lead: mostly the first ones, else any that leave entries free.

    A form is given by its entries in columns without a pivot, to the right of one. Where there are few of these, few
    forms exist, and one learned by heart would be right often; so pivots are kept the more often, the more there are.
    """
    first = list(range(size))
    most = size * (columns - size)
    while stream.below(2) and most:
        pivots = sorted(shuffled(stream, columns)[:size])
        if stream.below(most) < free_entries(pivots, columns):
            return pivots
    return first


def free_entries(pivots: Sequence[int], columns: int) -> int:
    """Return how many entries of a reduced row echelon form with these pivots may be any number."""
    return sum(j > p for p in pivots for j in range(columns) if j not in pivots)


def with_pivots(stream: Stream, rows: int, columns: int, pivots: Sequence[int], bound: int) -> Matrix:
    """Return a matrix of integers in [-bound, bound] whose reduced row echelon form has just these pivots.

    Each row is a row of an echelon form plus or minus another one of them, so the entries of these go up to half the
    bound; to all of it where as many rows are asked as pivots, which are the first columns. The bound is at least 2, or
    the rank 1. Raises `EmptySplit` where nothing is met.
    """
    size = len(pivots)
    independent = size == rows and list(pivots) == list(range(size))
    reach = bound if independent else bound // (2 if size > 1 else min(3, bound))

    def draw(s: Stream) -> Matrix | None:
        starts = [0] * size if independent else pivots
        echelon = [[s.integer(-reach, reach) if j >= p else 0 for j in range(columns)] for p in starts]
        made = tuple(map(tuple, echelon)) if independent else _mixed(s, echelon, rows, bound // reach)
        return made if rref(made).pivots == tuple(pivots) else None

    return stream.until(draw)


def _mixed(stream: Stream, echelon: list[list[int]], rows: int, most: int) -> Matrix:
    """Return sums and differences of two echelon rows, each once as the first, in any order; mostly of full rank."""
    size = len(echelon)
    made = []
    for i in range(rows):
        one = i if i < size else stream.below(size)
        if size == 1:
            factor = sign(stream) * stream.integer(1, most)
            made.append(tuple(factor * x for x in echelon[0]))
            continue
        other = stream.below(size + 1)  # `size` is none
        added = [0] * len(echelon[0]) if other in (one, size) else echelon[other]
        a, b = sign(stream), sign(stream)
        made.append(tuple(a * x + b * y for x, y in zip(echelon[one], added, strict=True)))
    return tuple(made[at] for at in shuffled(stream, rows))
