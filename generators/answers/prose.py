"""Words that may stand around an answer without changing it, and rows as people number and bullet them.

A list of what is harmless, not of what does harm: `thousand`, `twice`, `not`, `reciprocal` and whatever else changes
the number beside it have no end.
"""

import re

_NEUTRAL = """
a an the this that these its our it we i you here there so thus hence therefore then now finally since because
answer answers result results solution value values matrix matrices inverse entries number numbers form forms
is are was be will can equal equals gives give given get gets obtain obtains obtained have has find found
yields yield write written computed compute computing calculated calculate simplified simplify simplifying
applying apply after using use by from to in into as for with where which when and or final exact exactly
approximately approx roughly unique reduced row rows column columns echelon rref ref product determinant det
integer fraction fractions decimal lowest terms follows following below above shown check verify step steps
elimination gaussian jordan gauss method rule formula adjugate cofactor expansion reduction operations system
equations json python text latex tex matlab numpy sympy np sp array tensor torch plaintext octave julia math
of
"""
NEUTRAL = frozenset(_NEUTRAL.split())
# What may follow a value directly: not `inverse`, which would mean another matrix, and not `of`.
_FOLLOWING = """
is are and or so thus hence therefore which as where with exactly exact approximately the in by since because
"""
FOLLOWING = frozenset(_FOLLOWING.split())
# Neutral words that mean something else with a value right behind them: `det [[5]]`.
REACHING = frozenset(
    ("of", "det", "determinant", "inverse", "matrices", "product", "rref", "ref", "adjugate", "cofactor")
)
_WORD = re.compile(r"[A-Za-z]+")

_BULLET = re.compile(r"\s*[-*\u2022]\s+(?=\S)")
_NUMBERED = re.compile(r"\s*([0-9]{1,2})[.)]\s+(?=[\[(])")
_LABELLED = re.compile(r"\s*(?:[Rr]ow ?|R_?)([0-9]{1,2}) ?[:=]\s*")


def neutral(text: str, allowed: frozenset[str] = NEUTRAL) -> bool:
    """Whether every word of a text is known to change nothing."""
    return all(word.lower() in allowed for word in _WORD.findall(text) if word not in ("text", "mathrm", "mathbf"))


def plain_rows(text: str) -> str:
    """Return rows without the bullets, numbers or `Row 1:` before every one of them; numbers must count from 1."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2:
        return text
    for pattern in (_BULLET, _NUMBERED, _LABELLED):
        found = [pattern.match(line) for line in lines]
        if all(found):
            counted = [int(match.group(1)) for match in found if match and match.groups()]
            if counted in ([], list(range(1, len(lines) + 1))):
                return "\n".join(line[match.end() :] for line, match in zip(lines, found, strict=True) if match)
    return text
