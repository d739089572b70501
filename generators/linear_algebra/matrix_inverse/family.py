"""The family `matrix_inverse`.

Q: Find the inverse of the 2x2 matrix A = [[1, 3/4], [0, 1]].
A: <answer>[[1, -3/4], [0, 1]]</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from generators.answers.matrix import read_matrix
from generators.answers.words import said, sayings
from generators.exact import elimination, matrices
from generators.exact.matrices import Matrix
from generators.family import Family
from generators.ids import ProblemId
from generators.linear_algebra.matrix_inverse import guesses, kinds, symbolic, wording
from generators.linear_algebra.matrix_inverse.guesses import SINGULAR, Answer
from generators.linear_algebra.matrix_inverse.judging import COMPONENTS, Measure
from generators.linear_algebra.matrix_inverse.symbolic import Entry, SymbolicInverse
from generators.parameters import Params
from generators.problem import Problem
from generators.stream import Stream
from generators.written import Written

_NO_INVERSE = ("no inverse(?: exists)?", "(?:does not|doesn t) (?:exist|have an inverse)", "none", "singular matrix")
_SAYINGS = sayings({SINGULAR: ("singular", "(?:not|non-?) ?invertible", *_NO_INVERSE)})


@dataclass(frozen=True)
class MatrixInverse(Written[Answer]):
    """One matrix to invert."""

    id: ProblemId
    matrix: Matrix
    components = COMPONENTS

    @property
    def content(self) -> str:
        return matrices.content_of(self.matrix)

    @cached_property
    def params(self) -> Params:
        return dict(self.id.params)

    @property
    def decimals(self) -> int:
        return int(self.params.get("decimals", 0))

    @cached_property
    def tolerance(self) -> Fraction:
        return guesses.decimal_tolerance(self.params)

    @cached_property
    def right(self) -> Answer:
        try:
            return elimination.inverse(self.matrix)
        except ZeroDivisionError:
            return SINGULAR

    @property
    def task(self) -> str:
        return wording.task(self.matrix, str(self.params["kind"]), self.decimals, self.tolerance)

    @property
    def short(self) -> str:
        return f"{wording.compact_text(self.matrix, self.decimals)}="

    @property
    def cheap(self) -> Mapping[str, Answer]:
        return guesses.guesses(self.params, self.matrix)

    @property
    def example(self) -> Answer:
        return wording.example(self.matrix)

    @property
    def thought(self) -> str:
        if self.right == SINGULAR:
            return "The determinant is 0." if self.in_full else "0"
        return wording.thought(self.matrix, "" if self.id.transform else str(self.params["kind"]), self.id.layout)

    def read(self, text: str) -> Answer:
        return said(text, _SAYINGS) or read_matrix(text)

    def write(self, answer: Answer) -> str:
        if isinstance(answer, str):
            return answer
        text = wording.nested_text if self.in_full else wording.compact_text
        return text(answer, self.decimals)

    def canonical(self, answer: Answer) -> str:
        return answer if isinstance(answer, str) else matrices.compact(answer)

    def fault(self, given: Answer) -> str:
        n = len(self.matrix)
        if isinstance(given, str) or isinstance(self.right, str) or self.params["kind"] == "singular":
            # One sentence for all: which matrices have an inverse is the answer to half of such problems.
            return "" if given == self.right else "that is not the right answer"
        if matrices.shape(given) != (n, n):
            rows, columns = matrices.shape(given)
            return f"the answer is {rows}x{columns}, the matrix {n}x{n}"
        return "" if guesses.within(given, self.right, self.tolerance) else "A times the answer is not I"

    def measure(self, given: Answer) -> Mapping[str, float]:
        if isinstance(given, str) or matrices.shape(given) != matrices.shape(self.matrix) or self._measure is None:
            return {}
        return self._measure.raw(given)

    def mistake(self, stream: Stream) -> Answer:
        """Return the input copied, or the answer with one entry slipped."""
        if stream.below(2) or isinstance(self.right, str):
            return self.matrix
        n = len(self.matrix)
        i, j = stream.below(n), stream.below(n)
        right = self.right[i][j]
        slips = [x for x in (-right, right + 1, right - 1, self.matrix[i][j], 1 / Fraction(right or 1)) if x != right]
        rows = [list(row) for row in self.right]
        rows[i][j] = stream.choice(slips)
        return tuple(map(tuple, rows))

    @cached_property
    def _measure(self) -> Measure | None:
        return None if isinstance(self.right, str) else Measure.of(self.matrix, self.right, self.tolerance)


def _content(drawn: Any) -> str:
    return symbolic.content_of(drawn) if _of_letters(drawn) else matrices.content_of(drawn)


def _pose(problem_id: ProblemId, drawn: Any) -> Problem:
    return SymbolicInverse(problem_id, drawn) if _of_letters(drawn) else MatrixInverse(problem_id, drawn)


def _of_letters(drawn: Any) -> bool:
    return isinstance(drawn[0][0], Entry)


MATRIX_INVERSE: Family[Any] = Family(
    name="matrix_inverse",
    version=1,
    about="Find the inverse of a matrix.",
    kinds=kinds.KINDS,
    styles=wording.STYLES,
    components=COMPONENTS,
    content=_content,
    pose=_pose,
    in_numbers=frozenset(kinds.KINDS) - {"singular", "symbolic"},
)
