"""What stands beside a number in a sentence and makes another number of it, or none: patterns, each a list.

Units and other words are open-ended, so that what changes a number has to be listed, unlike in a matrix, where what
changes nothing is (`prose.py`).
"""

import re

_FRACTIONS = (
    r"(?:hal(?:f|ves)|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|hundredths?)"
)

FOLLOWED = re.compile(  # right behind: 3:4, 1.5.2, 10-12, 2^3, 5!, 18\u00b2, 2*3, 5x, 18..20, 18(2), 0x1c, 18\u03c0
    r"[,.:/_][0-9]|\.\.+ ?[0-9]|[-\u2212][0-9]| ?[*^\u00d7\u00f7\u00b7=|\u00b1\u00a4]| ?\\(?:times|cdot|div|sqrt|pm)"
    r"| ?x ?[0-9]|x\b|[\u00b2\u00b3\u2070-\u209f\u03c0\u221a]|[A-Za-z]+[0-9]| ?\+| - ?[0-9]| ?/|\(| \(x"
)
BEFORE = re.compile(  # the last words before a number
    r"(?:\b(?:twice|double|triple|thrice|times|plus|between|sqrt|root|log|ln|sin|cos|tan|power|nan|"
    rf"(?:{_FRACTIONS}|percent|%) of|(?:less|more|fewer|greater|larger|smaller|other|rather) than|under|below|above|"
    r"exceeds)(?: (?:a|an|the|of))*|%|[\u221a!*/^\u00d7\u00f7+\u00b1])\s*\(?\$?$",
    re.IGNORECASE,
)
DENIED = re.compile(  # in the same clause before it, or behind it
    r"\b(?:[a-z]+n't|cannot|not|never|neither|nor|except|anything but|nothing but|wrong|false)\b[^.;,\n]*$",
    re.IGNORECASE,
)
NEGATIVE = re.compile(r"\b(?:negative|minus)\s*$", re.IGNORECASE)
_LATER_NEGATIVE = r"(?:minus|negative)\b"
AFTER = re.compile(
    r"\s*(?:squared|cubed|factorial|plus|minus|times (?:as|the)|recurring|repeating|or (?:more|less|so)|modulo?|mod|"
    r"divided|multiplied|increased|decreased|reduced|doubled|tripled|halved|over|below zero|and an? [a-z]+|"
    rf"to the power|{_FRACTIONS}|bn|B|mil|grand|lakh|crore|gross)\b"
    r"|[^.;\n]{0,60}?(?:\b(?:is|are|was) (?:wrong|incorrect|false|not)\b|\b(?:isn't|aren't|cannot|can't)\b|\? ?no\b)",
    re.IGNORECASE,
)
LINK = re.compile(  # a number that says of what the first one is: 18 dollars in 2 weeks, 5 out of 6
    r"\b(?:in|per|for|every|after|of|during|within|on|at|each|all|these|those|the|than)\s+\$?\(?$", re.IGNORECASE
)
LEADING = re.compile(r"[\s(:]*(?:(?:is|about|approximately|roughly|around|only|exactly|just|a total of)\s+)*")
BEHIND_WORDS = re.compile(
    rf"(?:an? )?(?:{_FRACTIONS}|point|oh|dozen|hundred|thousand|million|billion|trillion|score|gross)\b"
)


def changed(before: str, after: str) -> bool:
    """Whether words beside a number change or deny it; both sides are short."""
    minus_far = re.search(rf"\b{_LATER_NEGATIVE}(?!\s*$)", before, re.IGNORECASE) is not None
    return bool(BEFORE.search(before) or DENIED.search(before) or AFTER.match(after) or minus_far)
