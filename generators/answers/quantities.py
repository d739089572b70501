"""Reading the one number of an answer in a sentence: `$1,200 per month`, `25%`, `-3.5 degrees`, `2 1/2 cups`.

Units and words are open-ended here, unlike in a matrix, so what is refused is what may change the number: two numbers,
operations, ranges, times of day, inequalities, negations. A unit is never converted: 50 cents are not 0.5.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from generators.answers.number_words import LARGE, PARTS, number_in_words
from generators.answers.numbers import read_number
from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable

MAX_TEXT = 2_000  # characters
MAX_NUMBERS = 16
_NEAR = 60  # characters beside a number that are looked at

_VULGAR = "\u00bc-\u00be\u2150-\u215e"
_CURRENCY = r"(?:\\?[$\u20ac\u00a3\u00a5\u20b9]|US\$|USD |EUR |Rs\.? ?)"
_DIGITS = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])|[1-9][0-9]{0,2}(?:[ \u00a0\u2009\u202f][0-9]{3})++(?![0-9])"
    r"|[0-9]++(?:_[0-9]{3})*+)"
)
_FRACTION = r"\\[cdt]?frac\{[0-9]++\}\{[0-9]++\}"
_VALUE = (
    rf"(?:[0-9]++ ?[{_VULGAR}]|[0-9]++(?:[ -]| and )[0-9]++/[0-9]++|[0-9]++ ?{_FRACTION}|{_FRACTION}|[{_VULGAR}]"
    rf"|[0-9]++ ?/ ?[0-9]++|{_DIGITS}(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+|\.[0-9]++)"
)
_NUMBER = re.compile(
    rf"(?<![A-Za-z0-9_.,/])(?P<sign>[-+\u2212\u2013]?)(?P<currency>{_CURRENCY}? ?)(?P<inner>[-\u2212]?)"
    rf"(?P<value>{_VALUE})"
)
_FOLLOWED = re.compile(  # what goes on behind a number: 3:4, 1.5.2, 10-12, 2^3, 5!, 18\u00b2, 2*3, 5x
    r"[,.:/_][0-9]|[-\u2212\u2013][0-9]| ?[*^\u00d7\u00f7\u00b7=<>]| ?\\(?:times|cdot|div|sqrt|pm)"
    r"|[\u00b2\u00b3\u2070-\u2079]"
    r"|[A-Za-z]+[0-9]| ?\+| [-\u2212] ?[0-9]|x\b| x [0-9]|/$|\("
)
_SILENT = re.compile(  # what a text is written with, not what it says
    r"\\(?:text|textbf|mathrm|mathbf|textit|boxed|operatorname)\b|\\[,;:! ]|[`{}]|\\[()\[\]]"
    r"|^\s*\*+\s|(?<![0-9)])\*++(?! )|\*++(?!\s?[0-9(])|\\(?:left|right|quad)\b"
    r"|(?<=[A-Za-z}])\^\{?[-\u2212]?[0-9]+\}?|\^?\{?\\circ\}?|\\degree|\u00b0"
)
_ARROW = re.compile(r"=>|->|\u21d2|\u2192")
_COMPARED = re.compile(r"[<>\u2264\u2265\u2260]|!=")
_MATH_DOLLARS = re.compile(r"\$([^$\n]+)\$")
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_BEFORE = re.compile(  # the last words before a number that make another one of it
    r"(?:\b(?:not|never|isn't|wasn't|aren't|twice|double|triple|thrice|half|times|plus|between|sqrt|root|log|power|"
    r"(?:less|more|fewer|greater|larger|smaller|other) than|under|below|above|exceeds)(?: (?:a|an|the|of))*"
    r"|[\u221a!*/^\u00d7\u00f7+])\s*\(?$",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"\b(?:negative|minus)\s*$", re.IGNORECASE)
_AFTER = re.compile(
    r"\s*(?:squared|cubed|factorial|plus|minus|times (?:as|the)|recurring|repeating|or (?:more|less|so)|modulo?)\b"
    r"|[^.;\n]*\b(?:is|are) (?:wrong|incorrect|not (?:right|correct|the answer))",
    re.IGNORECASE,
)
_LINK = re.compile(  # a number that says of what the first one is: 18 dollars in 2 weeks, 5 out of 6
    r"\b(?:in|per|for|every|after|of|over|during|within|from|on|at|by|with|each|every|all|these|those|the|than)\s+\(?$",
    re.IGNORECASE,
)
_LEADING = re.compile(r"[\s(:]*(?:(?:is|about|approximately|roughly|around|only|exactly|just|a total of)\s+)*")
_MULTIPLES = {"dozen": 12, "hundred": 100, **LARGE}


@dataclass(frozen=True)
class _Found:
    value: Fraction
    start: int
    end: int


def read_quantity(text: str, asked: str = "") -> Fraction:
    """Read the one number that an answer states, whatever its unit; raises `Unreadable`.

    `asked` is the question: where it asks for dozens or millions, `2 dozen` is 2, else 24. Linear in the text.
    """
    if len(text) > MAX_TEXT:
        raise Unreadable("the answer is too long")
    plain = _plain(text)
    if "\\" in _NUMBER.sub("", plain) or _COMPARED.search(plain):
        raise Unreadable("the answer holds a sign that is not part of a number")
    claimed = _claimed(plain)
    matches = list(_NUMBER.finditer(claimed))
    if len(matches) > MAX_NUMBERS:
        raise Unreadable("there is more than one number in the answer", "several_answers")
    found = [_checked(claimed, match, asked) for match in matches]
    return _one(claimed, found) if found else _in_words(claimed)


def _plain(text: str) -> str:
    text = unwrapped(text.replace("\u2009", " ").replace("{,}", ",").replace("\\%", "%").replace("\\$", "$"))
    text = _MATH_DOLLARS.sub(r"\1", text)
    kept = re.split(rf"({_FRACTION})", text)
    spoken = "".join(part if i % 2 else _SILENT.sub("", part) for i, part in enumerate(kept))
    return _ARROW.sub(" = ", spoken.replace("$$", "$")).strip()


def _claimed(text: str) -> str:
    """Return what the last equation says; raises where one before it in its sentence plainly says something else."""
    sides = re.split(r"=|\u2248|\bequals\b", re.split(r"[.;]\s+|\n", text)[-1])
    claims = [found for side in sides[1:] if len(found := [match["value"] for match in _NUMBER.finditer(side)]) == 1]
    if len(sides) == 1 or not _NUMBER.search(sides[-1]):
        return text
    if len({claim for [claim] in claims}) > 1:
        raise Unreadable("two equations say different things", "several_answers")
    return sides[-1]


def _checked(text: str, match: re.Match[str], asked: str) -> _Found:
    """Return the number that stands at a match; raises where something beside it makes another of it."""
    before, after = text[max(0, match.start() - _NEAR) : match.start()], text[match.end() : match.end() + _NEAR]
    loud = match["currency"].strip() and after.startswith("!")
    if _FOLLOWED.match(after) or (after.startswith("!") and not loud):
        raise Unreadable("a number is part of a longer expression")
    if (re.search(r"[0-9)]\s*$", before) and match["sign"]) or before.endswith(("(-", "^")):
        raise Unreadable("the answer is an expression, not a number")
    if _BEFORE.search(before) or _AFTER.match(after):
        raise Unreadable("a word beside the number changes it")
    value = read_number(re.sub(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3}(?![0-9/]))", "", _mixed(match["value"])))
    dash = match["currency"].startswith(" ") and re.search(r"[A-Za-z] $", before)  # Total - 18
    minus = (match["sign"] not in ("", "+") and not dash) + bool(match["inner"]) + bool(_NEGATIVE.search(before))
    if minus > 1:
        raise Unreadable("two signs stand together")
    factor, length = _multiple(after, asked, bool(match["currency"].strip()))
    return _Found((-value if minus else value) * factor, match.start(), match.end() + length)


def _mixed(value: str) -> str:
    """Return `2 1/2` as one mixed number that the grammar reads: `2\\frac{1}{2}`."""
    if found := re.fullmatch(r"([0-9]+)(?:[ -]| and )([0-9]+)/([0-9]+)", value):
        return rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}"
    return value.replace(" ", "") if "/" in value or "frac" in value or not value.isascii() else value


def _multiple(after: str, asked: str, money: bool) -> tuple[Fraction, int]:
    """Return what the words behind a number multiply it by, and their length: `1.5 million`, `2 dozen`, `$5k`."""
    if money and re.match(r"[kK]\b", after):
        return Fraction(1_000), 1
    if re.match(r"[kKM]\b", after):
        raise Unreadable("a letter behind the number may multiply it")
    factor, length = Fraction(1), 0
    while found := re.match(
        r"[\s-]*(dozen|hundred|thousand|million|billion|trillion)s?\b", after[length:], re.IGNORECASE
    ):
        word = found[1].lower()
        factor *= 1 if _asks_for(word, asked) else _MULTIPLES[word]
        length += found.end()
    if re.match(r" and (?:a|one) (?:half|third|quarter)\b", after[length:]):
        raise Unreadable("a number is written half in words")
    return factor, length


def _asks_for(word: str, asked: str) -> bool:
    """Whether the last sentence of a question asks for an amount in that unit."""
    return bool(re.search(rf"\b{word}s?\b", re.split(r"[.!]\s", asked.strip())[-1], re.IGNORECASE))


def _one(text: str, found: list[_Found]) -> Fraction:
    """Return the one number of several: all equal, or the first with others that only say of what it is."""
    first = found[0]
    gaps = [text[a.end : b.start] for a, b in pairwise(found)]
    if any(re.fullmatch(r"\s*[-+/x*,&|]\s*", gap) for gap in gaps):
        raise Unreadable("the answer is an expression or a list", "several_answers")
    if all(other.value == first.value for other in found[1:]):
        return first.value
    leads = _LEADING.fullmatch(text[: first.start])
    linked = all(_LINK.search(gap) and not re.search(r"\b(?:or|and|then|but)\b|[;\n]", gap) for gap in gaps)
    if leads and linked:
        return first.value
    raise Unreadable("there is more than one number in the answer", "several_answers")


def _in_words(text: str) -> Fraction:
    words = [word.lower() for word in _WORD.findall(text.replace("-", " "))]
    found: list[tuple[Fraction, int, int]] = []
    at = 0
    while at < len(words):
        read = number_in_words(words[at : at + 16])
        if read is not None:
            found.append((read[0], at, at + read[1]))
        at += read[1] if read else 1
    found = [one for one in found if len(found) == 1 or one[0] != 1]  # `the one thing` is no number beside another
    if not found:
        raise Unreadable("there is no number in the answer", "gave_up")
    value, start, end = found[0]
    before = " ".join(words[max(0, start - 3) : start])
    if len({one[0] for one in found}) > 1 or len(found) > 1 or any(word in PARTS for word in words[end : end + 1]):
        raise Unreadable("there is more than one number in the answer", "several_answers")
    if _BEFORE.search(before) or _AFTER.match(" " + " ".join(words[end:])) or words[end : end + 1] == ["dozen"]:
        raise Unreadable("a word beside the number changes it")
    return -value if _NEGATIVE.search(before) else value


def last_number(text: str) -> str:
    """Return the last number of a text with what stands around it, back to the number before."""
    tail = text[-MAX_TEXT:]
    found = list(_NUMBER.finditer(tail))
    if not found:
        return tail
    if len(found) == 1:
        return tail[max(0, found[-1].start() - _NEAR) :]
    gap = tail[found[-2].end() : found[-1].start()]
    return tail[found[-2].start() if re.fullmatch(r"\s*[-+*/x\u00d7^]*\s*", gap) else found[-2].end() :]
