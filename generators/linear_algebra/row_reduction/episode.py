"""The episode of the family `row_reduction`, and the single question for its next operation."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from generators.answer_types import WrittenProgram
from generators.answers.turns import last_action
from generators.draws import sign
from generators.errors import Unreadable
from generators.exact.matrices import Matrix, compact, content_of, nested
from generators.ids import ProblemId
from generators.linear_algebra.row_operations.family import GOALS, started
from generators.linear_algebra.row_operations.operations import Illegal as IllegalOperation
from generators.linear_algebra.row_operations.operations import (
    Operation,
    Program,
    add,
    apply,
    gauss_jordan,
    scale,
    swap,
)
from generators.linear_algebra.row_operations.reading import read_operation
from generators.stream import Stream
from generators.turn_based import COMPONENTS, Illegal, Tool, TurnBased
from generators.written import FORMAT

_way = lru_cache(maxsize=8_192)(gauss_jordan)

MAX_BITS = 256  # of a numerator or denominator: what is left to do is found out at every turn
_ROW = {"type": "integer", "minimum": 1, "description": "number of a row, from 1"}
_FACTOR = {"type": "string", "description": "an integer or a fraction such as -2 or 1/3"}
TOOLS = (
    Tool("swap", "Swap two rows.", {"row": _ROW, "other": _ROW}, "swap {row} {other}"),
    Tool(
        "scale", "Multiply a row by a number that is not 0.", {"row": _ROW, "factor": _FACTOR}, "scale {row} {factor}"
    ),
    Tool(
        "add",
        "Add a multiple of another row to a row.",
        {"row": _ROW, "other": _ROW, "factor": _FACTOR},
        "add {row} {other} {factor}",
    ),
)
RULES = (
    "Rows count from 1. `swap i j` swaps two rows, `scale i f` multiplies row i by the number f, which is not 0, "
    "`add i j f` adds f times row j to row i."
)


@dataclass(frozen=True)
class RowReduction(TurnBased[Matrix, Operation]):
    """A matrix and a goal, reached operation by operation."""

    id: ProblemId
    matrix: Matrix
    components = COMPONENTS
    tools = TOOLS

    @property
    def content(self) -> str:
        return content_of(self.matrix)

    @property
    def goal(self) -> str:
        return str(dict(self.id.params)["kind"])

    @cached_property
    def start(self) -> Matrix:
        # Fractions from the beginning: a state is then written the same, however it was come to.
        return tuple(tuple(map(Fraction, row)) for row in started(self.matrix, self.goal))

    @property
    def way(self) -> Program:
        return _way(self.start)

    def after(self, slip: Operation, state: Matrix, ahead: Program) -> Program:
        return _way(state)

    @property
    def task(self) -> str:
        goal = GOALS.get(self.goal, GOALS["rref"])
        return (
            f"By elementary row operations on\n\n{nested(self.start)}\n\n{goal}, within {self.max_turns} operations. "
            f"{RULES} Give one operation at a time."
        )

    @property
    def short(self) -> str:
        return f"{compact(self.start)}>"

    def read(self, text: str) -> Operation:
        return read_operation(text.replace(";", " "))

    def applied(self, action: Operation, state: Matrix) -> Matrix:
        try:
            after = apply(action, state)
        except IllegalOperation as error:
            raise Illegal(str(error)) from None
        if any(max(x.numerator.bit_length(), x.denominator.bit_length()) > MAX_BITS for row in after for x in row):
            raise Illegal("the entries grow too large")
        return after

    def reached(self, state: Matrix) -> bool:
        return not _way(state)

    def progress(self, state: Matrix) -> float:
        return 1 - len(_way(state)) / len(self.way)

    def shown(self, state: Matrix, full: bool) -> str:
        return nested(state) if full else f"{compact(state)}>"

    def lazy(self) -> Mapping[str, Program]:
        nothing = scale(1, Fraction(1))
        return {"nothing": (nothing, nothing), "back_and_forth": (swap(1, 2), swap(1, 2)), "no_row": (swap(1, 99),)}

    def slip(self, stream: Stream, state: Matrix) -> Operation:
        """Return an operation without looking where it leads; now and then it is the one that the way begins with."""
        rows = len(state)
        i, j = stream.below(rows) + 1, stream.below(rows - 1) + 1
        j += j >= i
        factor = Fraction(sign(stream) * stream.integer(2, 4))
        return stream.choice((swap(i, j), scale(i, factor), add(i, j, factor)))


NEXT_COMPONENTS = {
    "correct": "1 if fewer operations of Gauss-Jordan elimination are left after it than before",
    "legal": COMPONENTS["legal"],
    "format": FORMAT,
}


@dataclass(frozen=True)
class NextOperation(WrittenProgram[Operation]):
    """One operation that brings a matrix closer to its reduced row echelon form."""

    id: ProblemId
    matrix: Matrix
    components = NEXT_COMPONENTS
    bare_is_whole = True

    @property
    def content(self) -> str:
        return content_of(self.matrix)

    @property
    def right(self) -> Program:
        return _way(self.matrix)[:1]

    @property
    def task(self) -> str:
        return (
            f"Which row operation comes next, to bring\n\n{nested(self.matrix)}\n\nto reduced row echelon form? It "
            f"must leave fewer operations to do than before. {RULES} Give one operation, in the form of this unrelated "
            f"example: {self.write(self.example)}"
        )

    @property
    def short(self) -> str:
        return f"{compact(self.matrix)}>"

    @property
    def cheap(self) -> Mapping[str, Program]:
        return {"nothing": (scale(1, Fraction(1)),), "swap_first": (swap(1, 2),), "double": (scale(1, Fraction(2)),)}

    @property
    def example(self) -> Program:
        return (add(2, 1, Fraction(-7, 11)),)

    def read(self, text: str) -> Program:
        lines = [line for line in text.replace(";", "\n").splitlines() if line.strip()]
        if len(lines) > 1:
            raise Unreadable("one operation is asked for", "several_answers")
        found = last_action(text)
        if not isinstance(found, str):
            raise Unreadable("an operation is written swap i j, scale i f, or add i j f")
        return (read_operation(found.replace(";", " ")),)

    def fault(self, given: Program) -> str:
        try:
            after = apply(given[0], self.matrix)
        except IllegalOperation as error:
            return str(error)
        return "" if len(_way(after)) < len(_way(self.matrix)) else "as much is left to do as before, or more"

    def measure(self, given: Program) -> Mapping[str, float]:
        return {}

    def mistake(self, stream: Stream) -> Program:
        """Return the right operation with another factor, or on other rows."""
        step = self.right[0]
        other = RowReduction(self.id, self.matrix).slip(stream, self.matrix)
        changed = Operation(step.name, step.row, step.other, step.factor + 1)
        wrong = [(other,), (changed,), (scale(1, Fraction(2)),)]
        return next((one for one in wrong if self.fault(one)), wrong[-1])
