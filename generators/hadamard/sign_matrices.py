"""What questions about matrices of 1 and -1 share: reading, writing, what must stay, how they are restated."""

from abc import abstractmethod
from typing import Any, TypeVar

from generators.answers.signs import read_signs, signs
from generators.draws import shuffled, sign
from generators.exact.matrices import Integers, Matrix, compact, shape, transpose
from generators.family import Carry, Transform
from generators.ids import ProblemId
from generators.stream import Stream
from generators.written import Written

EXAMPLE: Integers = ((1, 1), (1, -1))
EXAMPLE_TEXT = "[[1, 1], [1, -1]]"

P = TypeVar("P", bound=Any)  # what is drawn: its fields are matrices, one of them `cells`


class SignMatrix(Written[Matrix]):
    """What both questions share: the answer is a matrix of 1 and -1 that keeps some of the given entries."""

    id: ProblemId

    @property
    @abstractmethod
    def cells(self) -> Integers:
        """The given entries."""

    @abstractmethod
    def keeps(self, given: Matrix) -> bool:
        """Whether a matrix of the right shape leaves what must stay as it is."""

    @property
    def example(self) -> Matrix:
        return EXAMPLE

    def read(self, text: str) -> Matrix:
        return read_signs(text)

    def write(self, answer: Matrix) -> str:
        rows = ", ".join("[" + ", ".join(map(str, row)) + "]" for row in answer)
        return f"[{rows}]" if self.in_full else signs(answer)

    def canonical(self, answer: Matrix) -> str:
        return compact(answer)

    def mistake(self, stream: Stream) -> Matrix:
        """Return a right answer with one sign changed."""
        rows = [list(row) for row in self.right]
        i, j = stream.below(len(rows)), stream.below(len(rows))
        rows[i][j] = -rows[i][j]
        return tuple(map(tuple, rows))

    def illegal(self, given: Matrix) -> str:
        """Return why an answer is no matrix of 1 and -1 that keeps what must stay, or ""."""
        n = len(self.cells)
        if shape(given) != (n, n):
            return f"the answer is {len(given)}x{len(given[0])}, not {n}x{n}"
        if any(x not in (1, -1) for row in given for x in row):
            return "an entry is neither 1 nor -1"
        return "" if self.keeps(given) else "an entry that must stay was changed"


def letters(cells: Integers, end: str) -> str:
    return end.join("".join("?+-"[x] for x in row) for row in cells)


def _restated(stream: Stream, n: int, fix: int) -> tuple[list[int], list[int]]:
    """Return an order of n rows and a sign for each; the first `fix` rows keep their place."""
    order = [*range(fix), *(at + fix for at in shuffled(stream, n - fix))]
    return order, [sign(stream) for _ in order]


def rows_transform(fix: int) -> Transform[P]:
    """Return the transform that permutes and negates rows, of the problem and of the answer."""

    def restate(stream: Stream, drawn: P) -> tuple[P, Carry]:
        order, signs_of = _restated(stream, len(drawn.cells), fix)

        def change(a: Matrix) -> Matrix:
            if len(a) != len(order):
                return a
            return tuple(tuple(s * x for x in a[at]) for at, s in zip(order, signs_of, strict=True))

        return _each(drawn, change), change

    return Transform("rows permuted and negated: so are the answer's", restate)


def columns_transform(fix: int) -> Transform[P]:
    rows: Transform[P] = rows_transform(fix)

    def restate(stream: Stream, drawn: P) -> tuple[P, Carry]:
        turned, carry = rows.restate(stream, _each(drawn, transpose))
        return _each(turned, transpose), lambda answer: transpose(carry(transpose(answer)))

    return Transform("columns permuted and negated: so are the answer's", restate)


def _each(drawn: P, change: Carry) -> P:
    """Return the drawn object with every matrix of it changed."""
    changed: P = type(drawn)(**{name: change(getattr(drawn, name)) for name in drawn.__dataclass_fields__})
    return changed
