"""The family `hadamard`: matrices of 1 and -1 with orthogonal rows, judged by H H^T = n I in integers.

Q: Replace every ? by 1 or -1, so that any two rows are orthogonal: [[1, ?], [?, 1]].
A: <answer>[[1, 1], [-1, 1]]</answer>
"""

from typing import Any

from generators.errors import BadId
from generators.family import Family, Kind
from generators.hadamard import another, completing, operations
from generators.hadamard.another import Another, Given
from generators.hadamard.completing import Complete, Partial
from generators.hadamard.constructions import CONSTRUCTIONS
from generators.hadamard.operations import MAX_ORDER, Path, Transformed
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import Params, Whole
from generators.problem import Problem

Task = Partial | Given | Path


def _pose(problem_id: ProblemId, drawn: Task) -> Problem:
    if isinstance(drawn, Partial):
        return Complete(problem_id, drawn)
    return Another(problem_id, drawn) if isinstance(drawn, Given) else Transformed(problem_id, drawn)


def _check_order(params: Params) -> None:
    if params["order"] not in CONSTRUCTIONS:
        raise BadId("parameters", f"the order is one of {', '.join(map(str, CONSTRUCTIONS))}")


def _check_partial(params: Params) -> None:
    _check_order(params)
    if 2 * int(params["blanks"]) > int(params["order"]) ** 2:
        raise BadId("parameters", "at most half of the entries are blank, or one matrix would answer many problems")


def _check_given(params: Params) -> None:
    _check_order(params)
    order = int(params["order"])
    if 2 * int(params["distance"]) > order * (order - 1):
        raise BadId("parameters", "the distance is at most n(n - 1)/2, which can always be reached")


def _check_path(params: Params) -> None:
    _check_order(params)
    if int(params["order"]) * 2 ** int(params["doublings"]) > MAX_ORDER:
        raise BadId("parameters", f"the matrix grows to at most {MAX_ORDER} rows")


_ORDER = Whole(4, 28, "rows and columns: 4, 8, 12, 16, 20, 24 or 28")
_KINDS: dict[str, Kind[Any]] = {
    "complete": Kind(
        "fill the blanks of a Hadamard matrix",
        {"order": _ORDER, "blanks": Whole(4, 392, "how many entries are blank: the difficulty")},
        completing.partial,
        completing.completion_takes_work,
        _check_partial,
        completing.TRANSFORMS,
        example={"order": 8, "blanks": 12},
    ),
    "another": Kind(
        "find another Hadamard matrix with the same first row and column, far enough away",
        {"order": _ORDER, "distance": Whole(2, 378, "how many entries differ at least: the difficulty")},
        another.given,
        another.other_takes_work,
        _check_given,
        another.TRANSFORMS,
        example={"order": 8, "distance": 8},
    ),
    "operations": Kind(
        "transform one into another by permuting, negating, transposing and doubling",
        {
            "order": _ORDER,
            "operations": Whole(2, 32, "how many operations are drawn: the difficulty"),
            "doublings": Whole(0, 3, "how often the matrix is doubled on the way"),
        },
        operations.path,
        operations.path_takes_work,
        _check_path,
        operations.PATH_TRANSFORMS,
        example={"order": 4, "operations": 3, "doublings": 0},
    ),
}

HADAMARD: Family[Any] = Family(
    name="hadamard",
    version=1,
    about="Complete, find and transform Hadamard matrices.",
    kinds=_KINDS,
    styles=styles("+ and - for 1 and -1, rows end with ';'"),
    components={**Complete.components, **Another.components, **Transformed.components},
    content=lambda drawn: str(drawn.content),
    pose=_pose,
)
