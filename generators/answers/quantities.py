"""Reading the one number of an answer in a sentence: `$1,200 per month`, `25%`, `-3.5 degrees`, `2 1/2 cups`.

What is refused is what may change the number: two numbers, operations, ranges, times of day, inequalities, negations.
A unit is never converted: 50 cents are not 0.5.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from generators.answers.beside import BEHIND_WORDS, FOLLOWED, LEADING, LINK, NEGATIVE, changed
from generators.answers.number_words import LARGE, number_in_words
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
    rf"(?<![A-Za-z0-9_.,/])(?P<sign>[-+]?)(?P<currency>{_CURRENCY}? ?)(?P<inner>-?)(?P<value>{_VALUE})"
)
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_SILENT = re.compile(  # what a text is written with, not what it says
    r"(?:\\(?:text|textbf|mathrm|mathbf|textit|boxed|operatorname|underline|bf|displaystyle|textstyle)\b ?"
    r"|\\[,;:! ]|[`{}]"
    r"|\\[()\[\]]|^\s*\*+\s|(?<![0-9)])\*++(?! )|\*++(?!\s?[0-9(])|\\(?:left|right|quad)\b|</?[a-z]{1,6}>"
    r"|(?<=[A-Za-z}])\^\{?-?[0-9]+\}?|\^?\{?\\circ\}?|\\degree|\u00b0)+"
)
_SHORT_FRACTION = re.compile(r"(\\[cdt]?frac)\s?([0-9])\s?([0-9])(?![0-9])")
_THIN = re.compile(r"\\[,!](?=[0-9]{3}(?![0-9]))|\{,\}")
_EQUAL = re.compile(r"=>|->|\u21d2|\u2192|\\approx(?![a-z])|\\to(?![a-z])")
_COMPARED = re.compile(r"[<>\u2264\u2265\u2260]|!=|-\s?\(|\+/-")
_MATH_DOLLARS = re.compile(r"\$([^$\n]+)\$")
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_MULTIPLES = {"dozen": 12, "hundred": 100, **LARGE}
_TOGETHER = re.compile(r"\s*(?:[-+*/x\u00d7^:,;&|]|or|and|to|through)*\s*\$?", re.IGNORECASE)


@dataclass(frozen=True)
class _Found:
    value: Fraction
    start: int
    end: int
    counts: bool  # a plain count, of which a share may be told: 5 out of 6, but not 50% of 36


def read_quantity(text: str, asked: str = "") -> Fraction:
    """Read the one number that an answer states, whatever its unit; raises `Unreadable`.

    `asked` is the question: where it asks for dozens or millions, `2 dozen` is 2, else 24. Linear in the text.
    """
    if len(text) > MAX_TEXT:
        raise Unreadable("the answer is too long")
    plain = _plain(text)
    claimed = _claimed(plain)
    if "\\" in _NUMBER.sub("", plain) or _COMPARED.search(claimed) or re.search(r"[<>]=", plain):
        raise Unreadable("the answer holds a sign that is not part of a number")
    matches = list(_NUMBER.finditer(claimed))
    if len(matches) > MAX_NUMBERS:
        raise Unreadable("there is more than one number in the answer", "several_answers")
    found = [_checked(claimed, match, asked) for match in matches]
    return _one(claimed, found) if found else _in_words(claimed)


def _plain(text: str) -> str:
    text = _DASHES.sub("-", _THIN.sub(_comma, text.replace("\u2009", " ")))
    text = unwrapped(text.replace("\\%", "%").replace("\\$", "$"))
    text = _SHORT_FRACTION.sub(r"\1{\2}{\3}", _MATH_DOLLARS.sub(r"\1", text))
    kept = re.split(rf"({_FRACTION})", text)
    spoken = "".join(part if i % 2 else _SILENT.sub(_nothing, part) for i, part in enumerate(kept))
    return _EQUAL.sub(" = ", spoken.replace("$$", "$")).strip()


def _comma(found: re.Match[str]) -> str:
    return "," if found[0] == "{,}" else ""


def _nothing(found: re.Match[str]) -> str:
    """Return nothing for a mark, but a sign that no number goes on behind where digits would come together."""
    text, start, end = found.string, found.start(), found.end()
    return " \u00a4 " if text[start - 1 : start].isdigit() and text[end : end + 1].isdigit() else ""


def _claimed(text: str) -> str:
    """Return what the last equation says; raises where one before it in its sentence plainly says something else."""
    sides = re.split(r"=|\u2248|\bequals\b", re.split(r"[.;]\s+|\n", text)[-1])
    if len(sides) == 2 and re.fullmatch(r"\s*[A-Za-z]?\s*", sides[1]):
        return sides[0]  # 20 = x
    claims = [found for side in sides[1:] if len(found := [match["value"] for match in _NUMBER.finditer(side)]) == 1]
    if len(sides) == 1 or not (_NUMBER.search(sides[-1]) or number_in_words(_WORD.findall(sides[-1].lower()))):
        return text
    if len({claim for [claim] in claims if "/" not in claim}) > 1:
        raise Unreadable("two equations say different things", "several_answers")
    if text.endswith(sides[-1]) and re.search(r"(?:not|!|never)\s*$", sides[-2]):
        raise Unreadable("an equation is denied")
    return sides[-1]


def _checked(text: str, match: re.Match[str], asked: str) -> _Found:
    """Return the number that stands at a match; raises where something beside it makes another of it."""
    before, after = text[max(0, match.start() - _NEAR) : match.start()], text[match.end() : match.end() + _NEAR]
    money = bool(match["currency"].strip())
    if (
        FOLLOWED.match(after)
        or (money and "/" in match["value"])
        or (after.startswith("!") and not (money or _in_a_sentence(before)))
    ):
        raise Unreadable("a number is part of a longer expression")
    algebra = re.search(r"(?:^|\s)[A-Za-z]\s*$", before) and match["sign"]
    if (re.search(r"[0-9)]\s*$", before) and match["sign"]) or before.endswith(("(-", "^")) or algebra:
        raise Unreadable("the answer is an expression, not a number")
    if changed(before, after):
        raise Unreadable("a word beside the number changes it")
    value = read_number(re.sub(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3}(?![0-9/]))", "", _mixed(match["value"])))
    dash = match["currency"].startswith(" ") and re.search(r"[A-Za-z] $", before)  # Total - 18
    minus = (match["sign"] == "-" and not dash) + bool(match["inner"]) + bool(NEGATIVE.search(before))
    if minus > 1 or (match["sign"] == "+" and before.strip()):
        raise Unreadable("two signs stand together")
    factor, length = _multiple(after, asked, money)
    counts = value.denominator == 1 and factor == 1 and not after.lstrip().startswith(("%", "percent"))
    return _Found((-value if minus else value) * factor, match.start(), match.end() + length, counts)


def _in_a_sentence(before: str) -> bool:
    """Whether words stand before a number, so that `!` behind it ends a sentence: `It's 18!`."""
    return len(_WORD.findall(before)) >= 2 or before.strip().lower() in ("it's", "answer:")


def _mixed(value: str) -> str:
    """Return `2 1/2` as one mixed number that the grammar reads: `2\\frac{1}{2}`."""
    if found := re.fullmatch(r"([0-9]+)(?:[ -]| and )([0-9]+)/([0-9]+)", value):
        return rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}"
    return value.replace(" ", "") if "/" in value or "frac" in value or not value.isascii() else value


def _multiple(after: str, asked: str, money: bool) -> tuple[Fraction, int]:
    """Return what the words behind a number multiply it by, and their length: `1.5 million`, `2 dozen`, `$5k`."""
    if money and re.match(r"[kK]\b", after):
        return Fraction(1_000), 1
    if re.match(r" ?[kK]\b|M\b", after) or (money and re.match(r" ?[mM]\b", after)):
        raise Unreadable("a letter behind the number may multiply it")
    factor, length = Fraction(1), 0
    while found := re.match(
        r"[\s-]*(dozen|hundred|thousand|million|billion|trillion)s?\b", after[length:], re.IGNORECASE
    ):
        word = found[1].lower()
        factor *= 1 if _asks_for(word, asked) else _MULTIPLES[word]
        length += found.end()
    return factor, length


def _asks_for(word: str, asked: str) -> bool:
    """Whether a question asks for an amount in that unit: `how many more dozens`, `in millions`."""
    pattern = rf"\bhow (?:many|much)(?: \w+)? {word}s?\b|\bin (?:the )?{word}s\b|\bin {word}s? of\b"
    return bool(re.search(pattern, asked, re.IGNORECASE))


def _one(text: str, found: list[_Found]) -> Fraction:
    """Return the one number of several: all equal, or the first with others that only say of what it is."""
    first = found[0]
    gaps = [text[a.end : b.start] for a, b in pairwise(found)]
    if any(re.fullmatch(r"\s*[-+/x*,&|]\s*", gap) for gap in gaps):
        raise Unreadable("the answer is an expression or a list", "several_answers")
    if _spoken_too(text, first):
        raise Unreadable("there is more than one number in the answer", "several_answers")
    if all(other.value == first.value for other in found[1:]):
        return first.value
    leads = LEADING.fullmatch(text[: first.start])
    linked = all(LINK.search(gap) and not re.search(r"\b(?:or|and|then|but)\b|[;\n]", gap) for gap in gaps)
    if leads and linked and first.counts:
        return first.value
    raise Unreadable("there is more than one number in the answer", "several_answers")


def _spoken_too(text: str, first: _Found) -> bool:
    """Whether a sentence says another number in words, and not only of what the first one is: `18 or twenty`."""
    for found in _WORD.finditer(text):
        near = text[found.start() : found.start() + 2 * _NEAR].lower().replace("-", " ")
        said = number_in_words(_WORD.findall(near))
        if said is None or said[0] in (0, 1, first.value):
            continue
        gap = text[first.end : found.start()] if found.start() > first.end else text[found.end() : first.start]
        behind = found.start() > first.end
        if (behind and not LINK.search(gap)) or re.search(r"\b(?:or|no|wait|actually)\b", gap, re.IGNORECASE):
            return True
    return False


def _in_words(text: str) -> Fraction:
    words = [word.lower() for word in _WORD.findall(text.replace("-", " "))]
    found: list[tuple[Fraction, int, int]] = []
    at = 0
    while at < len(words):
        read = number_in_words(words[at : at + 16])
        if read is not None:
            found.append((read[0], at, at + read[1]))
        at += read[1] if read else 1
    # `the one thing` is no number beside another; `no one` never is.
    passing = {"the", "this", "that", "no", "any", "every", "some", "each"}
    found = [one for one in found if not (one[0] == 1 and one[1] and words[one[1] - 1] in passing)]
    if not found:
        raise Unreadable("there is no number in the answer", "gave_up")
    value, start, end = found[0]
    if len(found) > 1:
        raise Unreadable("there is more than one number in the answer", "several_answers")
    before, after = " ".join(words[max(0, start - 6) : start]), " ".join(words[end : end + 6])
    glued = re.search(rf"-\s*{words[start]}", text, re.IGNORECASE) and "-" not in text.strip()[1:]
    if changed(before, f" {after}") or BEHIND_WORDS.match(after) or words[start - 1 : start] == ["point"] or glued:
        raise Unreadable("a word beside the number changes it")
    return -value if NEGATIVE.search(before) else value


def last_number(text: str) -> str:
    """Return the last number of a text with what stands around it, back to the number before, or further: `5 or 6`."""
    tail = _DASHES.sub("-", text[-MAX_TEXT:])
    found = list(_NUMBER.finditer(tail))
    if not found:
        return tail
    if len(found) == 1:
        return tail[max(0, found[-1].start() - _NEAR) :]
    gap = tail[found[-2].end() : found[-1].start()]
    return tail[found[-2].start() if _TOGETHER.fullmatch(gap) else found[-2].end() :]
