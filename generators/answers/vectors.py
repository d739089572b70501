"""Reading the values of named unknowns: `[1, 2]`, `x = 1, y = 2`, `(x, y) = (1, 2)`, a column in LaTeX."""

import re
from collections.abc import Sequence
from fractions import Fraction

from generators.answers.matrix import read_matrix
from generators.answers.numbers import read_number
from generators.errors import Unreadable

MAX_LENGTH = 20_000  # characters

_LAYOUT = re.compile(
    r"\\(?:begin|end)\{(?:cases|aligned|align\*?|array)\}(?:\{[lcr ]{0,8}\})?|&|\\\\|\\quad|\\left\\\{|\\right\.|\$"
)
_TRANSPOSED = re.compile(r"(?:\^\{?\s?(?:T|\\top|\\mathsf\{T\}|\\intercal)\}?|\u1d40)(?=\s*[$.]*\s*\Z)")
_JOINT = re.compile(r"\s*\(\s*[a-z](?:_?[0-9])?(?:\s*,\s*[a-z](?:_?[0-9])?)*\s*\)\s*=\s*")
_NAME = re.compile(r"(?<![A-Za-z0-9_])([a-z])_?\{?([0-9]?)\}?\s*(?:=|:)\s*")
_ENDS = re.compile(r"(?:\s|[,;.]|\band\b)+\Z")


def read_vector(text: str, names: Sequence[str]) -> tuple[Fraction, ...]:
    """Read one value for each name, in the order of `names`; raises `Unreadable`."""
    if len(text) > MAX_LENGTH:
        raise Unreadable("the answer is too long")
    text = _JOINT.sub("", _TRANSPOSED.sub("", text), count=1)
    plain = _LAYOUT.sub(" ", text)
    found = [match for match in _NAME.finditer(plain) if match.group(1) + match.group(2) in names]
    if found:
        return _assigned(plain, found, names)
    value = read_matrix(text)
    if len(value) > 1 and len(value[0]) > 1:
        raise Unreadable("the answer is a matrix, not one value for each unknown")
    return tuple(Fraction(x) for row in value for x in row)


def _assigned(text: str, found: Sequence[re.Match[str]], names: Sequence[str]) -> tuple[Fraction, ...]:
    ends = [match.start() for match in found[1:]] + [len(text)]
    values: dict[str, Fraction] = {}
    for match, end in zip(found, ends, strict=True):
        name, value = match.group(1) + match.group(2), read_number(_ENDS.sub("", text[match.end() : end]))
        if values.setdefault(name, value) != value:
            raise Unreadable("there is more than one answer", "several_answers")
    if set(values) != set(names):
        raise Unreadable("an unknown has no value")
    return tuple(values[name] for name in names)
