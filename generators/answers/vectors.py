"""Reading the values of named unknowns: `[1, 2]`, `x = 1, y = 2`, `(x, y) = (1, 2)`, a column in LaTeX."""

import re
from collections.abc import Sequence
from fractions import Fraction

from generators.answers.matrix import read_matrix
from generators.answers.numbers import read_number
from generators.answers.prose import NEUTRAL, neutral
from generators.answers.wrapping import SUBSCRIPTS, unwrapped
from generators.errors import Unreadable

MAX_LENGTH = 8_000  # characters

_LAYOUT = re.compile(
    r"\\(?:begin|end)\{(?:cases|aligned|align\*?)\}|&|\\\\(?:\[[0-9a-z.]{0,9}\])?|\\q?quad|\\[,;:! ]"
    r"|\\left\\\{|\\right\.|\$|\*\*"
)
_BULLETS = re.compile(r"(?m)^[ \t]{0,8}(?:[-*\u2022]|[0-9]{1,2}[.)])[ \t]{1,8}(?=[a-z*'\"$])")
_TRANSPOSES = ("^T", "^{T}", r"^\top", r"^{\top}", r"^{\mathsf{T}}", r"^\intercal", "\u1d40")
_ONE = r"[a-z](?:_?\{?[0-9]\}?)?"
_LIST = rf"({_ONE}(?:\s?(?:,|\\\\)\s?{_ONE}){{1,9}})"
_JOINT = re.compile(rf"\s*(?:[(\[]|\\begin\{{[pb]matrix\}})\s?{_LIST}\s?(?:[)\]]|\\end\{{[pb]matrix\}})\s?=(?!=)")
_WHOLE = re.compile(r"\s*(?:\\(?:mathbf|vec|boldsymbol|overrightarrow)\{[a-z]\}|[a-z])\s?=(?!=)")
_NAME = re.compile(r"(?<![A-Za-z0-9_\\])['\"]?([a-z])_?\{?([0-9]?)\}?['\"]?\s{0,3}(?:=|:)(?!=)")
_JOINING = NEUTRAL - {"or"}


def read_vector(text: str, names: Sequence[str]) -> tuple[Fraction, ...]:
    """Read one value for each name, in the order of `names`; raises `Unreadable`."""
    if len(text) > MAX_LENGTH:
        raise Unreadable("the answer is too long")
    text = _column(unwrapped(text.translate(SUBSCRIPTS)))
    if joint := _JOINT.match(text):
        order = [re.sub(r"[_{}]", "", name) for name in re.split(r"\s?(?:,|\\\\)\s?", joint.group(1))]
        return _reordered(dict(zip(order, _values(text[joint.end() :], len(order)), strict=True)), names)
    plain = _BULLETS.sub("", _LAYOUT.sub(" ", text))
    plain = plain[1:-1] if plain[:1] + plain[-1:] in ("()", "{}") and ("=" in plain or ":" in plain) else plain
    found = [match for match in _NAME.finditer(plain) if match.group(1) + match.group(2) in names]
    whole = _WHOLE.match(text)
    if len(names) > 1 and whole and len(found) < 2:
        return _values(text[whole.end() :], len(names))
    return _assigned(plain, found, names) if found else _values(text, 0)


def _column(text: str) -> str:
    """Return a text without the sign of transposition at its end: a row that is a column is the same vector."""
    bare = text.rstrip(" \t\n$.")
    ending = next((ending for ending in _TRANSPOSES if bare.endswith(ending)), "")
    return bare.removesuffix(ending) if ending else text


def _values(text: str, count: int) -> tuple[Fraction, ...]:
    """Read a row or a column, of `count` values where that is not 0."""
    value = read_matrix(text)
    if len(value) > 1 and len(value[0]) > 1:
        raise Unreadable("the answer is a matrix, not one value for each unknown")
    values = tuple(Fraction(x) for row in value for x in row)
    if count and len(values) != count:
        raise Unreadable("there are not as many values as unknowns")
    return values


def _assigned(text: str, found: Sequence[re.Match[str]], names: Sequence[str]) -> tuple[Fraction, ...]:
    before = text[: found[0].start()]
    if not re.fullmatch(r"[A-Za-z\s,.:;]*", before) or not neutral(before, _JOINING):
        raise Unreadable("something stands before the first value")
    ends = [match.start() for match in found[1:]] + [len(text)]
    values: dict[str, Fraction] = {}
    for match, end in zip(found, ends, strict=True):
        name, value = match.group(1) + match.group(2), read_number(_trimmed(text[match.end() : end]))
        if values.setdefault(name, value) != value:
            raise Unreadable("there is more than one answer", "several_answers")
    return _reordered(values, names)


def _trimmed(text: str) -> str:
    """Return a text without separators and `and` at its end."""
    while True:
        shorter = text.rstrip(" \t\n,;.")
        shorter = shorter.removesuffix("and") if shorter.endswith((" and", "\nand", ",and")) else shorter
        if shorter == text:
            return text
        text = shorter


def _reordered(values: dict[str, Fraction], names: Sequence[str]) -> tuple[Fraction, ...]:
    if set(values) != set(names):
        raise Unreadable("an unknown has no value")
    return tuple(values[name] for name in names)
