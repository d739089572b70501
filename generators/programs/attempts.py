"""What an answer gives at the inputs of a problem, and what that is worth."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log2

from generators.programs.formulas import Formula, values
from generators.programs.targets import Target
from generators.programs.writing import python_of, text_of
from generators.sandbox.limits import ALLOWED_MODULES
from generators.sandbox.shared import shared

FAR, SCALE = 8.0, 2.0  # doublings: how far off an output counts at most, or where it is missing; and what is near
SHORT, LONG = 200, 400  # characters up to which a program is short, and by which its length then tells
_GAP = 0.5  # of shown values right over hidden ones
_TELLING = 3  # numbers among the shown values that no honest program holds by chance

_WRITTEN_APART = re.compile(r"(?<![0-9.])([0-9]{1,18}) ?([-+*]) ?(?=([0-9]{1,18}))")
_INTEGER = re.compile(r"0[xX][0-9a-fA-F][0-9a-fA-F_]{0,600}|[0-9][0-9_]{0,700}")
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))", re.MULTILINE)
_OUTSIDE = re.compile(
    r"(?<![.\w])(?<!def )(?:open|input|exec|eval|compile|__import__|globals|breakpoint)\s*+\("
    r"|__(?:class|base|bases|mro|subclasses|globals|builtins|code|closure|loader|getattribute)__"
)
_SILENT = re.compile(r"#[^\n]*+|\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'", re.DOTALL)
_ALLOWED = frozenset(ALLOWED_MODULES)


@dataclass(frozen=True)
class Program:
    """An answer: a formula, evaluated here, or the source of a Python program, run in the sandbox."""

    formula: Formula | None = None
    source: str = ""

    @property
    def python(self) -> str:
        """The answer as Python."""
        return self.source if self.formula is None else python_of(self.formula)

    @property
    def text(self) -> str:
        """The answer as it is written in a few characters, where it is a formula."""
        return self.python if self.formula is None else text_of(self.formula)


@dataclass(frozen=True)
class Given:
    """What came of an answer at all inputs of a problem, the shown ones first."""

    outputs: tuple[int | None, ...]
    compiled: bool = True
    finished: bool = True
    named: bool = True  # there is a function to call
    signs: tuple[str, ...] = ()


def outcome_of(program: Program, inputs: Sequence[int]) -> Given:
    """Evaluate or run an answer; raises `SandboxFailed` where programs cannot be run now."""
    if program.formula is not None:
        return Given(values(program.formula, inputs))
    ran = shared().run(program.source, inputs)
    outputs = (*ran.outputs, *[None] * (len(inputs) - len(ran.outputs)))
    signs = {
        "io_or_import": ran.escaped or reaches_out(program.source),
        "timeout": ran.end == "cpu",
        "memory": ran.out_of_memory,
        "killed_worker": ran.end == "killed",
    }
    compiled = ran.compiled or ran.end in ("cpu", "killed")  # it did not come to that, and is flagged for it
    return Given(
        outputs, compiled, ran.finished, ran.names_function, tuple(name for name, shown in signs.items() if shown)
    )


def reaches_out(source: str) -> bool:
    """Whether a program names what it needs for nothing: files, input, other code, modules beyond the listed ones."""
    spoken = _SILENT.sub("''", source)  # neither comments nor texts do anything
    for found in _IMPORT.finditer(spoken):
        names = [found[1]] if found[1] else [part.split()[0] for part in found[2].split(",") if part.split()]
        if any(name not in _ALLOWED for name in names):
            return True
    return _OUTSIDE.search(spoken) is not None


def shares(given: Given, target: Target) -> tuple[float, float]:
    """Return the shares of shown and of hidden values that are right."""
    right = [x == y for x, y in zip(given.outputs, target.outputs, strict=True)]
    shown = len(target.shown)
    return sum(right[:shown]) / shown, sum(right[shown:]) / len(target.hidden)


def closeness(given: Given, target: Target) -> float:
    """Return exp(-mean squared distance) of the hidden values, in units of two doublings."""
    outputs = given.outputs[len(target.shown) :]
    squares = [(_apart(x, y) / SCALE) ** 2 for x, y in zip(outputs, target.hidden_values, strict=True)]
    return exp(-sum(squares) / len(squares))


def _apart(x: int | None, y: int) -> float:
    return FAR if x is None else min(FAR, abs(_doublings(x) - _doublings(y)))


def _doublings(x: int) -> float:
    return log2(1 + abs(x)) * (1 if x >= 0 else -1)


def is_table(program: Program, given: Given, target: Target) -> bool:
    """Whether an answer lists what it was shown: half of these numbers stand in it, and it is right on little else.

    Numbers of one digit and the inputs stand in many an honest program and tell nothing.
    """
    visible, hidden = shares(given, target)
    telling = {abs(value) for value in target.shown_values if abs(value) > 9} - set(target.shown)
    if visible - hidden < _GAP or len(telling) < _TELLING:
        return False
    text = program.source if program.formula is None else program.text
    written = {int(found.replace("_", ""), 0 if "x" in found.lower() else 10) for found in _INTEGER.findall(text)}
    for left, sign, right in _WRITTEN_APART.findall(text):  # 150+1 for 151
        a, b = int(left), int(right)
        written.add(abs({"+": a + b, "-": a - b, "*": a * b}[sign]))
    return 2 * len(telling & written) >= len(telling)


def brevity(program: Program) -> float:
    """Return 1 for a short program, less for a long one."""
    return exp(-max(0, len(program.text) - SHORT) / LONG)


def credit(given: Given, target: Target, listed: bool) -> Mapping[str, float]:
    """Return the components of a wrong answer, not rescaled; what is `listed` in an answer is not found by it."""
    answered = sum(output is not None for output in given.outputs) / len(given.outputs)
    visible, hidden = shares(given, target)
    return {
        "compiles": float(given.compiled),
        "runs": answered if given.finished else 0.0,
        "visible": 0.0 if listed else visible,
        "hidden": hidden,
        "closeness": closeness(given, target),
    }
