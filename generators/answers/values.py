"""The values of the answer grammar, and the little arithmetic that answers are written with."""

from dataclasses import dataclass
from fractions import Fraction

from generators.errors import Unreadable

MAX_BITS = 512  # of the numerator and denominator of a computed value
MAX_CELLS = 1_024


@dataclass(slots=True)
class Table:
    """Rows of numbers; `depth` is how many brackets deep they were written."""

    rows: list[list[Fraction]]
    depth: int


Value = Fraction | Table


def plain(value: Value) -> list[list[Fraction]]:
    """Return the rows of a value; a number is one row of one."""
    return value.rows if isinstance(value, Table) else [[value]]


def scalar(value: Value) -> Fraction:
    """Return a number; raises `Unreadable` for a matrix."""
    if isinstance(value, Table):
        raise Unreadable("a matrix stands where a number should be")
    return value


def divided(left: Value, right: Value) -> Value:
    """Divide a number or a matrix by a number."""
    by = scalar(right)
    if not by:
        raise Unreadable("a number is divided by zero")
    return multiplied(1 / by, left) if isinstance(left, Table) else _capped(left / by)


def negated(value: Value) -> Value:
    """Return the negative."""
    return multiplied(Fraction(-1), value) if isinstance(value, Table) else -value


def multiplied(left: Value, right: Value) -> Value:
    """Multiply a matrix by a number; a product of two numbers or of two matrices is left to the writer."""
    if isinstance(left, Table):
        left, right = right, left
    factor = scalar(left)
    if not isinstance(right, Table):
        raise Unreadable("a product is not a number")
    return Table([[_capped(factor * x) for x in row] for row in right.rows], right.depth)


def _capped(x: Fraction) -> Fraction:
    """Refuse what grew by nested fractions and factors: a number as written is capped before it is read."""
    if max(x.numerator.bit_length(), x.denominator.bit_length()) > MAX_BITS:
        raise Unreadable("a number is too large")
    return x


def reshaped(rows: Value, columns: Value, entries: Value) -> Table:
    """Read sympy's `Matrix(2, 2, [a, b, c, d])`."""
    height, width = scalar(rows), scalar(columns)
    flat = plain(entries)
    whole = height.denominator == width.denominator == 1 and height >= 1 and width >= 1
    if len(flat) != 1 or not whole or height * width != len(flat[0]):
        raise Unreadable("the shape does not fit the entries")
    step = int(width)
    return Table([flat[0][i : i + step] for i in range(0, len(flat[0]), step)], 2)


def diagonal_of(arguments: list[Value]) -> Table:
    """Read `diag(a, b)` and `np.diag([a, b])`."""
    flat = [x for value in arguments for row in plain(value) for x in row]
    if not flat or len(flat) ** 2 > MAX_CELLS or any(len(plain(value)) > 1 for value in arguments):
        raise Unreadable("a diagonal is a short list of numbers")
    zero = Fraction(0)
    return Table([[x if i == j else zero for j in range(len(flat))] for i, x in enumerate(flat)], 2)


def approximates(rough: Value, exact: Value) -> bool:
    """Whether `rough` is what stands after `exact` and an approximation sign: the same to one part in a hundred."""
    pairs = [zip(*rows, strict=False) for rows in zip(plain(rough), plain(exact), strict=False)]
    shape = [len(row) for row in plain(rough)] == [len(row) for row in plain(exact)]
    return shape and all(abs(x - y) * 100 <= max(abs(y), Fraction(1)) for pair in pairs for x, y in pair)
