"""Numbers written in words: `twenty-five`, `one hundred and six`, `two and a half`."""

from fractions import Fraction

_UNITS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = (
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
)
_SMALL = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * (2 + i) for i, word in enumerate(_TENS)}
LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
PARTS = {"half": Fraction(1, 2), "third": Fraction(1, 3), "quarter": Fraction(1, 4)}
MAX_WORDS = 12
NUMBER_WORDS = (*_SMALL, "hundred", *LARGE, *PARTS, "dozen", "twice", "double", "triple")


def number_in_words(words: list[str]) -> tuple[Fraction, int] | None:
    """Return the number that a list of lower-case words begins with, and how many words it takes; None for none."""
    if words[:2] in (["one", "half"], ["a", "half"], ["one", "quarter"], ["a", "quarter"], ["one", "third"]):
        return PARTS[words[1]], 2
    if words[:1] == ["half"]:
        return PARTS["half"], 1
    whole, taken = _whole(words[:MAX_WORDS])
    if not taken:
        return None
    rest = words[taken : taken + 3]
    if rest[:1] == ["and"] and rest[1:2] in (["a"], ["one"]) and rest[2:3] and rest[2] in PARTS:
        return whole + PARTS[rest[2]], taken + 3
    return Fraction(whole), taken


def _whole(words: list[str]) -> tuple[int, int]:
    """Return an integer and the number of words it takes; 0 words where there is none, or none that is well formed."""
    total = group = taken = 0
    last = 0  # the size of the word before: twenty takes a unit behind it, a hundred what is below
    for at, word in enumerate(words):
        if word in _SMALL:
            value = _SMALL[word]
            fits = not last or last == 100 or last >= 1_000 or (last in range(20, 100) and 0 < value < 10)
            if not fits:
                break
            group, last = group + value, value if value else 1
        elif word == "hundred" and 0 < group < 10:
            group, last = group * 100, 100
        elif word in LARGE and 0 < group < 1_000 and (not total or LARGE[word] < total):
            total, group, last = total + group * LARGE[word], 0, LARGE[word]
        elif word == "and" and last >= 100 and words[at + 1 : at + 2] and words[at + 1] in _SMALL:
            continue
        else:
            break
        taken = at + 1
    return total + group, taken
