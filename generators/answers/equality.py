r"""Whether two mathematical expressions are equal: exactly where our grammar reads both, else by math-verify.

Numbers and matrices of numbers are never left to math-verify, which takes 0.333333 for 1/3 and one matrix for another
(docs/adr/0009). What it does decide, sets, intervals, roots, formulas, it decides in a bounded process.
"""

import re
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec

from generators.answers.matrix import read_matrix
from generators.answers.symbolic import read_functions
from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable
from generators.workers import Worker

MAX_TEXT = 600  # characters
CPU_S, MEMORY_MB = 4, 1_024

_SAME: tuple[tuple[str, str], ...] = (
    ("\\dfrac", "\\frac"),
    ("\\tfrac", "\\frac"),
    ("\\left", ""),
    ("\\right", ""),
    ("\\$", ""),
    ("\\%", ""),
    ("^\\circ", ""),
    ("^{\\circ}", ""),
    ("{,}", ""),
)
_SPACE = re.compile(r"(?<!\\)\\[ ,;:!]")
_UNIT = re.compile(r"(?<=[0-9}])\s*\\(?:text|mbox|mathrm)\{\s*[^{}]*\}(?:\^\{?[0-9]\}?)?$")
_WORDS = re.compile(r"\\(?:text|mbox|mathrm|textbf)\{([^{}]*)\}")
_NAMED = re.compile(r"^[A-Za-z](?:\([a-z]\))?\s*=(?!.*=)")
_LISTED = re.compile(r"\[\s*\[|matrix\}|array\}")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_SHOWN = re.compile(r"\$([^$]{1,300})\$")
MAX_WORDS, MAX_SHOWN = 4, 16
_BRACKETS = ("[", "(", "{", "\\{")

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
    """Return the expressions that a question shows between dollars, as answers are compared."""
    return [normal(found) for found in _SHOWN.findall(question)][:MAX_SHOWN]


def normal(text: str) -> str:
    """Return a text without what says nothing: dollars, sizes of brackets, a unit behind a number, `x =` before it."""
    plain = _UNIT.sub("", _SPACE.sub("", unwrapped(text)).strip())
    for written, meant in _SAME:
        plain = plain.replace(written, meant)
    plain = _NAMED.sub("", _WORDS.sub(r"\1", plain))
    return " ".join(plain.strip(" $.").split())


def equal_expressions(gold: str, given: str) -> bool:
    """Whether a readable answer equals the right one; raises `Overtaxed` where it killed what compares them."""
    gold, given = normal(gold), normal(given)
    if gold.replace(" ", "") == given.replace(" ", ""):
        return True
    if gold.casefold() == given.casefold() and not re.search(r"[\\^_=+*/]", gold):
        return True
    decided = _exactly(gold, given)
    return decided if decided is not None else _by_library(gold, given)


def _exactly(gold: str, given: str) -> bool | None:
    """Return whether both are equal numbers, matrices or quotients of polynomials; None where one is none of these."""
    for opening in _BRACKETS:
        if gold.startswith(opening) != given.startswith(opening) and _LISTED.search(gold + given) is None:
            return None  # a tuple and a list, an open and a closed interval
    with suppress(Unreadable):
        a, b = read_matrix(gold), read_matrix(given)
        listed = not gold.startswith(_BRACKETS) and len(a) == len(b) == 1  # 2, 3: in any order
        return sorted(a[0]) == sorted(b[0]) if listed else a == b
    if _LISTED.search(gold) or _LISTED.search(given):
        return False
    with suppress(Unreadable):
        return read_functions(f"[{gold}]") == read_functions(f"[{given}]")
    return None


@lru_cache(maxsize=4_096)
def _by_library(gold: str, given: str) -> bool:
    return bool(_worker.ask({"gold": gold, "given": given}))
