"""Reading row operations: `swap 1 2`, `scale 2 1/3`, `add 3 1 -2`, and the arrows of textbooks, `R3 -> R3 - 2 R1`."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from generators.answers.tokens import number
from generators.answers.wrapping import SUBSCRIPTS
from generators.errors import Unreadable
from generators.linear_algebra.row_operations.operations import Operation, Program, add, scale, swap

MAX_OPERATIONS = 256
MAX_LINE = 200  # characters

_WORDED = ("swap", "switch", "exchange", "interchange", "scale", "multiply", "divide", "add", "subtract")
_UNREADABLE = "an operation is written swap i j, scale i f, or add i j f"
_NUMBER = r"[-+]?[0-9]++(?:\.[0-9]++)?+(?:/[0-9]++)?+|[-+]?\\[dt]?frac\{[-+]?[0-9]++\}\{[0-9]++\}"
_ROW, _MARKED = r"r?([0-9]{1,2})", r"r([0-9]{1,2})"
_BY = r"(?: times | ?\* ?| )"
_Said = tuple[re.Pattern[str], Callable[[re.Match[str]], Operation]]
_SENTENCES: Sequence[_Said] = (  # once `row 1` and `R_1` have become `r1`, and white space is single
    (
        re.compile(rf"(?:swap|switch|exchange|interchange) (?:rows )?{_ROW} (?:and |with )?{_ROW}"),
        lambda said: swap(int(said[1]), int(said[2])),
    ),
    (
        re.compile(rf"(?:scale|multiply) {_ROW} (?:by )?({_NUMBER})"),
        lambda said: scale(int(said[1]), number(said[2])),
    ),
    (re.compile(rf"divide {_ROW} by ({_NUMBER})"), lambda said: scale(int(said[1]), _factor("/", said[2]))),
    (
        re.compile(rf"add {_ROW} {_ROW} ({_NUMBER})"),
        lambda said: add(int(said[1]), int(said[2]), number(said[3])),
    ),
    (
        re.compile(rf"add (?:({_NUMBER}){_BY}?)?{_MARKED} to {_ROW}"),
        lambda said: add(int(said[3]), int(said[2]), number(said[1] or "1")),
    ),
    (
        re.compile(rf"add {_MARKED}{_BY}({_NUMBER}) to {_ROW}"),
        lambda said: add(int(said[3]), int(said[1]), number(said[2])),
    ),
    (
        re.compile(rf"subtract (?:({_NUMBER}){_BY}?)?{_MARKED} from {_ROW}"),
        lambda said: add(int(said[3]), int(said[2]), -number(said[1] or "1")),
    ),
)
_CALLED = (  # as a function is called, with or without the names of its arguments
    (re.compile(r"swap ?\( ?(?:row ?= ?)?([^,=]+), ?(?:other ?= ?)?([^,=]+)\)"), r"swap \1 \2"),
    (re.compile(r"scale ?\( ?(?:row ?= ?)?([^,=]+), ?(?:factor ?= ?)?([^,=]+)\)"), r"scale \1 \2"),
    (
        re.compile(r"add ?\( ?(?:row ?= ?)?([^,=]+), ?(?:other ?= ?)?([^,=]+), ?(?:factor ?= ?)?([^,=]+)\)"),
        r"add \1 \2 \3",
    ),
)
_NAMED_ROW = re.compile(r"\b(?:row |r)_?\{?([0-9]{1,2})\}?")
_SPACED = re.compile(r"(?<=[0-9]) ?/ ?(?=[0-9])|(?<= [-+]) (?=[0-9])")
_LABEL = re.compile(r"(?:next )?(?:action|operation|move)\s*:\s*")
_NUMBERING = re.compile(r"\s*(?:(?:step\s*)?[0-9]{1,3}\s*[.):]\s+(?=[a-z(\\])|[-*\u2022]\s+(?=[a-z\\]))?")
_ARROWS = {"-->": "->", "==>": "->", r"\mapsto": "->", "\u27f6": "->", "\u21a6": "->"}
_ARROWS |= {r"\leftrightarrow": "<>", "<->": "<>", "<=>": "<>", "\u2194": "<>", "\u21d4": "<>", "\u27f7": "<>"}
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
_SHORT_FRACTION = re.compile(r"\\[dt]?frac([1-9])([1-9])")
_EDGES = " \t`.,*!\"'"
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
    plain = _NUMBERING.sub("", plain.replace("**", "", 1) if plain.startswith("**") else plain, count=1)
    plain = _LABEL.sub("", _SHORT_FRACTION.sub(r"\1/\2", plain).strip(_EDGES), count=1).strip(_EDGES)
    if plain.startswith(_WORDED):
        return _worded(plain)
    return _arrowed(re.sub(r"\brow ?(?=[0-9])", "r", plain))


def _worded(text: str) -> Operation:
    text = " ".join(text.replace("$", "").split())
    for called, meaning in _CALLED:
        text = called.sub(meaning, text)
    text = _NAMED_ROW.sub(r"r\1", " ".join(re.sub(r"[,()]", " ", text).split()))
    text = _SPACED.sub(lambda space: space[0].strip(), text)
    for sentence, meant in _SENTENCES:
        if found := sentence.fullmatch(text):
            return meant(found)
    raise Unreadable(_UNREADABLE)


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
        raise Unreadable(_UNREADABLE)
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
