"""The letters of the answer grammar: text -> tokens, in one pass that never looks back."""

import re
from dataclasses import dataclass
from fractions import Fraction

from generators.errors import Unreadable

MAX_TOKENS = 8_192
MAX_DIGITS = 64  # of one number as written; nothing is computed before this is checked
MAX_EXPONENT = 64

# Every repetition is possessive or of a class its follower excludes, so matching is linear in the text.
_TOKEN = re.compile(
    r"""
    (?P<newline> \n )
  | (?P<space>   [ \t\r\f\v\u00a0\u2009\u202f~]++
      | (?<![^\s|])\|(?![^\s|])                             # a border of a table, not the bars of |x|
      | (?<![0-9\])}.])(?:[$`]|\*\*)++ | (?:[$`]|\*\*)++(?![^\s.,;:!?$`*])  # around an answer, not between two entries
      | \\(?:left|right|displaystyle|quad|qquad|boxed)(?![a-zA-Z])\.?+ | \\[,;:!\ \[\]()] )
  | (?P<number>  [-+\u2212\u2013]?+ (?:[0-9]++ (?:\.[0-9]*+)?+ | \.[0-9]++) (?:[eE][-+]?+[0-9]++)?+ (?:/[0-9]++)?+
      | [-+\u2212\u2013]?+ \\[cdt]?+frac\{[-+\u2212]?+[0-9]++\}\{[0-9]++\} )
  | (?P<begin>   \\begin\{ (?:[pbB]|small)?+matrix \} | \\begin\{array\} (?:\{[lcr|\ ]{0,64}+\})?+ )
  | (?P<end>     \\end\{ (?:(?:[pbB]|small)?+matrix|array) \} )
  | (?P<rowend>  \\\\ (?:\[[0-9a-z.]{0,16}+\])?+ | ; | \\cr(?![a-zA-Z]) )
  | (?P<frac>    \\[cdt]?+frac(?![a-zA-Z]) )
  | (?P<label>   (?: [A-Za-z] | \\(?:mathbf|mathrm|text|boldsymbol)\{[A-Za-z]\} )
                 (?: \^\{?+\(?+[-\u2212]1\)?+\}?+(?![0-9]) | \u207b\u00b9 )
      | (?: inv | \\(?:mathrm|text|operatorname)\{inv\} ) \([A-Za-z]\)
      | \\(?:text|mathrm|mathbf|boldsymbol)\{[^{}\n0-9]{0,64}+\} )
  | (?P<open>    [\[({] | \\\{ )
  | (?P<close>   [\])}] | \\\} )
  | (?P<comma>   [,&] )
  | (?P<slash>   [/\u2044\u00f7] )
  | (?P<times>   [*\u00d7\u00b7] | \\cdot(?![a-zA-Z]) | \\times(?![a-zA-Z]) )
  | (?P<sign>    [-+\u2212\u2013] )
  | (?P<equals>  [=\u2248:] | \\approx(?![a-zA-Z]) )
  | (?P<word>    [A-Za-z_][A-Za-z0-9_]*+ (?:\.[A-Za-z_][A-Za-z0-9_]*+)*+ )
  | (?P<mark>    [.!?'"] )
    """,
    re.VERBOSE,
)
_MINUS = str.maketrans("\u2212\u2013", "--")


@dataclass(slots=True)
class Token:
    """One token; `spaced` says whether white space stands before it."""

    kind: str
    text: str
    spaced: bool


def tokens(text: str) -> list[Token]:
    """Split an answer into tokens; raises `Unreadable` at the first character no answer holds."""
    found: list[Token] = []
    spaced, at, match = False, 0, _TOKEN.match
    while at < len(text):
        token = match(text, at)
        if token is None:
            raise Unreadable("the answer holds a character that is not part of a matrix or number")
        kind, at = token.lastgroup or "", token.end()
        if kind == "space":
            spaced = True
            continue
        found.append(Token(kind, token.group(), spaced))
        if len(found) > MAX_TOKENS:
            raise Unreadable("the answer is too long")
        spaced = False
    found.append(Token("stop", "", True))
    return found


def number(text: str) -> Fraction:
    """Read the text of a number token exactly: `-3`, `0.25`, `1e-3`, `2/3`, `-\\frac{2}{3}`."""
    if len(text) > MAX_DIGITS:
        raise Unreadable(f"a number has more than {MAX_DIGITS} characters")
    if not text.isascii():
        text = text.translate(_MINUS)
    negative = False
    if text[-1] == "}":  # a \frac of two integers
        command, upper, lower = text[:-1].replace("}{", "{").split("{")
        negative = command[0] == "-"
    else:
        upper, _, lower = text.partition("/")
    try:
        top = int(upper) if upper.lstrip("+-").isdigit() else _decimal(upper)
        value = Fraction(top, int(lower)) if lower else Fraction(top)
    except ZeroDivisionError:
        raise Unreadable("a number is divided by zero") from None
    return -value if negative else value


def _decimal(text: str) -> Fraction:
    exponent = text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > MAX_EXPONENT:
        raise Unreadable(f"an exponent is beyond {MAX_EXPONENT}")
    return Fraction(text)
