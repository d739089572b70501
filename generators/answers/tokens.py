"""The letters of the answer grammar: text -> tokens, in one pass that never looks back."""

import re
from dataclasses import dataclass
from fractions import Fraction
from unicodedata import numeric

from generators.answers.listing import plain_rows
from generators.errors import Unreadable

MAX_TOKENS = 8_192
MAX_DIGITS = 64  # of one integer as written; nothing is computed before this is checked
MAX_EXPONENT = 64

_VULGAR = "\u00bd\u2153\u2154\u00bc\u00be\u2155\u2156\u2157\u2158\u2159\u215a\u2150\u215b\u215c\u215d\u215e\u2151\u2152"

_SHAPED = (" matrix", " inverse", " identity", " system", " array")
_SHAPE = re.compile(
    r"(?<![0-9.])[0-9]{1,2}+ ?+(?:x|\u00d7|by|\\times) ?+[0-9]{1,2}+(?= (?:matrix|inverse|identity|system|array))"
)
# Every repetition is possessive or of a class its follower excludes, so matching is linear in the text.
_TOKEN = re.compile(
    rf"""[ ]*+(?:
    (?P<number>  [-+\u2212\u2013]?+
        (?: [0-9]++ (?:(?:_|\{{,\}}|\\,)[0-9]{{3}}+(?![0-9]))*+
            (?:\.[0-9]*+ (?:\\(?:overline|bar)\{{[0-9]++\}} | \([0-9]++\))?+ )?+
          | \.[0-9]++ )
        (?:[eE][-+]?+[0-9]++)?+ (?:/[0-9]++)?+ (?: \\[cdt]?+frac\{{[0-9]++\}}\{{[0-9]++\}} | [{_VULGAR}] )?+
      | [-+\u2212\u2013]?+ \\[cdt]?+frac\{{[-+\u2212]?+[0-9]++\}}\{{[0-9]++\}}
      | [-+\u2212\u2013]?+ [{_VULGAR}]
      | "[-+\u2212]?+[0-9]++(?:\.[0-9]++)?+(?:/[0-9]++)?+" | '[-+\u2212]?+[0-9]++(?:\.[0-9]++)?+(?:/[0-9]++)?+' )
  | (?P<comma>   [,&\uff0c] )
  | (?P<space>
        [ \t\r\f\v\u00a0\u2009\u202f\u200b\u2060\ufeff~\u239b-\u23ad\u2502\u250c\u2510\u2514\u2518]++
      | \|(?:\ ?+:?+-++:?+\ ?+\|)++                         # the rule under the head of a table
      | (?<![0-9\])}}.])(?:[$`]|\*\*)++ | (?:[$`]|\*\*)++(?![^\s.,;:!?$`*])  # around an answer, not between two entries
      | \\(?:left|right)(?![a-zA-Z])(?:\.(?![0-9]))?+
      | \\(?:displaystyle|quad|qquad|boxed|hline|[bB]igg?+[lrm]?+)(?![a-zA-Z]) | \\[,;:!\ \[\]()]
      | \\[hv]?+phantom\{{[^{{}}\n]{{0,16}}+\}}
      | \#{{2,}}+ | \#[^\n]*+                                # a heading or ####; a comment
    )
  | (?P<aside>   \([A-Za-z][A-Za-z\ ]{{2,40}}+\) )
  | (?P<open>    [\[({{] | \\\{{ | \\[pb]?+matrix\ ?+\{{
      | \\(?:textbf|mathbf|mathrm|text|boldsymbol)\{{(?=[-+.0-9\\\[]) )
  | (?P<close>   [\])}}] | \\\}} )
  | (?P<newline> \n | <br\ ?+/?+> )
  | (?P<begin>   \\begin\{{ (?:[pbB]|small)?+matrix \}} | \\begin\{{array\}} (?:\{{[lcr|\ ]{{0,64}}+\}})?+ )
  | (?P<end>     \\end\{{ (?:(?:[pbB]|small)?+matrix|array) \}} )
  | (?P<rowend>  \\\\ (?:\[[0-9a-z.]{{0,16}}+\])?+ | [;\uff1b] | \\cr(?![a-zA-Z]) )
  | (?P<frac>    \\(?:[cdt]?+frac|nicefrac|sfrac)(?![a-zA-Z]) )
  | (?P<bar>     (?<![^\s|])\|(?![^\s|]) )                    # a border of a table, not the bars of |x|
  | (?P<label>   (?: [A-Za-z] | \\(?:mathbf|mathrm|text|boldsymbol)\{{[A-Za-z]\}} )
                 (?: \^\{{?+\(?+[-\u2212]1\)?+\}}?+(?![0-9]) | \u207b\u00b9 )
      | (?: inv | \\(?:mathrm|text|operatorname)\{{inv\}} ) \([A-Za-z]\)
      | (?: \\?+(?:det|rref) | \\(?:mathrm|text|operatorname)\{{(?:det|rref)\}} ) \ ?+ \(?+[A-Z]\)?+ (?=\ ?+=)
      | \|[A-Z]\|(?=\ ?+=) | [A-Z]\ ?+(?:\\cdot|\\times|\*|\u00b7)?+\ ?+[A-Z](?=\ ?+=)
      | \\(?:text|mathrm|mathbf|boldsymbol)\{{(?!diag\}})[^{{}}\n0-9]{{0,64}}+\}} )
  | (?P<slash>   [/\u2044\u00f7] | \\over(?![a-zA-Z]) )
  | (?P<times>   [*\u00d7\u00b7] | \\cdot(?![a-zA-Z]) | \\times(?![a-zA-Z]) )
  | (?P<sign>    [-+\u2212\u2013] )
  | (?P<equals>  [=\u2248:] | \\approx(?![a-zA-Z]) )
  | (?P<word>    [A-Za-z_][A-Za-z0-9_]*+ (?:\.[A-Za-z_][A-Za-z0-9_]*+)*+ | \\(?:operatorname|mathrm|text)\{{diag\}} )
  | (?P<mark>    [.!?'"] )
    )""",
    re.VERBOSE,
)
_MINUS = str.maketrans("\u2212\u2013", "--")
_PLAIN = re.compile(r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][-+]?+[0-9]++)?+(?:/[0-9]++)?+")
_LATEX = re.compile(r"([-+]?)\\[cdt]?frac\{([-+]?[0-9]++)\}\{([0-9]++)\}")
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?:_|\{,\}|\\,)[0-9]{3})+(?![0-9])")
_REPEATING = re.compile(r"([0-9]+)\.([0-9]*)(?:\\(?:overline|bar)\{|\()([0-9]+)[})]")
_MIXED = re.compile(r"([0-9]+)(?:\\[cdt]?frac\{([0-9]+)\}\{([0-9]+)\}|(.))")


