"""Reading formulas: recursive descent, bounded in length and depth; nothing is evaluated.

choice = sum (< sum ? sum : choice)?          sum = product ((+ | -) product)*
product = signed ((* | / | %)? signed)*       signed = - signed | power
power = atom (^ signed)?      atom = number | k | a | b | c | letter ( choice ) | ( choice ) | { int , ... ; choice }
"""

import re

from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable
from generators.programs.formulas import (
    DIGIT_FUNCTIONS,
    Applied,
    Choice,
    Formula,
    Input,
    Joined,
    Negative,
    Number,
    Recurrence,
    Term,
)
from generators.programs.writing import TERMS

MAX_LENGTH = 16_000  # characters
MAX_TOKENS = 200
MAX_DEPTH = 40
MAX_DIGITS = 700
MAX_STARTS = 24

_TOKEN = re.compile(r"\s*+(?:([0-9]++)|([a-z])|(\*\*|//|[-+*/%^<?:;,(){}\u2212\u00d7\u00b7\u00f7]))")
_SAME = {"**": "^", "//": "/", "\u2212": "-", "\u00d7": "*", "\u00b7": "*", "\u00f7": "/"}


def read_formula(text: str) -> Formula:
    """Read a formula; raises `Unreadable`."""
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"a formula has at most {MAX_LENGTH} characters")
    plain = unwrapped(text).strip()
    if not plain:
        raise Unreadable("there is no formula", "gave_up")
    reader = _Reader(_tokens(plain))
    formula = reader.choice()
    if reader.next:
        raise Unreadable("something follows the formula")
    return formula


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Unreadable("that is not a formula")
        token = found.group().strip()
        if len(tokens) == MAX_TOKENS:
            raise Unreadable(f"a formula has at most {MAX_TOKENS} numbers and signs")
        if len(token) > MAX_DIGITS:
            raise Unreadable(f"a number has at most {MAX_DIGITS} digits")
        tokens.append(_SAME.get(token, token))
        at = found.end()
    return tokens


class _Reader:
    """The tokens, and how far they are read."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0
        self._inside = 0  # how many terms a recurrence around has

    @property
    def next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self.next
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise Unreadable(f"a {token!r} is missing")

    def choice(self) -> Formula:
        """Read a whole formula."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("the formula is too deep")
        left = self._sum()
        if self.next == "<":
            self._take()
            right = self._sum()
            self._expect("?")
            then = self._sum()
            self._expect(":")
            left = Choice(left, right, then, self.choice())
        self._depth -= 1
        return left

    def _sum(self) -> Formula:
        left = self._product()
        while self.next in ("+", "-"):
            left = Joined(self._take(), left, self._product())
        return left

    def _product(self) -> Formula:
        left = self._signed()
        while self.next and (self.next in "*/%({" or self.next.isalnum()):
            sign = self._take() if self.next in "*/%" else "*"
            left = Joined(sign, left, self._signed())
        return left

    def _signed(self) -> Formula:
        minus = 0
        while self.next in ("-", "+"):
            minus += self._take() == "-"
        power = self._power()
        return Negative(power) if minus % 2 else power

    def _power(self) -> Formula:
        atom = self._atom()
        if self.next != "^":
            return atom
        self._take()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable("the formula is too deep")
        power = Joined("^", atom, self._signed())
        self._depth -= 1
        return power

    def _atom(self) -> Formula:
        token = self._take()
        if token.isdigit():
            return Number(int(token))
        if token == "k":
            return Input()
        if token == "(":
            inner = self.choice()
            self._expect(")")
            return inner
        if token == "{" and not self._inside:
            return self._recurrence()
        if token in DIGIT_FUNCTIONS and self.next == "(":
            self._take()
            argument = self.choice()
            self._expect(")")
            return Applied(token, argument)
        if token and token in TERMS[: self._inside]:
            return Term(TERMS.index(token) + 1)
        raise Unreadable("that is not a formula")

    def _recurrence(self) -> Formula:
        starts = [self._start()]
        while self.next == ",":
            self._take()
            starts.append(self._start())
        if len(starts) > MAX_STARTS:
            raise Unreadable(f"a recurrence has at most {MAX_STARTS} first terms")
        self._expect(";")
        self._inside = min(len(starts), len(TERMS))
        step = self.choice()
        self._inside = 0
        self._expect("}")
        return Recurrence(tuple(starts), step)

    def _start(self) -> int:
        minus = self.next == "-"
        if minus:
            self._take()
        token = self._take()
        if not token.isdigit():
            raise Unreadable("a recurrence begins with integers")
        return -int(token) if minus else int(token)
