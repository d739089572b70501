"""When an answer to an item of reasoning-gym is the one that comes with it, or has at least its shape."""

import re
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from math import gcd

from generators.answers.quantities import read_quantity
from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable

_WORD = re.compile(r"[^\W\d_]{2,}")
_NAN = re.compile(r"nan|inf", re.IGNORECASE)
_NUMERIC = re.compile(
    r"[-+]?(?:[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[0-9]+/[0-9]+|\\[dt]?frac\{[0-9]+\}\{[0-9]+\})"
)
_WRITTEN = re.compile(r"([0-9]+)\}? ?[/{]{1,2} ?([0-9]+)")


def readings(given: str) -> list[str]:
    """Return an answer as it stands and without fences, dollars and bold letters."""
    return list(dict.fromkeys((given, unwrapped(given))))


def same_text(given: str, right: str) -> bool:
    """Whether two texts are the same but for spacing, wrapping, a full stop, and the case of a truth value."""
    forms = {" ".join(text.split()) for text in (right, unwrapped(right), right.removesuffix("."))}
    said = {" ".join(text.split()) for text in (given, unwrapped(given), unwrapped(given).removesuffix("."))}
    if right.casefold() in ("true", "false", "yes", "no"):
        forms, said = ({text.casefold() for text in texts} for texts in (forms, said))
    return bool(forms & said)


@lru_cache(maxsize=1_024)  # of the right answers, which are many answers' measure
def number_of(text: str) -> Fraction | None:
    """Return the number that an answer is, and nothing but that."""
    plain = unwrapped(text).strip()
    if not _NUMERIC.fullmatch(plain):
        return None
    with suppress(Unreadable):
        return read_quantity(plain)
    return None


def same_number(given: str, right: str) -> bool:
    """Whether both are the same number; a fraction in lowest terms, since these may be asked for.

    A right answer of twelve digits and more is a float: three of them are enough, if they are rounded as they should.
    """
    value = number_of(right)
    if value is None:
        return False
    try:
        said = read_quantity(given)
    except Unreadable:
        return False
    if said == value:
        written = _WRITTEN.search(given)
        return written is None or gcd(int(written[1]), int(written[2])) == 1 or value.denominator == 1
    digits = len(_mantissa(given))
    return len(_mantissa(right)) >= 12 and digits >= 3 and float(f"{float(value):.{digits - 1}e}") == float(said)


def _mantissa(text: str) -> str:
    return re.sub(r"[eE].*|[^0-9]", "", unwrapped(text)).lstrip("0")


def no_number(given: str, right: str) -> bool:
    """Whether an answer holds what compares with every number: a scorer that subtracts is not offended by nan."""
    return bool(_NAN.search(given)) and not _NAN.search(right)


def same_shape(given: str, right: str) -> bool:
    """Whether an answer has the shape of the right one: no other word or sign, as many lines, as many cells in each."""
    given, right = unwrapped(given).strip(), right.strip()
    words = {word.lower() for word in _WORD.findall(right)}
    signs = {*right, *" \n\t", *("0123456789" if any(letter.isdigit() for letter in right) else "")}
    if len(words) > 1:
        signs |= {letter for letter in given if letter.isalpha()}
        if not {word.lower() for word in _WORD.findall(given)} <= words:
            return False
    lines = [[len(line.split()) for line in text.splitlines()] for text in (given, right)]
    return set(given) <= signs and (len(lines[1]) == 1 or lines[0] == lines[1]) and len(lines[0]) <= len(lines[1])