@dataclass(slots=True)
class Token:
    """One token; `spaced` says whether white space stands before it."""

    kind: str
    text: str
    spaced: bool


def tokens(text: str) -> list[Token]:
    """Split an answer into tokens; raises `Unreadable` at the first character no answer holds."""
    found: list[Token] = []
    if "~~" in text:
        raise Unreadable("the answer is struck out")
    if any(word in text for word in _SHAPED):
        text = _SHAPE.sub("", text)  # `the 2x2 matrix`
    text = (plain_rows(text) if "\n" in text else text).rstrip(" ")
    spaced, at, match = False, 0, _TOKEN.match
    while at < len(text):
        token = match(text, at)
        if token is None:
            raise Unreadable("the answer holds a character that is not part of a matrix or number")
        kind = token.lastgroup or ""
        spaced = spaced or token.start(kind) > at
        at = token.end()
        if kind != "space":
            found.append(Token(kind, token[kind], spaced))
            if len(found) > MAX_TOKENS:
                raise Unreadable("the answer is too long")
        spaced = kind == "space"
    found.append(Token("stop", "", True))
    return found


def number(text: str) -> Fraction:
    """Read the text of a number token exactly: `-3`, `0.25`, `1e-3`, `2/3`, `-\\frac{2}{3}`, `1{,}000`, `0.(3)`."""
    if not text.isascii():
        text = text.translate(_MINUS)
    if text[0] in "\"'":
        text = text[1:-1]
    if text[-1] == "}" and (found := _LATEX.fullmatch(text)):
        upper, lower = found.group(2, 3)
        value = _ratio(_integer(upper), lower)
        return -value if found.group(1) == "-" else value
    upper, _, lower = text.partition("/")
    if upper.lstrip("+-").isdigit() and upper.isascii():  # most numbers are integers and fractions of integers
        return _ratio(_integer(upper), lower)
    negative = text[0] == "-"
    body = text[1:] if text[0] in "+-" else text
    value = _simple(body) if _PLAIN.fullmatch(body) else _special(body)
    return -value if negative else value


def _simple(text: str) -> Fraction:
    upper, _, lower = text.partition("/")
    return _ratio(_integer(upper) if upper.isdigit() else _decimal(upper), lower)


def _special(text: str) -> Fraction:
    """Read what is rare: thousands, repeating decimals, mixed numbers, one half in one letter."""
    if found := _GROUPED.match(text):
        return number(re.sub(r"[^0-9]", "", found.group()) + text[found.end() :])
    if found := _REPEATING.fullmatch(text):
        whole, fixed, again = found.groups()
        nines = 10 ** len(again) - 1
        return _decimal(f"{whole}.{fixed}") + Fraction(_integer(again), nines * 10 ** len(fixed))
    if found := _MIXED.fullmatch(text):
        whole, upper, lower, vulgar = found.groups()
        return _integer(whole) + (_vulgar(vulgar) if vulgar else _proper(upper, lower))
    if len(text) == 1:
        return _vulgar(text)
    raise Unreadable("this is not one number")


def _proper(upper: str, lower: str) -> Fraction:
    part = _ratio(_integer(upper), lower)
    if not 0 < part < 1:
        raise Unreadable("a mixed number has a proper fraction")
    return part


def _vulgar(letter: str) -> Fraction:
    return Fraction(numeric(letter)).limit_denominator(10)


def _ratio(upper: int | Fraction, lower: str) -> Fraction:
    if not lower:
        return Fraction(upper)
    if not (below := _integer(lower)):
        raise Unreadable("a number is divided by zero")
    return Fraction(upper, below)


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    if len(digits) > MAX_DIGITS or not digits.isdigit():
        raise Unreadable(f"a number has more than {MAX_DIGITS} digits, or none")
    return int(text)


def _decimal(text: str) -> Fraction:
    exponent = text.lower().partition("e")[2]
    if len(text) > MAX_DIGITS or (exponent and abs(int(exponent)) > MAX_EXPONENT):
        raise Unreadable(f"a number has more than {MAX_DIGITS} digits, or an exponent beyond {MAX_EXPONENT}")
    return Fraction(text)
