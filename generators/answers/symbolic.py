"""Reading matrices of expressions in letters: `[[d/(ad - bc), ...], ...]`, `1/(ad - bc) * [[d, -b], [-c, a]]`."""

import re
from collections.abc import Sequence
from fractions import Fraction

from generators.answers.expressions import read_expression
from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable
from generators.exact import rational_functions as functions
from generators.exact.rational_functions import LETTERS, Ratio

MAX_LENGTH = 4_000  # characters
MAX_CELLS = 9

Entries = tuple[tuple[Ratio, ...], ...]

_MATRIX = r"\{(?:[pbB]|small)?(?:matrix|array)\}"
_ENVIRONMENT = re.compile(rf"\\begin{_MATRIX}(?:\{{[lcr|]{{0,9}}\}})?(.*?)\\end{_MATRIX}")
_INVERSE = r"[A-Z] ?(?:\^ ?\{?\(?-1\)?\}?|\u207b\u00b9)?"
_LABEL = re.compile(
    rf"(?:(?:so|thus|the|inverse|matrix|answer|is|therefore|hence) ?){{0,8}}(?:{_INVERSE})? ?:?", re.IGNORECASE
)
_NAMED = re.compile(rf"{_INVERSE}\Z")
_WRAPPERS = re.compile(r"\\(?:left|right|displaystyle)(?![a-zA-Z])\.?|\b(?:sympy\.|sp\.|np\.)?(?:Matrix|array)(?=\()")
MAX_SIDES = 4  # of a chain of equations


class _Functions:
    """The algebra of rational functions of the letters of a problem."""

    def number(self, text: str) -> Ratio:
        value = Fraction(text)
        return functions.divided(functions.constant(value.numerator), functions.constant(value.denominator))

    def letter(self, name: str) -> Ratio:
        if name not in LETTERS:
            raise Unreadable("a letter is used that the problem does not have")
        return functions.letter(name)

    def negative(self, a: Ratio) -> Ratio:
        return functions.negative(a)

    def added(self, a: Ratio, b: Ratio) -> Ratio:
        return functions.added(a, b)

    def subtracted(self, a: Ratio, b: Ratio) -> Ratio:
        return functions.added(a, functions.negative(b))

    def multiplied(self, a: Ratio, b: Ratio) -> Ratio:
        return functions.multiplied(a, b)

    def juxtaposed(self, a: Ratio, b: Ratio) -> Ratio:
        return functions.multiplied(a, b)

    def divided(self, a: Ratio, b: Ratio) -> Ratio:
        return functions.divided(a, b)

    def power(self, a: Ratio, exponent: int) -> Ratio:
        return functions.power(a, exponent)


def read_functions(text: str) -> Entries:
    """Read a matrix of rational functions, with a factor before or a divisor behind it; raises `Unreadable`.

    The sides of a chain of equations must agree, but for the name of the matrix at its start.
    """
    if not text.strip():
        raise Unreadable("there is no matrix in the answer", "gave_up")
    if len(text) > MAX_LENGTH:
        raise Unreadable("the answer is too long")
    rows = re.sub(r"\\\\\[[0-9a-z.]{0,9}\]", r"\\\\ ", text)  # a distance between rows, and no bracket
    plain = " ".join(_WRAPPERS.sub(" ", unwrapped(rows)).split())
    sides = plain.split("=")
    if len(sides) > 1 and _is_label(sides[0]):
        del sides[0]
    if len(sides) > MAX_SIDES:
        raise Unreadable("there are too many equations")
    first, *others = [_side(side.strip()) for side in sides]
    for other in others:
        if len(first) != len(other) or not all(map(_same_row, first, other)):
            raise Unreadable("there is more than one answer", "several_answers")
    return first


def _is_label(text: str) -> bool:
    """Whether a text is prose and the name of a matrix: `The inverse is A^{-1}`."""
    found = _LABEL.fullmatch(text.strip())
    named = _NAMED.search(text.strip())
    return found is not None and (named is not None or not re.search(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", text))


def _same_row(row: Sequence[Ratio], other: Sequence[Ratio]) -> bool:
    return len(row) == len(other) and all(x.same(y) for x, y in zip(row, other, strict=True))


def _side(text: str) -> Entries:
    before, cells, behind = _parts(text)
    if not 1 <= sum(map(len, cells)) <= MAX_CELLS or len({len(row) for row in cells}) != 1:
        raise Unreadable("the rows differ in length, or there are too many")
    while before.endswith("(") and behind.startswith(")"):
        before, behind = before[:-1].strip(), behind[1:].strip()
    algebra = _Functions()
    named = re.sub(r"\A(?:the inverse is|answer)\s?:?\s?", "", before, flags=re.IGNORECASE)
    factor = _factor(named.strip(), behind.rstrip(".; "), algebra)
    entries = (tuple(read_expression(cell, algebra) for cell in row) for row in cells)
    return tuple(tuple(functions.multiplied(factor, x) for x in row) for row in entries)


def _factor(before: str, behind: str, algebra: _Functions) -> Ratio:
    """Return what the matrix is multiplied by."""
    if before.startswith("(") and behind.endswith(")") and before.count("(") > before.count(")"):
        before, behind = before[1:].strip(), behind[:-1].strip()
    factor = functions.constant(1)
    before = re.sub(r"(?:\*|\\cdot|\\times|\u00b7|\u00d7)\s*\Z", "", before)
    if before.strip() in ("-", "\u2212"):
        factor = functions.constant(-1)
    elif before.strip():
        factor = read_expression(before, algebra)
    if behind.startswith("/"):
        return functions.divided(factor, read_expression(behind[1:], algebra))
    if behind:
        raise Unreadable("something stands after the matrix")
    return factor


def _parts(text: str) -> tuple[str, list[list[str]], str]:
    """Return what stands before the matrix, its cells as texts, and what stands behind it."""
    if found := _ENVIRONMENT.search(text):
        rows = [row for row in found.group(1).split(r"\\") if row.strip()]
        before, behind = text[: found.start()].strip(), text[found.end() :].strip()
        while before[-1:] + behind[:1] in ("[]", "()"):
            before, behind = before[:-1].strip(), behind[1:].strip()
        return before, [row.split("&") for row in rows], behind
    start = text.find("[")
    end = _closing(text, start)
    inside = text[start + 1 : end].strip()
    if inside.startswith("["):
        rows = [row.strip() for row in _split(inside, ",") if row.strip()]
        if not all(row.startswith("[") and _closing(row, 0) == len(row) - 1 for row in rows):
            raise Unreadable("the brackets do not make a matrix")
        cells = [_split(row[1:-1], ",") for row in rows]
    else:
        cells = [_split(row, ",") for row in _split(inside, ";") if row.strip()]
    return text[:start].strip(), cells, text[end + 1 :].strip()


def _closing(text: str, start: int) -> int:
    """Return where the bracket at `start` is closed; raises `Unreadable`."""
    depth = 0
    for at in range(max(start, 0), len(text) if start >= 0 else 0):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return at
    raise Unreadable("there is no matrix in the answer, or a bracket is missing")


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that stands in no bracket."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]
