"""Row reduction of rationals without fractions on the way: Gauss-Jordan in integers (Bareiss 1968)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm

from generators.exact.matrices import Matrix


@dataclass(frozen=True)
class Echelon:
    """The reduced row echelon form of a matrix; `pivots` are its leading columns, counted from 0."""

    rows: Matrix
    pivots: tuple[int, ...]

    @property
    def rank(self) -> int:
        return len(self.pivots)


def rref(a: Matrix) -> Echelon:
    """Return the reduced row echelon form, which is unique; O(m^2 n) products of minors of `a`."""
    rows = [_cleared(row) for row in a]
    pivots = _reduce(rows, len(a[0]))
    done = [tuple(Fraction(x, row[p]) for x in row) for row, p in zip(rows, pivots, strict=False)]
    nothing = tuple(Fraction(0) for _ in a[0])
    return Echelon((*done, *([nothing] * (len(a) - len(done)))), pivots)


def rank(a: Matrix) -> int:
    """Return the rank."""
    return len(_reduce([_cleared(row) for row in a], len(a[0])))


def inverse(a: Matrix) -> Matrix:
    """Return a^-1 in lowest terms; raises `ZeroDivisionError` when a is singular."""
    n = len(a)
    if n == 1:
        return ((1 / Fraction(a[0][0]),),)
    right = [[int(i == j) for j in range(n)] for i in range(n)]
    rows = [_cleared((*row, *one)) for row, one in zip(a, right, strict=True)]
    if len(_reduce(rows, n)) < n:
        raise ZeroDivisionError("the matrix is singular")
    return tuple(tuple(Fraction(x, row[i]) for x in row[n:]) for i, row in enumerate(rows))


def is_echelon(a: Matrix) -> bool:
    """Whether the rows stand in echelon form: leading entries move right, rows of zeros come last."""
    leads = [next((j for j, x in enumerate(row) if x), len(row)) for row in a]
    return all(p < q or p == q == len(a[0]) for p, q in pairwise(leads))


def leading_columns(a: Matrix) -> tuple[int, ...]:
    """Return the column of the first entry that is not 0, of each row that has one."""
    firsts = (next((j for j, x in enumerate(row) if x), None) for row in a)
    return tuple(j for j in firsts if j is not None)


def _cleared(row: Sequence[int | Fraction]) -> list[int]:
    """Return the smallest integer multiple of a row."""
    common = lcm(*(x.denominator for x in row))
    whole = [x.numerator * (common // x.denominator) for x in row]
    divisor = gcd(*whole) or 1
    return [x // divisor for x in whole]


def _reduce(rows: list[list[int]], width: int) -> tuple[int, ...]:
    """Reduce integer rows in place, pivoting in the first `width` columns; return the pivots.

    Fraction-free: every entry is a minor of the matrix at every step, so the divisions leave no remainder and the
    digits stay within Hadamard's bound. At the end all pivots are equal.
    """
    pivots: list[int] = []
    previous = 1
    for column in range(width):
        top = len(pivots)
        found = next((i for i in range(top, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[top], rows[found] = rows[found], rows[top]
        head = rows[top]
        pivot = head[column]
        for i, row in enumerate(rows):
            if i != top:
                factor = row[column]
                rows[i] = [(pivot * x - factor * y) // previous for x, y in zip(row, head, strict=True)]
        pivots.append(column)
        previous = pivot
        if len(pivots) == len(rows):
            break
    return tuple(pivots)
