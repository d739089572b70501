"""How far a wrong inverse is from the right one: partial credit, in floats; floats never decide `correct`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import exp

from generators.exact.matrices import Matrix
from generators.linear_algebra.matrix_inverse.guesses import within
from generators.written import FORMAT

COMPONENTS: Mapping[str, str] = {
    "correct": "1 if every entry is right (exactly, or within the stated tolerance)",
    "entries": "share of right entries",
    "closeness": "exp(-|X' - X|_1), |.|_1 the sum of absolute entries",
    "residual": "exp(-|A X' - I|_1)",
    "integer": "share of entries that are integers where the right ones are, and only there",
    "format": FORMAT,
}

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Measure:
    """Partial credit for one problem, not yet rescaled by its best cheap guess."""

    a: Rows
    right: Matrix
    tolerance: Fraction

    @classmethod
    def of(cls, a: Matrix, right: Matrix, tolerance: Fraction) -> "Measure":
        return cls(_floats(a), right, tolerance)

    def raw(self, given: Matrix) -> dict[str, float]:
        """Return the partial components of an answer of the right shape."""
        return {name: measure(self, given) for name, measure in _PARTIAL.items()}


def _floats(a: Matrix) -> Rows:
    return tuple(tuple(map(float, row)) for row in a)


def _share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def _entries(m: Measure, given: Matrix) -> float:
    rows = zip(given, m.right, strict=True)
    return _share([within(((x,),), ((y,),), m.tolerance) for pair in rows for x, y in zip(*pair, strict=True)])


def _closeness(m: Measure, given: Matrix) -> float:
    rows = zip(_floats(given), _floats(m.right), strict=True)
    return exp(-sum(abs(x - y) for pair in rows for x, y in zip(*pair, strict=True)))


def _residual(m: Measure, given: Matrix) -> float:
    columns = list(zip(*_floats(given), strict=True))
    off = 0.0
    for i, row in enumerate(m.a):
        for j, column in enumerate(columns):
            off += abs(sum(x * y for x, y in zip(row, column, strict=True)) - (i == j))
    return exp(-off)


def _integer(m: Measure, given: Matrix) -> float:
    rows = zip(given, m.right, strict=True)
    return _share([(x.denominator == 1) == (y.denominator == 1) for pair in rows for x, y in zip(*pair, strict=True)])


_PARTIAL: Mapping[str, Callable[[Measure, Matrix], float]] = {
    "entries": _entries,
    "closeness": _closeness,
    "residual": _residual,
    "integer": _integer,
}
