"""How far a wrong inverse is from the right one: partial credit, in floats; floats never decide `correct`."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import exp
from operator import mul

from generators.exact.matrices import Matrix, Number
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
    near: Rows
    tolerance: Fraction

    @classmethod
    def of(cls, a: Matrix, right: Matrix, tolerance: Fraction) -> "Measure":
        return cls(_floats(a), right, _floats(right), tolerance)

    def raw(self, given: Matrix) -> dict[str, float]:
        """Return the partial components of an answer of the right shape."""
        pairs = [pair for rows in zip(given, self.right, strict=True) for pair in zip(*rows, strict=True)]
        near = _floats(given)
        return {
            "entries": sum(self._hits(pairs, near)) / len(pairs),
            "closeness": _closeness(near, self.near),
            "residual": _residual(self.a, near),
            "integer": sum([(x.denominator == 1) == (y.denominator == 1) for x, y in pairs]) / len(pairs),
        }

    def _hits(self, pairs: list[tuple[Number, Number]], near: Rows) -> list[bool]:
        """Return which entries are right; floats only rule out what is far away, what is near is decided exactly."""
        if not self.tolerance:
            return [x == y for x, y in pairs]
        reach = 2 * float(self.tolerance)
        apart = [abs(x - y) for rows in zip(near, self.near, strict=True) for x, y in zip(*rows, strict=True)]
        off = zip(apart, pairs, strict=True)
        return [d < reach and abs(Fraction(x) - y) <= self.tolerance for d, (x, y) in off]


def _floats(a: Matrix) -> Rows:
    # As `float` does it, without its detour: an entry is asked for twice per judgement.
    return tuple([tuple([x.numerator / x.denominator for x in row]) for row in a])


def _closeness(given: Rows, right: Rows) -> float:
    off = 0.0
    for row, other in zip(given, right, strict=True):
        for x, y in zip(row, other, strict=True):
            off += abs(x - y)
    return exp(-off)


def _residual(a: Rows, given: Rows) -> float:
    columns = tuple(zip(*given, strict=True))
    off = 0.0
    for i, row in enumerate(a):
        for j, column in enumerate(columns):
            off += abs(sum(map(mul, row, column)) - (i == j))
    return exp(-off)
