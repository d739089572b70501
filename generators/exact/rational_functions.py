"""Rational functions of a few letters, exact and bounded in size: fractions of sympy's integer polynomials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from generators.errors import Unreadable

LETTERS = "abcdpqxy"
# What bounds the time of every operation: checked before it is done. A product of the largest size takes milliseconds.
MAX_TERMS = 128
MAX_DEGREE = 12
MAX_BITS = 256
MAX_POWER = 6

_PRIME = 2**61 - 1
_AT = tuple(pow(3, 1_000 + k, _PRIME) for k in range(len(LETTERS)))  # where functions are compared for their key


@lru_cache
def ring() -> Any:
    """Return the polynomials in `LETTERS` over the integers; sympy is imported here, by the first who needs it."""
    from sympy import ZZ
    from sympy.polys.rings import ring as make

    return make(list(LETTERS), ZZ)[0]


@dataclass(frozen=True)
class Ratio:
    """`upper / lower`, not reduced; `lower` is not the polynomial 0."""

    upper: Any
    lower: Any

    def same(self, other: "Ratio") -> bool:
        """Whether both are the same function: upper · lower' = upper' · lower, as polynomials."""
        return bool(_times(self.upper, other.lower) == _times(other.upper, self.lower))

    @property
    def key(self) -> int:
        """Return the value at one fixed point modulo a prime: equal for equal functions, and hardly ever else."""
        upper, lower = (_at(side) for side in (self.upper, self.lower))
        return upper * pow(lower, -1, _PRIME) % _PRIME if lower else -1

    def __str__(self) -> str:
        if self.lower == 1:
            return str(self.upper)
        upper = str(self.upper) if len(self.upper) == 1 else f"({self.upper})"
        return f"{upper}/({self.lower})"


def constant(value: int) -> Ratio:
    return _checked(ring().ground_new(value), ring().one)


def letter(name: str) -> Ratio:
    return Ratio(ring().gens[LETTERS.index(name)], ring().one)


def added(a: Ratio, b: Ratio) -> Ratio:
    if a.lower == b.lower:
        return _checked(a.upper + b.upper, a.lower)
    return _checked(_times(a.upper, b.lower) + _times(b.upper, a.lower), _times(a.lower, b.lower))


def negative(a: Ratio) -> Ratio:
    return Ratio(-a.upper, a.lower)


def multiplied(a: Ratio, b: Ratio) -> Ratio:
    return _checked(_times(a.upper, b.upper), _times(a.lower, b.lower))


def divided(a: Ratio, b: Ratio) -> Ratio:
    """Return a / b; raises `Unreadable` where b is the function 0."""
    if not b.upper:
        raise Unreadable("an expression is divided by zero")
    return multiplied(a, Ratio(b.lower, b.upper))


def power(a: Ratio, exponent: int) -> Ratio:
    if abs(exponent) > MAX_POWER:
        raise Unreadable(f"an exponent is beyond {MAX_POWER}")
    result = constant(1)
    for _ in range(abs(exponent)):
        result = multiplied(result, a)
    return divided(constant(1), result) if exponent < 0 else result


def singular(a: Sequence[Sequence[Ratio]]) -> bool:
    """Whether the determinant of a matrix of polynomials is the polynomial 0."""
    return not _determinant([[x.upper for x in row] for row in a])


def inverse(a: Sequence[Sequence[Ratio]]) -> tuple[tuple[Ratio, ...], ...]:
    """Return the adjugate over the determinant, of a matrix of polynomials up to 3x3; raises `ZeroDivisionError`."""
    n = len(a)
    whole = _determinant([[x.upper for x in row] for row in a])
    if not whole:
        raise ZeroDivisionError("the matrix is singular")

    def cofactor(i: int, j: int) -> Any:
        minor = [[x.upper for q, x in enumerate(row) if q != j] for p, row in enumerate(a) if p != i]
        return (-1) ** (i + j) * _determinant(minor) if n > 1 else ring().one

    return tuple(tuple(_reduced(cofactor(j, i), whole) for j in range(n)) for i in range(n))


def _determinant(a: list[list[Any]]) -> Any:
    if len(a) == 1:
        return a[0][0]
    minors = ([row[:j] + row[j + 1 :] for row in a[1:]] for j in range(len(a)))
    return sum(((-1) ** j * a[0][j] * _determinant(m) for j, m in enumerate(minors)), start=ring().zero)


def _reduced(upper: Any, lower: Any) -> Ratio:
    upper, lower = upper.cancel(lower)
    return Ratio(-upper, -lower) if lower.LC < 0 else Ratio(upper, lower)


def _times(a: Any, b: Any) -> Any:
    if len(a) > MAX_TERMS or len(b) > MAX_TERMS or _degree(a) + _degree(b) > 2 * MAX_DEGREE:
        raise Unreadable("an expression is too large")
    return a * b


def _degree(a: Any) -> int:
    return max((sum(exponents) for exponents in a), default=0)


def _checked(upper: Any, lower: Any) -> Ratio:
    for side in (upper, lower):
        largest = max((abs(c).bit_length() for c in map(int, side.values())), default=0)
        if len(side) > MAX_TERMS or _degree(side) > MAX_DEGREE or largest > MAX_BITS:
            raise Unreadable("an expression is too large")
    return Ratio(upper, lower)


def _at(side: Mapping[tuple[int, ...], Any]) -> int:
    total = 0
    for exponents, coefficient in side.items():
        term = int(coefficient)
        for x, e in zip(_AT, exponents, strict=True):
            term = term * pow(x, e, _PRIME) % _PRIME
        total += term
    return total % _PRIME
