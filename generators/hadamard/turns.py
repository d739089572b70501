"""The family `hadamard_operations`: grow and transform a Hadamard matrix by the rules that keep it one, turn by turn.

Q: Transform H = [[1, 1], [1, -1]] into K = [[1, 1], [-1, 1]], one operation at a time.
A: <answer>negate row 2</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from generators.errors import BadId
from generators.exact.matrices import Matrix, nested
from generators.family import Family, Kind
from generators.hadamard import operations
from generators.hadamard.constructions import CONSTRUCTIONS
from generators.hadamard.operations import MAX_ORDER, Operation, Path, Program, letters, path, path_takes_work
from generators.hadamard.shortening import simplified
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.turn_based import COMPONENTS, Illegal, Tool, TurnBased

_NUMBER = {"type": "integer", "minimum": 1, "description": "number of a row or column, from 1"}
TOOLS = (
    Tool("swap_rows", "Swap two rows.", {"i": _NUMBER, "j": _NUMBER}, "swap rows {i} {j}"),
    Tool("swap_columns", "Swap two columns.", {"i": _NUMBER, "j": _NUMBER}, "swap columns {i} {j}"),
    Tool("negate_row", "Change the signs of a row.", {"i": _NUMBER}, "negate row {i}"),
    Tool("negate_column", "Change the signs of a column.", {"i": _NUMBER}, "negate column {i}"),
    Tool("transpose", "Make rows of the columns.", {}, "transpose"),
    Tool("double", "Make [[H, H], [H, -H]] of H.", {}, "double"),
)


@dataclass(frozen=True)
class HadamardOperations(TurnBased[Matrix, Operation]):
    """Two Hadamard matrices; the way from one to the other is gone operation by operation."""

    id: ProblemId
    path: Path
    components = COMPONENTS
    tools = TOOLS

    @property
    def content(self) -> str:
        return self.path.content

    @property
    def start(self) -> Matrix:
        return self.path.start

    @cached_property
    def way(self) -> Program:
        """What was drawn without detours, up to where it first meets the goal."""
        state = self.start
        steps = simplified(self.path.steps, len(state))
        for done, step in enumerate(steps, 1):
            state = operations.apply(step, state)
            if self.reached(state):
                return steps[:done]
        raise AssertionError("the path leads to its end")

    def after(self, slip: Operation, state: Matrix, ahead: Program) -> Program:
        """Return the slip again, which undoes it, and then what was ahead."""
        return (slip, *ahead)

    @property
    def task(self) -> str:
        return (
            f"Transform the Hadamard matrix\n\nH = {nested(self.path.start)}\n\ninto\n\nK = {nested(self.path.end)}\n\n"
            f"within {self.max_turns} operations: `swap rows i j`, `swap columns i j`, `negate row i`, "
            "`negate column i`, `transpose`, and `double`, which makes [[H, H], [H, -H]] of H. Rows and columns count "
            "from 1. Give one operation at a time."
        )

    @property
    def short(self) -> str:
        return f"{letters(self.path.start)}>{letters(self.path.end)}="

    def read(self, text: str) -> Operation:
        return operations.read_operation(text)

    def applied(self, action: Operation, state: Matrix) -> Matrix:
        try:
            return operations.apply(action, state)
        except operations.Illegal as error:
            raise Illegal(str(error)) from None

    def reached(self, state: Matrix) -> bool:
        return state == self.path.end

    def progress(self, state: Matrix) -> float:
        """Return by how much more entries agree than at the start, and than after operations without thought."""
        floor = max(_agreement(x, self.path.end) for x in (self.start, *self._lazily()))
        return (_agreement(state, self.path.end) - floor) / (1 - floor)

    def shown(self, state: Matrix, full: bool) -> str:
        return nested(state) if full else f"{letters(state)}="

    def lazy(self) -> Mapping[str, Program]:
        transpose, double = Operation("transpose"), Operation("double")
        grown = {f"double_{n}": (double,) * n for n in range(1, 4)}
        return {"transpose_twice": (transpose, transpose), "transpose": (transpose,), **grown}

    def slip(self, stream: Stream, state: Matrix) -> Operation:
        return operations.any_operation(stream, len(state))

    def _lazily(self) -> list[Matrix]:
        return [operations.run(actions, self.start)[0] for actions in self.lazy().values()]


def _agreement(a: Matrix, b: Matrix) -> float:
    """Return the share of entries that two matrices share, 0 where their orders differ."""
    if len(a) != len(b):
        return 0.0
    pairs = [x == y for rows in zip(a, b, strict=True) for x, y in zip(*rows, strict=True)]
    return sum(pairs) / len(pairs)


def _check(params: Params) -> None:
    if params["order"] not in CONSTRUCTIONS:
        raise BadId("parameters", f"the order is one of {', '.join(map(str, CONSTRUCTIONS))}")
    if int(params["order"]) * 2 ** int(params["doublings"]) > MAX_ORDER:
        raise BadId("parameters", f"the matrix grows to at most {MAX_ORDER} rows")
    if int(params["turns"]) < int(params["operations"]) + int(params["doublings"]):
        raise BadId("parameters", "there are fewer turns than operations to do")


HADAMARD_OPERATIONS: Family[Path] = Family(
    name="hadamard_operations",
    turns=True,
    version=1,
    about="Grow and transform Hadamard matrices, one operation at a time.",
    kinds={
        "": Kind(
            "from one matrix to another by operations that were drawn",
            {
                "order": Whole(4, 28, "rows and columns: 4, 8, 12, 16, 20, 24 or 28"),
                "operations": Whole(2, 32, "how many operations are drawn: the difficulty"),
                "doublings": Whole(0, 3, "how often the matrix is doubled on the way"),
                "turns": Whole(2, 64, "operations that may be used"),
            },
            path,
            path_takes_work,
            _check,
            example={"order": 4, "operations": 3, "doublings": 0, "turns": 8},
        )
    },
    styles=styles("+ and - for 1 and -1, rows end with ';'; start, '>', target, then '='; a look ends with '=' too"),
    components=COMPONENTS,
    content=lambda drawn: drawn.content,
    pose=HadamardOperations,
)
