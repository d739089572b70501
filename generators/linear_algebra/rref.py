"""The family `rref`.

Q: Find the reduced row echelon form of the 2x3 matrix A = [[2, 4, 2], [1, 2, 3]].
A: <answer>[[1, 2, 0], [0, 0, 1]]</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from generators.answer_types import WrittenMatrix
from generators.draws import fraction, monomial, pivot_columns, with_pivots
from generators.errors import BadId
from generators.exact import elimination
from generators.exact.elimination import Echelon, is_echelon, leading_columns
from generators.exact.matrices import Matrix, compact, content_of, negate, nested, product, shape, transpose, zeros
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.linear_algebra.entries import slipped
from generators.linear_algebra.restating import LARGEST_FACTOR, of_matrices
from generators.parameters import OneOf, Params, Whole
from generators.stream import Stream
from generators.written import FORMAT

COMPONENTS = {
    "correct": "1 if the answer is the reduced row echelon form, which is unique",
    "rows": "share of right rows",
    "pivots": "1 if the rows stand in echelon form with the right leading columns",
    "row_space": "1 if the rows stand in echelon form and span the right space, reduced or not",
    "format": FORMAT,
}
IDENTITIES = 8  # one in so many of the draws whose form is the identity is kept: it is what a lazy model answers


@dataclass(frozen=True)
class Rref(WrittenMatrix):
    """One matrix to reduce."""

    id: ProblemId
    matrix: Matrix
    components = COMPONENTS

    @property
    def content(self) -> str:
        return content_of(self.matrix)

    @cached_property
    def echelon(self) -> Echelon:
        return elimination.rref(self.matrix)

    @property
    def right(self) -> Matrix:
        return self.echelon.rows

    @property
    def task(self) -> str:
        rows, columns = shape(self.matrix)
        of = "augmented matrix of a linear system" if dict(self.id.params)["kind"] == "augmented" else "matrix"
        return (
            f"Find the reduced row echelon form of the {rows}x{columns} {of}\n\nA = {nested(self.matrix)}\n\n"
            "Write each entry exactly, as an integer or a fraction in lowest terms, and keep rows of zeros. "
            f"Give the answer as a list of rows, in the form of this unrelated example: {nested(self.example)}"
        )

    @property
    def short(self) -> str:
        return f"rref:{compact(self.matrix)}="

    @property
    def cheap(self) -> Mapping[str, Matrix]:
        rows, columns = shape(self.matrix)
        sizes = range(1, min(rows, columns))
        few = {f"identity_of_{r}": (*eye(r, columns), *zeros(rows - r, columns)) for r in sizes}
        guesses = {
            "identity": eye(rows, columns),
            **few,
            "input": self.matrix,
            "negation": negate(self.matrix),
            "zero": zeros(rows, columns),
        }
        return {**guesses, "transpose": transpose(self.matrix)} if rows == columns else guesses

    @property
    def example(self) -> Matrix:
        rows, columns = shape(self.matrix)
        shown = [[Fraction(int(i == j)) for j in range(columns)] for i in range(rows)]
        # No row echelon form begins with a 2, so the example is never the answer.
        shown[0] = [Fraction(2), *([Fraction(-5, 4)] * (columns - 1))]
        return tuple(map(tuple, shown))

    def fault(self, given: Matrix) -> str:
        return self.misshapen(given) or ("" if given == self.right else "that is not the reduced row echelon form")

    def measure(self, given: Matrix) -> Mapping[str, float]:
        if self.misshapen(given):
            return {}
        stands = is_echelon(given)
        return {
            "rows": sum(x == y for x, y in zip(given, self.right, strict=True)) / len(given),
            "pivots": float(stands and leading_columns(given) == self.echelon.pivots),
            "row_space": float(stands and self._spans(given)),
        }

    def _spans(self, given: Matrix) -> bool:
        """Whether rows in echelon form span the right space: as many of them, each the combination it must be."""
        pivots = self.echelon.pivots
        if len(leading_columns(given)) != len(pivots):
            return False
        return product(tuple(tuple(row[p] for p in pivots) for row in given), self.right[: len(pivots)]) == given

    def mistake(self, stream: Stream) -> Matrix:
        return self.matrix if stream.below(2) else slipped(stream, self.right, self.matrix)


def eye(rows: int, columns: int) -> Matrix:
    """Return ones along the diagonal of a matrix of any shape."""
    return tuple(tuple(int(i == j) for j in range(columns)) for i in range(rows))


def _random(stream: Stream, params: Params) -> Matrix:
    rows, columns = int(params["rows"]), int(params["columns"])

    def draw(s: Stream) -> Matrix | None:
        a = with_pivots(
            s, rows, columns, pivot_columns(s, columns, s.integer(1, min(rows, columns))), int(params["bound"])
        )
        return a if _not_the_identity(a) or not s.below(IDENTITIES) else None

    return stream.until(draw)


def _ranked(stream: Stream, params: Params) -> Matrix:
    rows, columns, size = int(params["rows"]), int(params["columns"]), int(params["rank"])
    return with_pivots(stream, rows, columns, pivot_columns(stream, columns, size), int(params["bound"]))


def _augmented(stream: Stream, params: Params) -> Matrix:
    rows, unknowns, solutions = int(params["equations"]), int(params["unknowns"]), params["solutions"]
    if solutions == "one":
        pivots = list(range(unknowns))
    else:
        none = solutions == "none"
        pivots = pivot_columns(stream, unknowns, stream.integer(1, min(rows - none, unknowns - 1))) + [unknowns] * none
    return with_pivots(stream, rows, unknowns + 1, pivots, int(params["bound"]))


def _not_the_identity(a: Matrix) -> bool:
    return elimination.rref(a).rows != eye(*shape(a))


def _takes_work(a: Matrix, params: Params) -> bool:
    """Whether the rows do not stand in echelon form already: the input would have the right row space."""
    return not is_echelon(a)


def _takes_work_and_thought(a: Matrix, params: Params) -> bool:
    return _takes_work(a, params) and _not_the_identity(a)


def _check(params: Params) -> None:
    if int(params["bound"]) < min(int(params["rows"]), int(params["columns"])):
        raise BadId("parameters", "the bound is at least the largest rank, so that matrices of each rank are met")


def _check_ranked(params: Params) -> None:
    _check(params)
    rows, columns, size = int(params["rows"]), int(params["columns"]), int(params["rank"])
    if size > rows or size >= columns:
        raise BadId("parameters", "the rank is at most the rows and below the columns, or the answer is the identity")


def _check_augmented(params: Params) -> None:
    rows, unknowns = int(params["equations"]), int(params["unknowns"])
    if int(params["bound"]) < min(rows, unknowns + 1):
        raise BadId("parameters", "the bound is at least the largest rank, so that systems of each rank are met")
    if params["solutions"] == "one" and rows < unknowns:
        raise BadId("parameters", "one solution needs as many equations as unknowns")
    if params["solutions"] != "one" and unknowns < 2:
        raise BadId("parameters", "none and infinite need two unknowns, or the answer is always the same")


def _rows(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    return product(monomial(stream, len(a), LARGEST_FACTOR), a), lambda answer: answer


def _columns(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    factors = [fraction(stream, LARGEST_FACTOR) for _ in a[0]]

    def change(x: Matrix) -> Matrix:
        """Multiply the columns, then make every leading entry again what it was."""
        leads = [next((j for j, entry in enumerate(row) if entry), 0) for row in x]
        return tuple(
            tuple(e * f / factors[at] for e, f in zip(row, factors, strict=True))
            for row, at in zip(x, leads, strict=True)
        )

    return tuple(tuple(e * f for e, f in zip(row, factors, strict=True)) for row in a), of_matrices(change, shape(a))


_TRANSFORMS: Mapping[str, Transform[Matrix]] = {
    "rows": Transform("rows permuted and multiplied by small integers: the answer stays as it is", _rows),
    "columns": Transform(
        "columns multiplied by fractions: so are the answer's, and its rows divided to lead with 1", _columns
    ),
}
_BOUND = Whole(2, 1_000_000, "of the integer entries")

RREF: Family[Matrix] = Family(
    name="rref",
    version=1,
    about="Find the reduced row echelon form of a matrix.",
    kinds={
        "random": Kind(
            "integer entries of every rank; few of those whose form is the identity",
            {"rows": Whole(2, 8, "rows"), "columns": Whole(2, 8, "columns"), "bound": _BOUND},
            _random,
            _takes_work,
            _check,
            _TRANSFORMS,
            example={"rows": 3, "columns": 4, "bound": 9},
        ),
        "rank": Kind(
            "integer entries and a given rank",
            {
                "rows": Whole(2, 8, "rows"),
                "columns": Whole(2, 8, "columns"),
                "rank": Whole(1, 7, "the rank, below the columns"),
                "bound": _BOUND,
            },
            _ranked,
            _takes_work_and_thought,
            _check_ranked,
            _TRANSFORMS,
            example={"rows": 3, "columns": 4, "rank": 2, "bound": 9},
        ),
        "augmented": Kind(
            "the augmented matrix of a linear system with none, one or infinitely many solutions",
            {
                "equations": Whole(2, 8, "rows"),
                "unknowns": Whole(1, 7, "columns but one"),
                "solutions": OneOf(("one", "none", "infinite"), "how many solutions the system has"),
                "bound": _BOUND,
            },
            _augmented,
            _takes_work_and_thought,
            _check_augmented,
            _TRANSFORMS,
            example={"equations": 3, "unknowns": 3, "solutions": "infinite", "bound": 9},
        ),
    },
    styles=styles("'rref:', then rows that end with ';' and entries with ','"),
    components=COMPONENTS,
    content=content_of,
    pose=Rref,
    in_numbers=frozenset({"random", "rank", "augmented"}),
)
