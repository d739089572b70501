"""Reading row operations: `swap 1 2`, `scale 2 1/3`, `add 3 1 -2`, and the arrows of textbooks, `R3 -> R3 - 2 R1`."""

import re
from fractions import Fraction

from generators.answers.tokens import number
from generators.answers.wrapping import SUBSCRIPTS
from generators.errors import Unreadable
from generators.linear_algebra.row_operations.operations import Operation, Program, add, scale, swap

MAX_OPERATIONS = 256
MAX_LINE = 200  # characters

_WORDED = ("swap", "scale", "add", "multiply", "exchange", "interchange")
_NUMBER = r"[-+]?[0-9]++(?:\.[0-9]++)?+(?:/[0-9]++)?+|[-+]?\\[dt]?frac\{[-+]?[0-9]++\}\{[0-9]++\}"
_WORDS = re.compile(
    rf"""(?: swap \s (?P<a>[0-9]{{1,2}}) \s (?P<b>[0-9]{{1,2}})
       | scale \s (?P<c>[0-9]{{1,2}}) \s (?P<f>{_NUMBER})
       | add \s (?P<d>[0-9]{{1,2}}) \s (?P<e>[0-9]{{1,2}}) \s (?P<g>{_NUMBER}) )""",
    re.VERBOSE,
)
_SENTENCES = (  # the longer ways of saying the three
    (re.compile(rf"add ({_NUMBER}) (?:times|\*) row ([0-9]{{1,2}}) to row ([0-9]{{1,2}})"), r"add \3 \2 \1"),
    (re.compile(rf"(?:multiply|scale) row ([0-9]{{1,2}}) by ({_NUMBER})"), r"scale \1 \2"),
    (re.compile(r"(?:swap|exchange|interchange) rows? ([0-9]{1,2}) (?:and|with) (?:row )?([0-9]{1,2})"), r"swap \1 \2"),
)
_FILLER = re.compile(r"\brows?\b|(?<=swap \d) and\b|[,()]")
_ROW = re.compile(r"\br_?\{?([0-9]{1,2})\}?")
_NUMBERING = re.compile(r"\s*(?:(?:step\s*)?[0-9]{1,3}\s*[.):]\s+(?=[a-z(\\])|[-*\u2022]\s+(?=[a-z\\]))?")
_ARROWS = {r"\leftrightarrow": "<>", "<->": "<>", "<=>": "<>", "\u2194": "<>", "\u21d4": "<>", "\u27f7": "<>"}
_ARROWS |= {
    r"\longrightarrow": ">",
    r"\rightarrow": ">",
    r"\to": ">",
    "->": ">",
    "=>": ">",
    "\u2192": ">",
    "\u21d2": ">",
}
_ARROWS |= {"<-": "<", r"\leftarrow": "<", "\u2190": "<", ":=": "<"}
_SIGNS = {"\u2212": "-", "\u2013": "-", "\u00b7": "*", "\u00d7": "*", r"\cdot": "*", r"\times": "*", "\u00f7": "/"}
_TERM = re.compile(
    r"(?P<sign>[-+]?)(?:\(?(?P<before>[-+]?[0-9]+(?:\.[0-9]+)?(?:/[0-9]+)?)\)?\*?)?r(?P<row>[0-9]{1,2})"
    r"(?:/(?P<after>[0-9]+)|\*(?P<by>[0-9]+(?:/[0-9]+)?))?"
)
_FRACTION = re.compile(r"\\[dt]?frac\{([-+]?[0-9]+)\}\{([0-9]+)\}")


def read_program(text: str) -> Program:
    """Read operations, one per line or between `;`; raises `Unreadable`."""
    if len(text) > MAX_OPERATIONS * MAX_LINE:
        raise Unreadable("the program is too long")
    plain = re.sub(r"[\[\]\"`$]", "", re.sub(r"```(?:[a-z]*\n)?", "", text)).replace("\r", "")
    if "'swap" in plain or "'scale" in plain or "'add" in plain or "'R" in plain:
        plain = plain.replace("'", "")  # a list of strings
    lines = re.split(r"[\n;]|,(?=\s?(?:swap|scale|add|[Rr]_?\{?[0-9]))", plain)
    lines = [line for line in lines if line.partition("#")[0].strip()]
    if not lines:
        raise Unreadable("there is no operation in the answer", "gave_up")
    if len(lines) > MAX_OPERATIONS:
        raise Unreadable(f"a program has at most {MAX_OPERATIONS} operations")
    return tuple(map(read_operation, lines))


