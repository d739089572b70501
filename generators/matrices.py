"""Exact matrices of integers and rationals: small, immutable, without floats."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm

Number = int | Fraction
Matrix = tuple[tuple[Number, ...], ...]


def identity(n: int) -> Matrix:
    return tuple(tuple(int(i == j) for j in range(n)) for i in range(n))


def diagonal(entries: Sequence[Number]) -> Matrix:
    return tuple(tuple(e if i == j else 0 for j in range(len(entries))) for i, e in enumerate(entries))


def transpose(a: Matrix) -> Matrix:
    return tuple(zip(*a, strict=True))


def negate(a: Matrix) -> Matrix:
    return tuple(tuple(-x for x in row) for row in a)


def product(a: Matrix, b: Matrix) -> Matrix:
    """Return `a b`; the inner sizes agree."""
    columns = transpose(b)
    return tuple(tuple(sum(x * y for x, y in zip(row, column, strict=True)) for column in columns) for row in a)


def determinant(a: Matrix) -> Number:
    """Return det a by Bareiss' fraction-free elimination (Math. Comp. 22, 1968)."""
    scale, rows = _cleared(a)
    return Fraction(_bareiss(rows), scale) if scale != 1 else _bareiss(rows)


def inverse(a: Matrix) -> Matrix:
    """Return a^-1 in lowest terms; raises `ZeroDivisionError` when a is singular."""
    n = len(a)
    rows = [[Fraction(x) for x in row] + [Fraction(int(i == j)) for j in range(n)] for i, row in enumerate(a)]
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k]), None)
        if pivot is None:
            raise ZeroDivisionError("the matrix is singular")
        rows[k], rows[pivot] = rows[pivot], rows[k]
        head = rows[k][k]
        rows[k] = [x / head for x in rows[k]]
        for i in range(n):
            if i != k and (factor := rows[i][k]):
                rows[i] = [x - factor * y if y else x for x, y in zip(rows[i], rows[k], strict=True)]
    return tuple(tuple(row[n:]) for row in rows)


def shape(a: Matrix) -> tuple[int, int]:
    return len(a), len(a[0])


def distance(a: Matrix, b: Matrix) -> Fraction:
    """Return the sum of absolute differences of two matrices of one shape."""
    pairs = zip(_entries(a), _entries(b), strict=True)
    return sum((abs(Fraction(x) - y) for x, y in pairs), Fraction(0))


def compact(a: Matrix) -> str:
    """Write `1/2,0;3,-1`: the canonical spelling, every entry in lowest terms."""
    return ";".join(",".join(map(str, row)) for row in a)


def nested(a: Matrix) -> str:
    """Write `[[1/2, 0], [3, -1]]`."""
    return "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in a) + "]"


def content_of(a: Matrix) -> str:
    """Return the canonical content that decides a matrix's split: `matrix:2x2:3/4,0;0,1`."""
    return f"matrix:{len(a)}x{len(a[0])}:{compact(a)}"


def _entries(a: Matrix) -> Iterable[Number]:
    return (x for row in a for x in row)


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
