"""The three elementary row operations: applied exactly, and Gauss-Jordan elimination as a list of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from generators.errors import GeneratorError
from generators.exact.matrices import Matrix

MAX_BITS = 2_048  # of a numerator or denominator on the way; the entries of every elimination stay far below


class Illegal(GeneratorError):
    """An operation that may not be applied; the message is a short stable sentence."""


class TooLarge(Illegal):
    """An operation whose result has too many digits."""


@dataclass(frozen=True)
class Operation:
    """`swap i j`, `scale i f`, or `add i j f`: f times row j is added to row i. Rows count from 1."""

    name: str
    row: int
    other: int = 0
    factor: Fraction = Fraction(1)

    def __str__(self) -> str:
        words: dict[str, tuple[object, ...]] = {
            "swap": (self.other,),
            "scale": (self.factor,),
            "add": (self.other, self.factor),
        }
        return " ".join(map(str, (self.name, self.row, *words[self.name])))


Program = tuple[Operation, ...]


def swap(row: int, other: int) -> Operation:
    return Operation("swap", row, other)


def scale(row: int, factor: Fraction) -> Operation:
    return Operation("scale", row, factor=factor)


def add(row: int, other: int, factor: Fraction) -> Operation:
    return Operation("add", row, other, factor)


def apply(operation: Operation, a: Matrix) -> Matrix:
    """Return the matrix after one operation; raises `Illegal`, and then nothing has happened."""
    rows = list(a)
    i, j = operation.row - 1, operation.other - 1
    if not 0 <= i < len(rows) or (operation.name != "scale" and not 0 <= j < len(rows)):
        raise Illegal("there is no such row")
    if operation.name == "swap":
        rows[i], rows[j] = rows[j], rows[i]
    elif operation.name == "scale":
        if not operation.factor:
            raise Illegal("a row cannot be multiplied by 0")
        rows[i] = tuple(operation.factor * x for x in rows[i])
    else:
        if i == j:
            raise Illegal("a row cannot be added to itself")
        rows[i] = tuple(x + operation.factor * y if y else x for x, y in zip(rows[i], rows[j], strict=True))
    if any(max(x.numerator.bit_length(), x.denominator.bit_length()) > MAX_BITS for x in rows[i]):
        raise TooLarge("the entries grow too large")
    return tuple(rows)


@dataclass(frozen=True)
class Run:
    """What a program does: the matrix at the end, and how many of its operations were legal."""

    end: Matrix
    legal: int
    refusal: str


def run(program: Iterable[Operation], a: Matrix) -> Run:
    """Apply a program; an illegal operation changes nothing and is counted, and the first refusal is kept."""
    legal, refusal = 0, ""
    for operation in program:
        try:
            a = apply(operation, a)
            legal += 1
        except TooLarge as error:
            return Run(a, legal, refusal or str(error))  # as good as over: what follows would be as large
        except Illegal as error:
            refusal = refusal or str(error)
    return Run(a, legal, refusal)


def gauss_jordan(a: Matrix) -> Program:
    """Return the operations of Gauss-Jordan elimination, none of them without effect."""
    program: list[Operation] = []
    top = 0
    for column in range(len(a[0])):
        found = next((i for i in range(top, len(a)) if a[i][column]), None)
        if found is not None:
            steps = _cleared(a, top, found, column)
            a = run(steps, a).end
            program += steps
            top += 1
    return tuple(program)


def _cleared(a: Matrix, top: int, found: int, column: int) -> list[Operation]:
    """Return the operations that bring row `found` up to `top` and make its column a unit column."""
    steps = [swap(top + 1, found + 1)] if found != top else []
    if a[found][column] != 1:
        steps.append(scale(top + 1, 1 / Fraction(a[found][column])))
    below = list(a)
    below[top], below[found] = below[found], below[top]
    others = (i for i in range(len(a)) if i != top and below[i][column])
    return steps + [add(i + 1, top + 1, -Fraction(below[i][column])) for i in others]
