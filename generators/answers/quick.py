"""The commonest ways to write a matrix, read at once: integers and fractions, `1,0;40/29,1` or `[[1, 0], [3, 1]]`.

What is not exactly that, or anything about it is odd, is left to the grammar, which reads the same here.
"""

import re
from fractions import Fraction

from generators.exact.matrices import Matrix

_LONGEST = 2_048  # characters: far below what the grammar allows in entries and tokens
_ENTRY = r"-?+[0-9]{1,40}+(?:/[0-9]{1,40}+)?+"
_COMPACT = re.compile(rf"{_ENTRY}(?:[,;]{_ENTRY})*+")
_NESTED = re.compile(rf"\[\[{_ENTRY}(?:, ?+{_ENTRY})*+\](?:, ?+\[{_ENTRY}(?:, ?+{_ENTRY})*+\])*+\]")


def quick_matrix(text: str) -> Matrix | None:
    """Return the matrix that a text states, None where the grammar has to read it."""
    if len(text) > _LONGEST:
        return None
    if _COMPACT.fullmatch(text):
        rows = text.split(";")
    elif _NESTED.fullmatch(text):
        rows = text[2:-2].replace(" ", "").split("],[")
    else:
        return None
    try:
        read = tuple([tuple([_number(entry) for entry in row.split(",")]) for row in rows])
    except ZeroDivisionError:
        return None
    return read if len({len(row) for row in read}) == 1 else None


def _number(text: str) -> Fraction:
    upper, _, lower = text.partition("/")
    return Fraction(int(upper), int(lower)) if lower else Fraction(int(upper))
