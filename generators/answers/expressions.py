"""Reading expressions over any algebra: numbers, letters, + - * / ^ and brackets, as Python, LaTeX or plain text.

    sum = term ((+ | -) term)*      term = factor ((* | /)? factor)*      factor = - factor | atom (^ integer)?

Recursive descent, bounded in length and depth; nothing is evaluated but by the algebra, which bounds its own values.
"""

import re
from typing import Generic, Protocol, TypeVar

from generators.errors import Unreadable

MAX_TOKENS = 1_024
MAX_DEPTH = 24
MAX_DIGITS = 20

_TOKEN = re.compile(
    r"""\s*+(?:
    (?P<number> [0-9]++ (?:\.[0-9]++)?+ )
  | (?P<letter> [A-Za-z](?![A-Za-z]{2}) )      # ab is a b; a word of three letters and more is no product
  | (?P<op>     \*\* | [-+*/^(){}\[\]] )
  | (?P<frac>   \\[cdt]?+frac(?![a-zA-Z]) )
  | (?P<other>  [\u2212\u2013] | [\u00d7\u00b7\u22c5\u2217\u2219] | [\u00f7\u2044] | \\(?:times|cdot|div)(?![a-zA-Z]) )
  | (?P<blank>  \\(?:left|right)(?![a-zA-Z])\.?+ | \\[,;:!\ ] | [$`] )
    )""",
    re.VERBOSE,
)
_SAME = {
    "\u2212": "-",
    "\u2013": "-",
    "\u00d7": "*",
    "\u00b7": "*",
    "\u22c5": "*",
    "\u2217": "*",
    "\u2219": "*",
    "\u00f7": "/",
    "\u2044": "/",
}
_SAME |= {r"\times": "*", r"\cdot": "*", r"\div": "/", "**": "^"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}

V = TypeVar("V")


class Algebra(Protocol[V]):
    """What an expression is read into. Every operation may raise `Unreadable` for what is not allowed or too large."""

    def number(self, text: str) -> V:
        """Return the value of an integer or decimal as written."""

    def letter(self, name: str) -> V:
        """Return the value of a letter."""

    def negative(self, a: V) -> V:
        """Return -a."""

    def added(self, a: V, b: V) -> V:
        """Return a + b."""

    def subtracted(self, a: V, b: V) -> V:
        """Return a - b."""

    def multiplied(self, a: V, b: V) -> V:
        """Return a b."""

    def juxtaposed(self, a: V, b: V) -> V:
        """Return what `a b` means without a sign between them."""

    def divided(self, a: V, b: V) -> V:
        """Return a / b."""

    def power(self, a: V, exponent: int) -> V:
        """Return a^exponent."""


def read_expression(text: str, algebra: Algebra[V]) -> V:
    """Read the one expression that `text` holds and nothing else; raises `Unreadable`."""
    if not text.strip():
        raise Unreadable("there is no expression in the answer", "gave_up")
    reader = _Reader(_tokens(text), algebra)
    value = reader.sum(0)
    if reader.kind:
        raise Unreadable("something stands after the expression")
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    text = text.rstrip()
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Unreadable("a character is not part of an expression")
        kind, at = token.lastgroup or "", token.end()
        if kind != "blank":
            written = token.group(kind)
            found.append(("op" if kind == "other" else kind, _SAME.get(written, written)))
        if len(found) > MAX_TOKENS:
            raise Unreadable("the expression is too long")
    return [*found, ("", "")]


class _Reader(Generic[V]):
    def __init__(self, tokens: list[tuple[str, str]], algebra: Algebra[V]) -> None:
        self.tokens = tokens
        self.algebra = algebra
        self.at = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def text(self) -> str:
        return self.tokens[self.at][1]

    def sum(self, depth: int) -> V:
        if depth > MAX_DEPTH:
            raise Unreadable("the brackets are nested too deeply")
        value = self._term(depth)
        while self.text in ("+", "-"):
            combine = self.algebra.added if self.text == "+" else self.algebra.subtracted
            self.at += 1
            value = combine(value, self._term(depth))
        return value

    def _term(self, depth: int) -> V:
        value = self._factor(depth)
        while True:
            if self.text in ("*", "/"):
                combine = self.algebra.multiplied if self.text == "*" else self.algebra.divided
                self.at += 1
                value = combine(value, self._factor(depth))
            elif self.kind in ("number", "letter", "frac") or self.text in _CLOSING:
                value = self.algebra.juxtaposed(value, self._power(depth))
            else:
                return value

    def _factor(self, depth: int) -> V:
        signs = 0
        while self.text in ("-", "+"):
            signs += self.text == "-"
            if self.tokens[self.at + 1][1] in ("-", "+"):
                raise Unreadable("two signs stand together")
            self.at += 1
        value = self._power(depth)
        return self.algebra.negative(value) if signs else value

    def _power(self, depth: int) -> V:
        value = self._atom(depth)
        if self.text != "^":
            return value
        self.at += 1
        closing = {"{": "}", "(": ")"}.get(self.text, "")
        self.at += bool(closing)
        sign = -1 if self.text == "-" else 1
        self.at += self.text == "-"
        kind, exponent = self.tokens[self.at]
        if kind != "number" or not exponent.isdigit() or len(exponent) > 2:
            raise Unreadable("an exponent is not a small integer")
        self.at += 1
        if closing:
            self._expect(closing)
        if self.text == "^":
            raise Unreadable("two exponents stand together")
        return self.algebra.power(value, sign * int(exponent))

    def _atom(self, depth: int) -> V:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            if len(text) > MAX_DIGITS:
                raise Unreadable(f"a number has more than {MAX_DIGITS} digits")
            return self.algebra.number(text)
        if kind == "letter":
            return self.algebra.letter(text)
        if kind == "frac":
            upper = self._braced(depth)
            return self.algebra.divided(upper, self._braced(depth))
        if text in _CLOSING:
            value = self.sum(depth + 1)
            self._expect(_CLOSING[text])
            return value
        raise Unreadable("a number is missing")

    def _braced(self, depth: int) -> V:
        self._expect("{")
        value = self.sum(depth + 1)
        self._expect("}")
        return value

    def _expect(self, text: str) -> None:
        if self.text != text:
            raise Unreadable(f"{text} is missing")
        self.at += 1
