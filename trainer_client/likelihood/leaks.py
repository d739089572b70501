"""Texts that say the answer instead of helping to it, where the question does not say it already.

Numbers are compared by value, words without case: y's own in their order, most of those that the question does not
have, or a number of two digits or more spelled digit by digit or backwards. What is not seen: the answer in words, in
another base, or in a code. The arm `alone` of `echelon-trainer prompt-model` shows what the base gets from help alone.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from unicodedata import normalize

# A minus is a sign where no number, letter or bracket stands before it: 39 - 13 holds 13, and [1, -13] does not.
_TOKEN = re.compile(r"(?:(?<![\w)\]] )(?<![\w)\]])[-\u2212])?[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?|[^\W\d_]+")
_SPELLED = re.compile(r"(?<![0-9])[0-9](?:[ ,.;:_-]{1,2}[0-9]){1,32}(?![0-9])")
_MAX_DIGITS = 40
_PIECE = 0.5  # of the numbers of two characters or more that the question does not have
_REVERSED = 4  # digits of a number that is looked for backwards; shorter ones are met by chance

Token = Fraction | str


def leak(answer: str, question: str, text: str) -> bool:
    """Whether a text gives an answer away."""
    wanted, asked, said = (_tokens(part) for part in (answer, question, text))
    if not wanted:
        return bool(answer.strip()) and answer.strip() in text and answer.strip() not in question
    if _holds(said, wanted) and not _holds(asked, wanted):
        return True
    numbers = [token for token in wanted if isinstance(token, Fraction)]
    if len(numbers) > 1 and _holds(_numbers(said), numbers) and not _holds(_numbers(asked), numbers):
        return True
    telling = [number for number in dict.fromkeys(numbers) if number not in asked and len(str(number)) > 1]
    given = {*_numbers(said), *_spelled(text)}
    told = [number for number in telling if number in given or _reversed(number) in given]
    return bool(telling) and len(told) >= _PIECE * len(telling)


def _tokens(text: str) -> list[Token]:
    return [_value(token) for token in _TOKEN.findall(normalize("NFKC", text))]


def _value(token: str) -> Token:
    token = token.replace("\u2212", "-")
    if not token[-1].isdigit() or len(token) > _MAX_DIGITS:
        return token.casefold()
    upper, _, lower = token.partition("/")
    below = Fraction(lower or 1)
    return Fraction(upper) / below if below else token


def _numbers(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if isinstance(token, Fraction)]


def _spelled(text: str) -> list[Fraction]:
    """Return the numbers that are written digit by digit, as 4 0 9 6."""
    return [Fraction("".join(filter(str.isdigit, run))) for run in _SPELLED.findall(normalize("NFKC", text))]


def _reversed(number: Fraction) -> Fraction | None:
    digits = str(number)
    return Fraction(digits[::-1]) if digits.isdigit() and len(digits) >= _REVERSED else None


def _holds(tokens: Sequence[Token], wanted: Sequence[Token]) -> bool:
    return any(list(tokens[at : at + len(wanted)]) == list(wanted) for at in range(len(tokens) - len(wanted) + 1))
