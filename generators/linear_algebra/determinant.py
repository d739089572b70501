"""The family `determinant`.

Q: Find the determinant of the 2x2 matrix A = [[3, 1], [4, 2]].
A: <answer>2</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import exp, prod

from generators.answer_types import WrittenNumber
from generators.draws import fraction, integers, monomial
from generators.exact.matrices import (
    Matrix,
    compact,
    content_of,
    nested,
    product,
    rational_determinant,
    scaled,
    transpose,
)
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.linear_algebra.restating import LARGEST_FACTOR
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.written import FORMAT

COMPONENTS = {
    "correct": "1 if the number is right",
    "closeness": "exp(-|x' - x| / max(1, |x|))",
    "format": FORMAT,
}


@dataclass(frozen=True)
class Determinant(WrittenNumber):
    """The determinant of one matrix."""

    id: ProblemId
    matrix: Matrix
    components = COMPONENTS

    @property
    def content(self) -> str:
        return content_of(self.matrix)

    @cached_property
    def right(self) -> Fraction:
        return rational_determinant(self.matrix)

    @property
    def task(self) -> str:
        n = len(self.matrix)
        return (
            f"Find the determinant of the {n}x{n} matrix\n\nA = {nested(self.matrix)}\n\n"
            f"Give one exact number, an integer or a fraction, in the form of this unrelated example: {self.example}"
        )

    @property
    def short(self) -> str:
        return f"det:{compact(self.matrix)}="

    @property
    def cheap(self) -> Mapping[str, Fraction]:
        return cheap_determinants(self.matrix)

    @property
    def example(self) -> Fraction:
        return next(x for x in (Fraction(-35, 4), Fraction(-27, 4)) if x != self.right)

    def fault(self, given: Fraction) -> str:
        return "" if given == self.right else "that is not the determinant"

    def measure(self, given: Fraction) -> Mapping[str, float]:
        return {
            "closeness": exp(-float(min(abs(given - self.right) / max(Fraction(1), abs(self.right)), Fraction(700))))
        }

    def mistake(self, stream: Stream) -> Fraction:
        slips = [-self.right, self.right + 1, self.right - 1, cheap_determinants(self.matrix)["diagonal"]]
        return stream.choice([x for x in slips if x != self.right])


def cheap_determinants(a: Matrix) -> dict[str, Fraction]:
    """Return the numbers that need no expansion."""
    along = [Fraction(row[i]) for i, row in enumerate(a)]
    return {
        "zero": Fraction(0),
        "one": Fraction(1),
        "trace": sum(along, Fraction(0)),
        "diagonal": prod(along, start=Fraction(1)),
        "first_entry": along[0],
    }


def _takes_work(a: Matrix, params: Params) -> bool:
    return rational_determinant(a) not in cheap_determinants(a).values()


def _integer(stream: Stream, params: Params) -> Matrix:
    return integers(stream, int(params["n"]), int(params["n"]), int(params["bound"]))


def _fractions(stream: Stream, params: Params) -> Matrix:
    n = int(params["n"])
    return tuple(tuple(fraction(stream, int(params["bound"])) for _ in range(n)) for _ in range(n))


def _rows(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    m = monomial(stream, len(a), LARGEST_FACTOR)
    return product(m, a), lambda x: x * rational_determinant(m)


def _transposed(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    return _rows(stream, transpose(a))


def _scaled(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    c = fraction(stream, 9)
    return scaled(c, a), lambda x: x * c ** len(a)


_TRANSFORMS: Mapping[str, Transform[Matrix]] = {
    "rows": Transform("M A with M permuting the rows and multiplying them by small integers: x det M", _rows),
    "transpose": Transform("M A^T: x det M", _transposed),
    "scale": Transform("c A with a fraction c: x c^n", _scaled),
}

DETERMINANT: Family[Matrix] = Family(
    name="determinant",
    version=1,
    about="Find the determinant of a matrix.",
    kinds={
        "integer": Kind(
            "integer entries",
            {"n": Whole(2, 8, "rows and columns"), "bound": Whole(2, 1_000_000, "of the entries")},
            _integer,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"n": 3, "bound": 9},
        ),
        "fraction": Kind(
            "reduced fractions a/b, none of them 0",
            {"n": Whole(2, 5, "rows and columns"), "bound": Whole(2, 20, "|a|, b <= bound")},
            _fractions,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"n": 2, "bound": 9},
        ),
    },
    styles=styles("'det:', then rows that end with ';' and entries with ','"),
    components=COMPONENTS,
    content=content_of,
    pose=Determinant,
    in_numbers=frozenset({"integer", "fraction"}),
)
