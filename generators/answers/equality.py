r"""Whether two mathematical expressions are equal: exactly where our grammar reads both, else by math-verify.

Numbers and matrices of numbers are never left to math-verify, which takes 0.333333 for 1/3 and one matrix for another
(docs/adr/0009). What it does decide, sets, intervals, roots, formulas, it decides in a bounded process.
"""

import re
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec

from generators.answers.matrix import read_matrix
from generators.answers.numbers import read_number
from generators.answers.symbolic import read_functions
from generators.answers.wrapping import unwrapped
from generators.errors import Overtaxed, Unreadable
from generators.workers import Worker

MAX_TEXT = 600  # characters
CPU_S, MEMORY_MB = 2, 1_024

_SAME: tuple[tuple[str, str], ...] = (
    ("\\dfrac", "\\frac"),
    ("\\tfrac", "\\frac"),
    ("\\dbinom", "\\binom"),
    ("\\$", ""),
    ("\\%", ""),
    ("^\\circ", ""),
    ("^{\\circ}", ""),
    ("\\leq", "\\le"),
    ("\\geq", "\\ge"),
    ("\\ne ", "\\neq "),
)
_SIZES = re.compile(r"\\(?:left|right)(?![a-zA-Z])")
_SPACE = re.compile(r"(?<!\\)\\[ ,;:!](?![0-9]{3}(?![0-9]))")
_THOUSANDS = re.compile(r"(?<![0-9.])([1-9][0-9]{0,2})((?:(?:,|\{,\}|\\[,!])[0-9]{3})+)(?![0-9])")
_SHORT_FRACTION = re.compile(r"\\frac\s?([0-9])\s?([0-9])(?![0-9])")
_UNIT = re.compile(r"(?<=[0-9}])\s*\\(?:text|mbox|mathrm)\{\s*([A-Za-z/. ]{1,30})\s*\}(?:\^\{?[0-9]\}?)?$")
_CHANGING = re.compile(
    r"\b(?:or|and|not|is|are|wrong|half|dozens?|hundreds?|thousands?|millions?|billions?|squared|cubed|times|plus|minus)\b"
)
_WORDS = re.compile(r"\\(?:text|mbox|mathrm|textbf|mathbf)\{([^{}]*)\}")
_NAMED = re.compile(r"^([A-Za-z](?:\([a-z]\))?)\s*(?:=|\\in(?![a-z]))(?!.*=)\s*")
_LISTED = re.compile(r"\[\s*\[|matrix\}|array\}")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_SHOWN = re.compile(r"\$\$?([^$]{1,300})\$|\\\[(.{1,300}?)\\\]|\\\((.{1,300}?)\\\)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z][A-Za-z' -]*")
_RELATION = re.compile(
    r"\\(?:neq|not|lt|gt|le|ge|in|notin|to|sim|neg|approx|equiv|mid|subset|subseteq|pm|mp|cup|cap|parallel|perp)(?![a-z])"
    r"|--|[=<>|:;'~!\u2260\u2264\u2265\u2208\u2248\u00b1]|\\\\|\b(?:or|and|not|mod)\b"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SUBSCRIPT = re.compile(r"_\{?([A-Za-z0-9]+)\}?")
_PLAIN_COMMANDS = frozenset(
    ("frac", "sqrt", "cdot", "times", "pi", "infty", "displaystyle", "quad", "div", "ln", "log", "e")
)
_COSTLY = re.compile(r"\^\{?[^}^]{0,30}\^|[0-9]{13}|\^\{?-?[0-9]{4}|[0-9]{5,}!|!!")
_OPENING = ("\\{", "[", "(")
MAX_WORDS, MAX_SHOWN = 4, 16

_worker = Worker("generators.answers.math_verify_worker", CPU_S, MEMORY_MB)


def installed() -> bool:
    """Whether math-verify is here to be asked."""
    return find_spec("math_verify") is not None


def readable_expression(text: str) -> str:
    """Return an answer as it is compared; raises `Unreadable` where there is none."""
    if len(text) > MAX_TEXT:
        raise Unreadable("the answer is too long")
    plain = normal(text)
    if not plain:
        raise Unreadable("there is no expression in the answer", "gave_up")
    if plain.count("{") != plain.count("}"):
        raise Unreadable("a brace is not closed")
    if "$" in plain or len(_PROSE.findall(plain)) > MAX_WORDS:
        raise Unreadable("the answer holds more than an expression")
    return plain


def shown_expressions(question: str) -> list[str]:
    """Return the expressions that a question sets in mathematics, as answers are compared."""
    return [normal(next(filter(None, found))) for found in _SHOWN.findall(question) if any(found)][:MAX_SHOWN]


def normal(text: str) -> str:
    """Return a text without what says nothing: dollars, sizes of brackets, a unit behind a number."""
    plain = _THOUSANDS.sub(lambda found: found[1] + re.sub(r"[^0-9]", "", found[2]), unwrapped(text))
    plain = _SPACE.sub("", plain).strip()
    if (unit := _UNIT.search(plain)) and not _CHANGING.search(unit[1]):
        plain = plain[: unit.start()]
    plain = _SIZES.sub("", plain)
    for written, meant in _SAME:
        plain = plain.replace(written, meant)
    plain = _SHORT_FRACTION.sub(r"\\frac{\1}{\2}", _WORDS.sub(r"\1", plain))
    return " ".join(plain.strip(" $.").split())


def equal_expressions(gold: str, given: str) -> bool:
    """Whether a readable answer equals the right one; raises `Overtaxed` where it killed what compares them."""
    gold, given = normal(gold), normal(given)
    if _glued(gold) == _glued(given):
        return True
    bare = gold.strip("()")
    if _NAME.fullmatch(bare):  # a word, a name, an order of letters: never a product of letters
        said = given.strip("(). ")
        return said.casefold() == bare.casefold() if len(bare) > 1 else said == bare
    named, other = _NAMED.match(gold), _NAMED.match(given)
    if named and other and named[1] != other[1]:
        return False
    gold, given = (text[found.end() :] if found else text for text, found in ((gold, named), (given, other)))
    decided = _exactly(gold, given)
    return decided if decided is not None else _by_library(gold, given)


def same_form(gold: str, given: str) -> bool:
    """Whether two expressions have the same signs and numbers, in any order: x + 3 and 3 + x, not x + 4 - 1."""
    return _signs(normal(gold)) == _signs(normal(given))


def _signs(text: str) -> list[str]:
    return sorted(re.findall(r"\\[A-Za-z]+|[0-9]+|[^\s0-9{}]", re.sub(r"\\(?:cdot|times)|[*]", "", text)))


def _glued(text: str) -> str:
    """Return a text without spaces, except between two digits."""
    return re.sub(r"(?<![0-9]) | (?![0-9])", "", text)


def _exactly(gold: str, given: str) -> bool | None:
    """Return whether both are equal, where our grammar or a rule can tell; None where neither can.

    A number is a number as written: `2^{100}` is not one, or every question would be its answer.
    """
    if _LISTED.search(gold) or _LISTED.search(given):
        with suppress(Unreadable):
            return read_matrix(gold) == read_matrix(given)
        return False
    if ":" in gold or sorted(_RELATION.findall(gold)) != sorted(_RELATION.findall(given)):
        return False
    with suppress(Unreadable):
        number = read_number(gold)
        try:
            return read_number(given) == number
        except Unreadable:
            return False
    if _differ_in_kind(gold, given):
        return False
    with suppress(Unreadable):
        a, b = read_matrix(gold), read_matrix(given)
        listed = not gold.startswith(("(", "[")) and len(a) == len(b) == 1  # 2, 3 and {2, 3}: in any order
        return sorted(a[0]) == sorted(b[0]) if listed else a == b
    with suppress(Unreadable):
        return read_functions(f"[{gold}]") == read_functions(f"[{given}]")
    return None


def _differ_in_kind(gold: str, given: str) -> bool:
    """Whether two expressions differ in what math-verify overlooks: brackets, subscripts, decimals, commands."""
    if _COSTLY.search(given):
        return True
    if next((o for o in _OPENING if gold.startswith(o)), "") != _opening(given, gold):
        return True
    marks = _SUBSCRIPT.findall(given)
    decimals = "." in given and "." not in gold
    odd = set(re.findall(r"[^\x00-\x7f]", given)) - set(re.findall(r"[^\x00-\x7f]", gold))
    commands = set(_COMMAND.findall(given)) - set(_COMMAND.findall(gold)) - _PLAIN_COMMANDS
    return bool((marks and marks != _SUBSCRIPT.findall(gold)) or decimals or odd or commands)


def _opening(given: str, gold: str) -> str:
    """Return the bracket an answer begins with; one around a factor is none where the right answer has none."""
    found = next((opening for opening in _OPENING if given.startswith(opening)), "")
    closes = given.endswith((")", "]", "}"))
    around_all = closes and not (found == "(" and given.count("(") > 1)
    return found if around_all or gold.startswith(found) else ""


def _by_library(gold: str, given: str) -> bool:
    answer = _asked(gold, given)
    if answer is None:
        raise Overtaxed("comparing the answer took too much time or memory", "killed_worker")
    return answer


@lru_cache(maxsize=4_096)
def _asked(gold: str, given: str) -> bool | None:
    """Return what math-verify says; None where the answer kills it, which is remembered too."""
    try:
        return bool(_worker.ask({"gold": gold, "given": given}))
    except Overtaxed:
        return None
