"""The family `row_operations`: reach a goal by elementary row operations, written as a program.

Q: Bring A = [[0, 2], [1, 3]] to reduced row echelon form by row operations.
A: <answer>
swap 1 2
scale 2 1/2
add 1 2 -3
</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from generators.answer_types import WrittenProgram
from generators.draws import integers, invertible, monomial, pivot_columns, with_pivots
from generators.errors import BadId
from generators.exact import elimination
from generators.exact.elimination import Echelon
from generators.exact.matrices import Matrix, compact, content_of, identity, nested, product
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.linear_algebra.restating import LARGEST_FACTOR
from generators.linear_algebra.row_operations.operations import (
    Operation,
    Program,
    Run,
    add,
    gauss_jordan,
    run,
    scale,
    swap,
)
from generators.linear_algebra.row_operations.reading import read_program
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.written import FORMAT

COMPONENTS = {
    "correct": "1 if the goal is reached at the end and every operation is legal",
    "reached": "1 if the goal is reached at the end, whatever was illegal on the way and so did nothing",
    "progress": "share of the pivot columns that are done at the end, beyond those that were done at the beginning",
    "legal": "share of legal operations of a program that makes progress",
    "economy": "operations of Gauss-Jordan elimination / operations written, at most 1, where the goal is reached",
    "format": FORMAT,
}
GOALS = {
    "rref": "bring it to reduced row echelon form",
    "inverse": "bring [A | I] to [I | inverse of A]; every operation is applied to both halves",
    "solve": "bring the augmented matrix to the form [I | x]",
}
_run = lru_cache(maxsize=1_024)(run)


@dataclass(frozen=True)
class RowOperations(WrittenProgram[Operation]):
    """A matrix and a goal; `start` is what the operations are applied to."""

    id: ProblemId
    matrix: Matrix
    components = COMPONENTS
    bare_is_whole = True

    @property
    def content(self) -> str:
        return content_of(self.matrix)

    @property
    def goal(self) -> str:
        return str(dict(self.id.params)["kind"])

    @cached_property
    def start(self) -> Matrix:
        return started(self.matrix, self.goal)

    @cached_property
    def target(self) -> Echelon:
        return elimination.rref(self.start)

    @cached_property
    def right(self) -> Program:
        return gauss_jordan(self.start)

    @property
    def task(self) -> str:
        what = "augmented matrix of a linear system" if self.goal == "solve" else "matrix"
        return (
            f"By elementary row operations on the {len(self.matrix)}x{len(self.matrix[0])} {what}\n\nA = "
            f"{nested(self.matrix)}\n\n{GOALS[self.goal]}. Rows count from 1; `swap i j` swaps two rows, `scale i f` "
            "multiplies row i by the number f, which is not 0, `add i j f` adds f times row j to row i. "
            "Give the operations in order, one per line, in the form of this unrelated example:\n"
            + self.write(self.example)
        )

    @property
    def short(self) -> str:
        return f"ops-{self.goal}:{compact(self.matrix)}="

    @property
    def cheap(self) -> Mapping[str, Program]:
        first = next((x for row in self.start for x in row if x), 1)
        return {
            "nothing": (scale(1, Fraction(1)),),
            "swap_first": (swap(1, 2),),
            "scale_first": (scale(1, 1 / Fraction(first)),),
        }

    @property
    def example(self) -> Program:
        return swap(1, 2), scale(2, Fraction(-1, 7)), add(1, 2, Fraction(11))

    def read(self, text: str) -> Program:
        return read_program(text)

    def fault(self, given: Program) -> str:
        done = self._run(given)
        if done.refusal:
            return done.refusal
        return "" if self._reached(done) else "the goal is not reached at the end"

    def measure(self, given: Program) -> Mapping[str, float]:
        done = self._run(given)
        gained = self._done(done.end) - self._done(self.start)
        left = len(self.target.pivots) - self._done(self.start)
        return {
            "reached": float(self._reached(done)),
            "progress": max(0.0, gained / left) if left else 0.0,
            "legal": done.legal / len(given) if gained > 0 else 0.0,
            "economy": self._economy(given) if self._reached(done) else 0.0,
        }

    def merit(self, given: Program) -> Mapping[str, float]:
        return {"economy": self._economy(given)}

    def mistake(self, stream: Stream) -> Program:
        """Return the right program with one operation left out, or with one factor negated."""
        at = stream.below(len(self.right))
        operation = self.right[at]
        if stream.below(2) and operation.name != "swap":
            wrong = type(operation)(operation.name, operation.row, operation.other, -operation.factor)
            return (*self.right[:at], wrong, *self.right[at + 1 :])
        return (*self.right[:at], *self.right[at + 1 :]) or (scale(1, Fraction(1)),)

    def _run(self, given: Program) -> Run:
        return _run(given, self.start)

    def _reached(self, done: Run) -> bool:
        return done.end == self.target.rows

    def _economy(self, given: Program) -> float:
        return min(1.0, len(self.right) / len(given))

    def _done(self, a: Matrix) -> int:
        """Return how many pivot columns are unit columns, each in its row."""
        pivots = enumerate(self.target.pivots)
        return sum(all(row[column] == (i == at) for i, row in enumerate(a)) for at, column in pivots)


def started(matrix: Matrix, goal: str) -> Matrix:
    """Return what the operations are applied to: [A | I] for an inverse, else the matrix itself."""
    if goal != "inverse":
        return matrix
    return tuple((*row, *one) for row, one in zip(matrix, identity(len(matrix)), strict=True))


def _takes_work(matrix: Matrix, params: Params) -> bool:
    """Whether it takes two operations at least, so that none of the cheap programs reaches the goal."""
    return len(gauss_jordan(started(matrix, str(params["kind"])))) > 1


def draw_matrix(stream: Stream, params: Params) -> Matrix:
    """Return a matrix of integers of any rank."""
    rows, columns, bound = (int(params[name]) for name in ("rows", "columns", "bound"))
    pivots = pivot_columns(stream, columns, stream.integer(1, min(rows, columns)))
    return with_pivots(stream, rows, columns, pivots, bound)


def draw_square(stream: Stream, params: Params) -> Matrix:
    """Return an invertible matrix of integers."""
    return invertible(stream, int(params["n"]), int(params["bound"]))


def draw_system(stream: Stream, params: Params) -> Matrix:
    """Return an invertible matrix of integers and a right side."""
    a = draw_square(stream, params)
    b = integers(stream, len(a), 1, int(params["bound"]))
    return tuple((*row, *side) for row, side in zip(a, b, strict=True))


def check_rank(params: Params) -> None:
    """Raise `BadId` unless matrices of every rank are met within the bound."""
    if int(params["bound"]) < min(int(params["rows"]), int(params["columns"])):
        raise BadId("parameters", "the bound is at least the largest rank, so that matrices of each rank are met")


def _rows(stream: Stream, matrix: Matrix) -> tuple[Matrix, Carry]:
    """Return the matrix after operations on its rows, and programs that first undo them."""
    m = monomial(stream, len(matrix), LARGEST_FACTOR)
    undo = gauss_jordan(m)
    return product(m, matrix), lambda program: (*undo, *program)


_TRANSFORMS: Mapping[str, Transform[Matrix]] = {
    "rows": Transform("rows permuted and multiplied by small integers: undo that first, then go on as before", _rows)
}
_N = Whole(2, 8, "rows and columns")
_BOUND = Whole(2, 999, "of the integer entries")

ROW_OPERATIONS: Family[Matrix] = Family(
    name="row_operations",
    version=1,
    about="Reach a goal by elementary row operations, given as a program that is replayed exactly.",
    kinds={
        "rref": Kind(
            "the reduced row echelon form of a matrix of integers, of every rank",
            {"rows": Whole(2, 8, "rows"), "columns": Whole(2, 8, "columns"), "bound": _BOUND},
            draw_matrix,
            _takes_work,
            check_rank,
            _TRANSFORMS,
            example={"rows": 3, "columns": 4, "bound": 9},
        ),
        "inverse": Kind(
            "the inverse of a matrix of integers, through [A | I]",
            {"n": _N, "bound": _BOUND},
            draw_square,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"n": 2, "bound": 9},
        ),
        "solve": Kind(
            "the one solution of a linear system, through [A | b]",
            {"n": _N, "bound": _BOUND},
            draw_system,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"n": 3, "bound": 9},
        ),
    },
    styles=styles("'ops-', the goal and ':', then rows that end with ';'; operations end with ';'"),
    components=COMPONENTS,
    content=content_of,
    pose=RowOperations,
)