def read_operation(line: str) -> Operation:
    """Read one operation; raises `Unreadable`."""
    if len(line) > MAX_LINE:
        raise Unreadable("a line is too long to be an operation")
    plain = line.partition("#")[0].lower().translate(SUBSCRIPTS)
    for written, meant in (*_ARROWS.items(), *_SIGNS.items()):
        plain = plain.replace(written, meant)
    plain = _NUMBERING.sub("", plain.replace("**", "", 1) if plain.startswith("**") else plain, count=1).strip(
        " \t`.,*"
    )
    if plain.startswith(_WORDED):
        return _worded(plain)
    return _arrowed(re.sub(r"\brow ?(?=[0-9])", "r", plain))


def _worded(text: str) -> Operation:
    text = " ".join(_ROW.sub(r"\1", text).split())
    for sentence, meaning in _SENTENCES:
        text = sentence.sub(meaning, text)
    found = _WORDS.fullmatch(" ".join(_FILLER.sub(" ", text).split()))
    if found is None:
        raise Unreadable("an operation is written swap i j, scale i f, or add i j f")
    group = found.groupdict()
    if group["a"]:
        return swap(int(group["a"]), int(group["b"]))
    if group["c"]:
        return scale(int(group["c"]), number(group["f"]))
    return add(int(group["d"]), int(group["e"]), number(group["g"]))


def _arrowed(text: str) -> Operation:
    text = _FRACTION.sub(r"\1/\2", text)
    if re.search(r"[0-9]\s+[0-9]", text):
        raise Unreadable("a number is broken by white space")
    text = re.sub(r"[\s_{}]", "", text)
    if found := re.fullmatch(r"r([0-9]{1,2})<>r([0-9]{1,2})", text):
        return swap(int(found.group(1)), int(found.group(2)))
    if found := re.fullmatch(r"r([0-9]{1,2})([-+*/])=(.+)", text):  # R3 += -2*R1, R2 /= 3
        row, sign, rest = found.groups()
        text = f"r{row}<r{row}{sign}{rest}" if sign in "-+" else f"r{row}<{_factor(sign, rest)}r{row}"
    sides = re.split(r"[<>=]", text)
    if len(sides) != 2:
        raise Unreadable("an operation is written swap i j, scale i f, or add i j f")
    target, source = sides if re.fullmatch(r"r[0-9]{1,2}", sides[0]) else reversed(sides)
    if not re.fullmatch(r"r[0-9]{1,2}", target):
        raise Unreadable("an operation changes one row")
    return _of_terms(int(target[1:]), _terms(source))


def _factor(sign: str, text: str) -> Fraction:
    if re.fullmatch(_NUMBER, text) is None:
        raise Unreadable("a factor is not a number")
    value = number(text)
    if sign == "/" and not value:
        raise Unreadable("a number is divided by zero")
    return value if sign == "*" else 1 / value


def _terms(text: str) -> list[tuple[Fraction, int]]:
    """Read `R3 - 2 R1` as factors and rows."""
    terms: list[tuple[Fraction, int]] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None or (at and not found["sign"]) or len(terms) == 2:
            raise Unreadable("an operation adds a multiple of one row to another")
        factor = number(found["before"] or "1") * number(found["by"] or "1") / _divisor(found["after"])
        terms.append((-factor if found["sign"] == "-" else factor, int(found["row"])))
        at = found.end()
    return terms


def _divisor(text: str | None) -> Fraction:
    value = number(text or "1")
    if not value:
        raise Unreadable("a number is divided by zero")
    return value


def _of_terms(row: int, terms: list[tuple[Fraction, int]]) -> Operation:
    if len(terms) == 1 and terms[0][1] == row:
        return scale(row, terms[0][0])
    own = [factor for factor, other in terms if other == row]
    rest = [(factor, other) for factor, other in terms if other != row]
    if len(terms) == 2 and own == [1] and len(rest) == 1:
        return add(row, rest[0][1], rest[0][0])
    raise Unreadable("an operation changes one row by a multiple of itself or of one other")
