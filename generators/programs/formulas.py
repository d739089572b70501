"""Functions from integers to integers as formulas: a small language with an exact, bounded evaluator.

    3*2^(k+1)+5     k<4?2*k:k+9     (7*k+2)%10     s(k)     {1,1;a+b}

`/` is floor division and `%` its remainder; `s(k)` and the like look at digits; `{1,1;a+b}` is a recurrence with its
first terms and its step, in which `a`, `b`, `c` are the terms one, two and three before. A value that is not an
integer, too large, or too long in coming is none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache

MAX_BITS = 8_192
MAX_WORK = 50_000  # nodes that are evaluated for one list of inputs; more for what is long


class Undefined(ArithmeticError):
    """A formula has no value at an input."""


@dataclass(frozen=True)
class Number:
    """An integer, not negative."""

    value: int


@dataclass(frozen=True)
class Input:
    """`k`."""


@dataclass(frozen=True)
class Term:
    """An earlier term of a recurrence, so many steps back."""

    back: int


@dataclass(frozen=True)
class Joined:
    """Two formulas and one of + - * / % ^."""

    sign: str
    left: "Formula"
    right: "Formula"


@dataclass(frozen=True)
class Negative:
    """A formula with the other sign."""

    of: "Formula"


@dataclass(frozen=True)
class Applied:
    """A function of digits by its letter, and its argument."""

    name: str
    argument: "Formula"


@dataclass(frozen=True)
class Choice:
    """`left<right?then:otherwise`."""

    left: "Formula"
    right: "Formula"
    then: "Formula"
    otherwise: "Formula"


@dataclass(frozen=True)
class Recurrence:
    """The first terms, from k = 0 on, and how each later one follows."""

    starts: tuple[int, ...]
    step: "Formula"


Formula = Number | Input | Term | Joined | Negative | Applied | Choice | Recurrence
K = Input()


def _digits(x: int) -> list[int]:
    return [ord(letter) - 48 for letter in str(abs(x))]


@dataclass(frozen=True)
class DigitFunction:
    """A function of the digits of |x|, and how Python says it of the text `{0}`."""

    about: str
    apply: Callable[[int], int]
    python: str


DIGIT_FUNCTIONS: Mapping[str, DigitFunction] = {
    "s": DigitFunction("sum of the digits", lambda x: sum(_digits(x)), "sum(map(int, str(abs({0}))))"),
    "q": DigitFunction(
        "sum of their squares", lambda x: sum(d * d for d in _digits(x)), "sum(int(d) ** 2 for d in str(abs({0})))"
    ),
    "r": DigitFunction("digits reversed", lambda x: int(str(abs(x))[::-1]), "int(str(abs({0}))[::-1])"),
    "n": DigitFunction("number of digits", lambda x: len(_digits(x)), "len(str(abs({0})))"),
    "m": DigitFunction("largest digit", lambda x: max(_digits(x)), "max(map(int, str(abs({0}))))"),
    "o": DigitFunction("ones in binary", lambda x: abs(x).bit_count(), 'bin({0}).count("1")'),
}


@lru_cache(maxsize=512)
def values(formula: Formula, inputs: Sequence[int]) -> tuple[int | None, ...]:
    """Return the value at each input, None where there is none; the inputs can be hashed."""
    machine = _Machine()
    found: list[int | None] = []
    for k in inputs:
        try:
            found.append(machine.value(formula, k, ()))
        except Undefined:
            found.append(None)
    return tuple(found)


class _Machine:
    """Counts what it does, over all inputs."""

    def __init__(self) -> None:
        self._work = 0
        self._terms: dict[int, list[int]] = {}  # of every recurrence by its identity, as far as it was needed

    def value(self, at: Formula, k: int, terms: Sequence[int]) -> int:
        """Return the value of a formula at an input, within a recurrence after `terms`."""
        self._work += 1
        if self._work > MAX_WORK:
            raise Undefined("too much work")
        return _EVALUATES[type(at)](self, at, k, terms)

    def number(self, at: Number, k: int, terms: Sequence[int]) -> int:
        return at.value

    def input(self, at: Input, k: int, terms: Sequence[int]) -> int:
        return k

    def term(self, at: Term, k: int, terms: Sequence[int]) -> int:
        if at.back > len(terms):
            raise Undefined("there is no such term")
        return terms[-at.back]

    def joined(self, at: Joined, k: int, terms: Sequence[int]) -> int:
        left, right = self.value(at.left, k, terms), self.value(at.right, k, terms)
        value = _OPERATIONS[at.sign](left, right)
        self._work += _cost(left, right) + _cost(value, value)
        return value

    def negative(self, at: Negative, k: int, terms: Sequence[int]) -> int:
        return -self.value(at.of, k, terms)

    def applied(self, at: Applied, k: int, terms: Sequence[int]) -> int:
        x = self.value(at.argument, k, terms)
        self._work += 1 + _cost(x, x)
        return DIGIT_FUNCTIONS[at.name].apply(x)

    def choice(self, at: Choice, k: int, terms: Sequence[int]) -> int:
        less = self.value(at.left, k, terms) < self.value(at.right, k, terms)
        return self.value(at.then if less else at.otherwise, k, terms)

    def recurrence(self, at: Recurrence, k: int, terms: Sequence[int]) -> int:
        if k < 0:
            raise Undefined("a recurrence starts at 0")
        found = self._terms.setdefault(id(at), list(at.starts))
        while len(found) <= k:
            found.append(self.value(at.step, len(found), found))
        return found[k]


_EVALUATES: Mapping[type, Callable[..., int]] = {
    Number: _Machine.number,
    Input: _Machine.input,
    Term: _Machine.term,
    Joined: _Machine.joined,
    Negative: _Machine.negative,
    Applied: _Machine.applied,
    Choice: _Machine.choice,
    Recurrence: _Machine.recurrence,
}


def _cost(x: int, y: int) -> int:
    """Return what multiplying two numbers takes, in evaluations of a short node."""
    return x.bit_length() * y.bit_length() >> 20


def _bounded(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise Undefined("too large")
    return value


def _divided(x: int, y: int) -> int:
    if y == 0:
        raise Undefined("division by zero")
    return x // y


def _remainder(x: int, y: int) -> int:
    return x - y * _divided(x, y)


def _power(x: int, y: int) -> int:
    if y < 0 or (abs(x) > 1 and y * (x.bit_length() - 1) > MAX_BITS):
        raise Undefined("no integer, or too large")
    return _bounded(x**y)


_OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda x, y: _bounded(x + y),
    "-": lambda x, y: _bounded(x - y),
    "*": lambda x, y: _bounded(x * y),
    "/": _divided,
    "%": _remainder,
    "^": _power,
}


def variants(formula: Formula) -> Iterator[Formula]:
    """Yield every formula in which one number is one more, or one less."""
    if isinstance(formula, Number):
        yield Number(formula.value + 1)
        if formula.value:
            yield Number(formula.value - 1)
        return
    for field in fields(formula):
        part = getattr(formula, field.name)
        changed: Iterable[object] = ()
        if isinstance(part, tuple):
            changed = ((*part[:at], value + 1, *part[at + 1 :]) for at, value in enumerate(part))
        elif is_dataclass(part):
            changed = variants(part)  # type: ignore[arg-type]
        yield from (replace(formula, **{field.name: other}) for other in changed)  # type: ignore[arg-type]


def constant(value: int) -> Formula:
    """Return an integer of either sign as a formula."""
    return Number(value) if value >= 0 else Negative(Number(-value))


def plus(formula: Formula, value: int) -> Formula:
    """Return a formula with an integer added, nothing where that is 0."""
    return Joined("+" if value > 0 else "-", formula, Number(abs(value))) if value else formula


def times(value: int, formula: Formula) -> Formula:
    """Return an integer times a formula, the formula alone where that is 1."""
    if value == 1:
        return formula
    return Negative(formula) if value == -1 else Joined("*", constant(value), formula)
