"""Random objects that several families draw, from a problem's own stream."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, isqrt

from generators.exact.elimination import rref
from generators.exact.matrices import Integers, Matrix, height, product
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


def with_pivots(stream: Stream, rows: int, columns: int, pivots: Sequence[int], bound: int) -> Matrix:
    """Return a matrix of integers in [-bound, bound] whose reduced row echelon form has just these pivots.

    A product L R: R stands in echelon form with the pivots, and L has full column rank. Raises `EmptySplit` where the
    bound is too small for it to be met.
    """
    size = len(pivots)
    left = max(1, isqrt(bound // size))
    right = max(1, bound // (size * left))

    def draw(s: Stream) -> Matrix | None:
        echelon = [[s.integer(-right, right) if j >= p else 0 for j in range(columns)] for p in pivots]
        if not all(row[p] for row, p in zip(echelon, pivots, strict=True)):
            return None
        made = product(integers(s, rows, size, left), tuple(map(tuple, echelon)))
        if height(made) > bound:
            return None
        return made if rref(made).pivots == tuple(pivots) else None

    return stream.until(draw)
