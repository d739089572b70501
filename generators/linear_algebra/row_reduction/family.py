"""The family `row_reduction`: what is drawn, from one operation left to whole matrices.

Q: By elementary row operations on [[1, 2], [0, 3]], bring it to reduced row echelon form. Give one operation at a time.
A: <answer>scale 2 1/3</answer>
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import partial

from generators.draws import sign
from generators.errors import BadId
from generators.exact.matrices import Matrix, content_of
from generators.family import Family, Kind
from generators.ids import ProblemId
from generators.layouts import styles
from generators.linear_algebra.row_operations.family import check_rank, draw_matrix, draw_square, draw_system, started
from generators.linear_algebra.row_operations.operations import (
    Operation,
    add,
    apply,
    gauss_jordan,
    scale,
    swap,
)
from generators.linear_algebra.row_reduction.episode import NEXT_COMPONENTS, NextOperation, RowReduction
from generators.parameters import Parameter, Params, Whole
from generators.problem import Problem
from generators.stream import Stream
from generators.turn_based import COMPONENTS

MAX_TURNS = 64
_ROWS, _COLUMNS = Whole(2, 6, "rows"), Whole(2, 6, "columns")
_BOUND = Whole(2, 99, "of the integer entries")
_N = Whole(2, 4, "rows and columns")
_TURNS = Whole(1, MAX_TURNS, "operations that may be used")


def _left(stream: Stream, params: Params) -> Matrix:
    """Return a reduced matrix after so many operations that undo steps of Gauss-Jordan elimination."""
    rows, columns, bound, count = (int(params[name]) for name in ("rows", "columns", "bound", "operations"))
    size = min(rows, columns)
    matrix: Matrix = tuple(
        tuple(int(i == j) if j < size else (stream.integer(-bound, bound) if i < size else 0) for j in range(columns))
        for i in range(rows)
    )
    for _ in range(count):
        matrix = apply(_undoing(stream, rows), matrix)
    return matrix


def _undoing(stream: Stream, rows: int) -> Operation:
    i, j = stream.below(rows) + 1, stream.below(rows - 1) + 1
    j += j >= i
    which = stream.below(5)
    if which == 0:
        return swap(i, j)
    factor = Fraction(sign(stream) * stream.integer(2, 5))
    return scale(i, factor) if which < 3 else add(i, j, factor)


def _has_left(least: int, most: int | None, matrix: Matrix, params: Params) -> bool:
    """Whether Gauss-Jordan elimination takes a number of operations that the turns allow."""
    needed = len(gauss_jordan(started(matrix, str(params["kind"]))))
    return least <= needed <= int(params.get("turns", MAX_TURNS)) and (most is None or needed == most)


def _exactly(matrix: Matrix, params: Params) -> bool:
    """Whether just so many operations are left, and it is not merely the first two rows that have to be swapped."""
    count = int(params["operations"])
    return _has_left(count, count, matrix, params) and bool(gauss_jordan(apply(swap(1, 2), matrix)))


def _next_takes_work(matrix: Matrix, params: Params) -> bool:
    """Whether none of the cheap operations leaves fewer to do."""
    posed = NextOperation(ProblemId("", 0, (), "train", 0, "chat"), matrix)
    return _exactly(matrix, params) and all(posed.fault(guess) for guess in (*posed.cheap.values(), posed.example))


def _check_left(params: Params) -> None:
    if int(params["operations"]) > min(int(params["rows"]), int(params["columns"])) ** 2:
        raise BadId("parameters", "elimination seldom needs more operations than the square of the smaller side")
    if "turns" in params and int(params["turns"]) < int(params["operations"]):
        raise BadId("parameters", "there are fewer turns than operations to do")


def _check_whole(params: Params) -> None:
    check_rank(params)
    if int(params["turns"]) < 2 * int(params["rows"]):
        raise BadId("parameters", "there are at least twice as many turns as rows")


def _check_square(params: Params) -> None:
    if int(params["turns"]) < int(params["n"]) ** 2 + int(params["n"]):
        raise BadId("parameters", "there are at least n^2 + n turns, which elimination may need")


def _pose(problem_id: ProblemId, matrix: Matrix) -> Problem:
    asked = NextOperation if dict(problem_id.params)["kind"] == "next" else RowReduction
    return asked(problem_id, matrix)


_LEFT: Mapping[str, Parameter] = {
    "rows": _ROWS,
    "columns": _COLUMNS,
    "bound": _BOUND,
    "operations": Whole(1, 12, "operations that elimination has left to do"),
}

ROW_REDUCTION: Family[Matrix] = Family(
    name="row_reduction",
    turns=True,
    version=1,
    about="Reach a goal by elementary row operations, one at a time, with a look at the matrix after each.",
    kinds={
        "left": Kind(
            "a matrix of full rank from which elimination has so many operations left",
            {**_LEFT, "turns": _TURNS},
            _left,
            _exactly,
            _check_left,
            example={"rows": 2, "columns": 3, "bound": 9, "operations": 2, "turns": 6},
        ),
        "rref": Kind(
            "a matrix of integers of any rank",
            {"rows": _ROWS, "columns": _COLUMNS, "bound": _BOUND, "turns": _TURNS},
            draw_matrix,
            partial(_has_left, 2, None),
            _check_whole,
            example={"rows": 3, "columns": 4, "bound": 9, "turns": 24},
        ),
        "inverse": Kind(
            "the inverse of a matrix of integers, through [A | I]",
            {"n": _N, "bound": _BOUND, "turns": _TURNS},
            draw_square,
            partial(_has_left, 2, None),
            _check_square,
            example={"n": 2, "bound": 9, "turns": 12},
        ),
        "solve": Kind(
            "the one solution of a linear system, through [A | b]",
            {"n": _N, "bound": _BOUND, "turns": _TURNS},
            draw_system,
            partial(_has_left, 2, None),
            _check_square,
            example={"n": 2, "bound": 9, "turns": 12},
        ),
        "next": Kind(
            "a single question: an operation that leaves fewer to do",
            _LEFT,
            _left,
            _next_takes_work,
            _check_left,
            example={"rows": 2, "columns": 3, "bound": 9, "operations": 2},
        ),
    },
    styles=styles("the rows of the matrix end with ';' and the last with '>'; so does every look at it"),
    components={**NEXT_COMPONENTS, **COMPONENTS},
    content=content_of,
    pose=_pose,
)
