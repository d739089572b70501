"""Expressions of given numbers: what they use, what they make, and the search for one that makes a target."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from generators.errors import EmptySplit, Unreadable

MAX_QUICK = 20_000  # of whole numbers only
MAX_SEARCHED = 200_000  # positions looked at for an expression; six numbers have somewhat more
MAX_LEAVES = 16  # more than any problem gives; the value stays as small as its numbers


@dataclass(frozen=True)
class Expression:
    """An expression as written, the numbers it uses and its value."""

    text: str
    leaves: tuple[int, ...]
    value: Fraction


class Counting:
    """The algebra of the game: no powers, no signs before numbers, no digits joined."""

    def number(self, text: str) -> Expression:
        if not text.isdigit():
            raise Unreadable("the numbers are integers")
        return Expression(text, (int(text),), Fraction(int(text)))

    def letter(self, name: str) -> Expression:
        raise Unreadable("an expression holds no letters")

    def negative(self, a: Expression) -> Expression:
        raise Unreadable("a sign stands before a number")

    def juxtaposed(self, a: Expression, b: Expression) -> Expression:
        raise Unreadable("an operation is missing")

    def power(self, a: Expression, exponent: int) -> Expression:
        raise Unreadable("powers are not allowed")

    def added(self, a: Expression, b: Expression) -> Expression:
        return _joined(a, "+", b, a.value + b.value)

    def subtracted(self, a: Expression, b: Expression) -> Expression:
        return _joined(a, "-", b, a.value - b.value)

    def multiplied(self, a: Expression, b: Expression) -> Expression:
        return _joined(a, "*", b, a.value * b.value)

    def divided(self, a: Expression, b: Expression) -> Expression:
        if not b.value:
            raise Unreadable("a number is divided by zero")
        return _joined(a, "/", b, a.value / b.value)


def _joined(a: Expression, sign: str, b: Expression, value: Fraction) -> Expression:
    if len(a.leaves) + len(b.leaves) > MAX_LEAVES:
        raise Unreadable("the expression is too long")
    return Expression(f"({a.text} {sign} {b.text})", a.leaves + b.leaves, value)


def alone(number: int) -> Expression:
    """Return a number as an expression."""
    return Expression(str(number), (number,), Fraction(number))


def may_make(numbers: Sequence[int], target: int) -> bool:
    """Whether a target can be made of numbers; True too where whole numbers on the way do not settle it."""
    waiting, steps = [tuple(numbers)], 0
    while waiting and steps < MAX_QUICK:
        parts = waiting.pop()
        if target in parts:
            return True
        for i, a in enumerate(parts):
            for j in range(i):
                b, rest = parts[j], parts[:j] + parts[j + 1 : i] + parts[i + 1 :]
                high, low = (a, b) if a >= b else (b, a)
                made = [high + low, high - low, high * low]
                if low and high % low == 0:
                    made.append(high // low)
                waiting += [(*rest, value) for value in made]
                steps += len(made)
    return steps >= MAX_QUICK or _searched(tuple(sorted(numbers)), target) is not None


@lru_cache(maxsize=4_096)
def winner_of(numbers: tuple[int, ...], target: int) -> Expression:
    """Return an expression that makes the target of given numbers; raises `EmptySplit` where none is found."""
    if (found := _searched(numbers, target)) is None:
        raise EmptySplit(f"no expression of {', '.join(map(str, numbers))} was found that makes {target}")
    return found


def _searched(numbers: tuple[int, ...], target: int) -> Expression | None:
    met: set[tuple[Fraction, ...]] = set()
    waiting = [tuple(alone(x) for x in numbers)]
    while waiting and len(met) < MAX_SEARCHED:
        parts = waiting.pop()
        for part in parts:
            if part.value == target:
                return part
        for key, joined in _smaller(parts):
            if key not in met:
                met.add(key)
                waiting.append(joined)
    return None


def _smaller(parts: tuple[Expression, ...]) -> Iterator[tuple[tuple[Fraction, ...], tuple[Expression, ...]]]:
    """Yield the parts with two of them joined by an operation, in every way, and what tells equal ways apart."""
    game = Counting()
    for i, a in enumerate(parts):
        for j, b in enumerate(parts):
            if i == j or a.value < b.value:
                continue
            rest = tuple(part for at, part in enumerate(parts) if at not in (i, j))
            for join in (game.added, game.subtracted, game.multiplied, *([game.divided] if b.value else [])):
                made = (*rest, join(a, b))
                yield tuple(sorted(part.value for part in made)), made
