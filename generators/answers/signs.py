"""Reading matrices of 1 and -1: numbers in any form of a matrix, or rows of + and -."""

import re

from generators.answers.matrix import read_matrix
from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable
from generators.exact.matrices import Matrix

MAX_LENGTH = 16_000  # characters

_SIGNS = frozenset("+-\u2212\u2013")
_LAYOUT = frozenset(" \t\n;,|[]'\"")
_NAME = re.compile(r"\s*[A-Z]\s*=")


def read_signs(text: str) -> Matrix:
    """Read `++;+-`, or any matrix; raises `Unreadable`."""
    if len(text) > MAX_LENGTH:
        raise Unreadable("the answer is too long")
    plain = unwrapped(text)
    if named := _NAME.match(plain):
        plain = plain[named.end() :]
    letters = set(plain)
    if not (letters & _SIGNS and letters <= _SIGNS | _LAYOUT):
        return read_matrix(text)
    lines = re.split(r"[;\n]|[\]'\"],", plain)
    rows = [tuple(1 if letter == "+" else -1 for letter in line if letter in _SIGNS) for line in lines]
    rows = [row for row in rows if row]
    if len({len(row) for row in rows}) != 1:
        raise Unreadable("the rows differ in length")
    return tuple(rows)


def signs(a: Matrix) -> str:
    """Write a matrix of 1 and -1 as `++;+-`; what is neither is written as it is, between commas."""
    if any(x not in (1, -1) for row in a for x in row):
        return ";".join(",".join(map(str, row)) for row in a)
    return ";".join("".join("+" if x == 1 else "-" for x in row) for row in a)
