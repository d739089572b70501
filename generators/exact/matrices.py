"""Exact matrices of integers and rationals: small, immutable, without floats."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

Number = int | Fraction
Matrix = tuple[tuple[Number, ...], ...]
Integers = tuple[tuple[int, ...], ...]


def identity(n: int) -> Matrix:
    return tuple(tuple(int(i == j) for j in range(n)) for i in range(n))


def diagonal(entries: Sequence[Number]) -> Matrix:
    return tuple(tuple(e if i == j else 0 for j in range(len(entries))) for i, e in enumerate(entries))


def transpose(a: Matrix) -> Matrix:
    return tuple(zip(*a, strict=True))


def negate(a: Matrix) -> Matrix:
    return tuple(tuple(-x for x in row) for row in a)


def scaled(factor: Number, a: Matrix) -> Matrix:
    return tuple(tuple(factor * x for x in row) for row in a)


def zeros(rows: int, columns: int) -> Matrix:
    return tuple((0,) * columns for _ in range(rows))


def height(a: Matrix) -> Number:
    """Return the largest absolute value of an entry."""
    return max(abs(x) for row in a for x in row)  # type: ignore[type-var, return-value]


def product(a: Matrix, b: Matrix) -> Matrix:
    """Return `a b`; the inner sizes agree."""
    columns = transpose(b)
    return tuple(tuple(sum(x * y for x, y in zip(row, column, strict=True)) for column in columns) for row in a)


def determinant(a: Sequence[Sequence[int]]) -> int:
    """Return the determinant of a matrix of integers, for n > 2 by Bareiss' fraction-free elimination (1968)."""
    if len(a) == 1:
        return a[0][0]
    if len(a) == 2:
        return a[0][0] * a[1][1] - a[0][1] * a[1][0]
    if len(a) == 3:
        (a0, a1, a2), (b0, b1, b2), (c0, c1, c2) = a
        return a0 * (b1 * c2 - b2 * c1) - a1 * (b0 * c2 - b2 * c0) + a2 * (b0 * c1 - b1 * c0)
    return _bareiss([list(row) for row in a])


def rational_determinant(a: Matrix) -> Fraction:
    """Return the determinant of a matrix of rationals."""
    scale, rows = _cleared(a)
    return Fraction(determinant(rows), scale)


def shape(a: Matrix) -> tuple[int, int]:
    return len(a), len(a[0])


def compact(a: Sequence[Sequence[object]]) -> str:
    """Write `1/2,0;3,-1`: the canonical spelling, every entry in lowest terms."""
    return ";".join(",".join(map(str, row)) for row in a)


def nested(a: Sequence[Sequence[object]]) -> str:
    """Write `[[1/2, 0], [3, -1]]`."""
    return "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in a) + "]"


def content_of(a: Matrix) -> str:
    """Return the canonical content that decides a matrix's split: `matrix:2x2:3/4,0;0,1`."""
    return f"matrix:{len(a)}x{len(a[0])}:{compact(a)}"


def _cleared(a: Matrix) -> tuple[int, list[list[int]]]:
    """Multiply each row by its common denominator; return the product of these and the integer rows."""
    scale, rows = 1, []
    for row in a:
        common = lcm(*(x.denominator for x in row))
        scale *= common
        rows.append([x.numerator * (common // x.denominator) for x in row])
    return scale, rows


def _bareiss(rows: list[list[int]]) -> int:
    n, sign, previous = len(rows), 1, 1
    for k in range(n - 1):
        pivot = next((i for i in range(k, n) if rows[i][k]), None)
        if pivot is None:
            return 0
        if pivot != k:
            rows[k], rows[pivot], sign = rows[pivot], rows[k], -sign
        for i in range(k + 1, n):
            for j in range(k + 1, n):
                rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) // previous
        previous = rows[k][k]
    return sign * rows[-1][-1]
