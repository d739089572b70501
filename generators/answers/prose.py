"""Words and marks that may stand around an answer without changing it.

A list of what is harmless, not of what does harm: `thousand`, `twice`, `not`, `reciprocal` and whatever else changes
the number beside it have no end.
"""

import re
from collections.abc import Sequence

from generators.answers.tokens import Token
from generators.errors import Unreadable

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

PROSE = frozenset({"word", "mark", "label", "aside"})
_VALUES = frozenset({"number", "open", "close", "frac", "begin", "end"})


def neutral(text: str, allowed: frozenset[str] = NEUTRAL) -> bool:
    """Whether every word of a text is known to change nothing."""
    return all(word.lower() in allowed for word in _WORD.findall(text) if word not in ("text", "mathrm", "mathbf"))


def stands_aside(tokens: Sequence[Token], at: int) -> bool:
    """Return True for a word or mark that changes nothing; raises for one that may: `0x10`, `sqrt(4)`, `5 thousand`."""
    token, before, after = tokens[at], tokens[at - 1], tokens[at + 1]
    follows, reached = at > 0 and before.kind in _VALUES, after.kind in _VALUES
    if token.kind == "mark":
        _check_mark(token, after, follows)
    elif (follows and not token.spaced) or (reached and not after.spaced):
        raise Unreadable("a word stands at a number or bracket without space")
    elif token.kind == "label" and not token.text.startswith("\\t"):
        if follows or reached:
            raise Unreadable("the name of a matrix stands at a number or bracket")
    elif after.kind != "equals" and not _harmless(token, follows, reached):
        raise Unreadable("a word stands in the answer that may change it")
    return True


def _harmless(token: Token, follows: bool, reached: bool) -> bool:
    """Whether words change nothing: known ones, names of one letter, and none that reaches for the value beside."""
    if reached and token.text.lower() in REACHING:
        return False
    if follows and token.kind == "word":
        return token.text.lower() in FOLLOWING
    name = token.kind == "word" and len(token.text) == 1 and (token.text.isupper() or not reached)
    return name or neutral(token.text)


def _check_mark(token: Token, after: Token, follows: bool) -> None:
    """Raise where a mark means something: `3!`, `M'`, `M.T`, `!=`; a full stop may follow a value."""
    goes_on = token.text == "." and not after.spaced and after.kind not in ("stop", "newline", "mark")
    glued = (follows and not token.spaced) or (after.kind in _VALUES and not after.spaced)
    factorial = token.text == "!" and (follows or after.kind == "equals")
    if factorial or (glued and (token.text in "!'" or goes_on)):
        raise Unreadable("a mark stands at a number or bracket")
