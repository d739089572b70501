"""Find another Hadamard matrix beside a given one."""

from collections.abc import Mapping
from dataclasses import dataclass

from generators.exact.matrices import Integers, Matrix, negate, transpose
from generators.family import Transform
from generators.hadamard.constructions import any_hadamard, is_hadamard, known
from generators.hadamard.sign_matrices import EXAMPLE_TEXT, SignMatrix, columns_transform, letters, rows_transform
from generators.ids import ProblemId
from generators.parameters import Params
from generators.stream import Stream
from generators.written import FORMAT


@dataclass(frozen=True)
class Given:
    """A Hadamard matrix, beside which another one is asked."""

    cells: Integers

    @property
    def content(self) -> str:
        return f"hadamard:{letters(self.cells, ';')}"


@dataclass(frozen=True)
class Another(SignMatrix):
    """A Hadamard matrix, beside which another with the same first row and column is asked.

    Without these the negative of the matrix, or one matrix learned by heart and copied, would do for every problem. To
    fit the signs of its rows and columns to those asked is a way to answer, and part of the work, as is swapping rows.
    """

    id: ProblemId
    given: Given
    components = {
        "correct": "1 if the answer is a Hadamard matrix that keeps row 1 and column 1 and is far enough away",
        "distance": "share of the distance asked for, of a Hadamard matrix that keeps row 1 and column 1",
        "format": FORMAT,
    }

    @property
    def content(self) -> str:
        return self.given.content

    @property
    def cells(self) -> Integers:
        return self.given.cells

    @property
    def distance(self) -> int:
        return int(dict(self.id.params)["distance"])

    @property
    def right(self) -> Matrix:
        return shifted(self.cells)

    @property
    def task(self) -> str:
        n = len(self.cells)
        rows = ", ".join("[" + ", ".join(map(str, row)) + "]" for row in self.cells)
        return (
            f"This is a Hadamard matrix: its entries are 1 and -1 and any two rows are orthogonal.\n\n[{rows}]\n\n"
            f"Find another {n}x{n} Hadamard matrix with the same first row and the same first column that differs "
            f"from it in at least {self.distance} entries. "
            f"Give it as a list of rows, in the form of this unrelated example: {EXAMPLE_TEXT}"
        )

    @property
    def short(self) -> str:
        return f"{self.distance}:{letters(self.cells, ';')}="

    @property
    def cheap(self) -> Mapping[str, Matrix]:
        return cheap_others(self.given)

    def keeps(self, given: Matrix) -> bool:
        pairs = zip(self.cells, given, strict=True)
        return tuple(given[0]) == self.cells[0] and all(ours[0] == theirs[0] for ours, theirs in pairs)

    def fault(self, given: Matrix) -> str:
        if reason := self.illegal(given):
            return reason
        if not is_hadamard(given):
            return "two rows are not orthogonal"
        return "" if self._away(given) >= self.distance else "the matrix is too close to the given one"

    def measure(self, given: Matrix) -> Mapping[str, float]:
        if self.illegal(given):
            return {}
        return {"distance": min(1.0, self._away(given) / self.distance) if is_hadamard(given) else 0.0}

    def _away(self, given: Matrix) -> int:
        return sum(x != y for rows in zip(self.cells, given, strict=True) for x, y in zip(*rows, strict=True))


def shifted(h: Integers) -> Matrix:
    """Return h with all rows but the first moved up by one, and signs so that the first column stays.

    Two orthogonal rows with the same first entry differ in half of the entries, so n(n - 1)/2 entries change.
    """
    moved = (*h[2:], h[1])
    signed = (tuple(x * old[0] * new[0] for x in new) for old, new in zip(h[1:], moved, strict=True))
    return (h[0], *signed)


def cheap_others(given: Given) -> dict[str, Matrix]:
    """Return the Hadamard matrices that come without work."""
    return {
        "input": given.cells,
        "negation": negate(given.cells),
        "transpose": transpose(given.cells),
        "known": known(len(given.cells))[0],
    }


def given(stream: Stream, params: Params) -> Given:
    return Given(any_hadamard(stream, int(params["order"])))


def other_takes_work(drawn: Given, params: Params) -> bool:
    posed = Another(ProblemId("", 0, tuple(sorted(params.items())), "train", 0, "bare"), drawn)
    return all(posed.fault(guess) for guess in posed.cheap.values())


# The first row and column must stay the first ones, as the answer keeps them.
TRANSFORMS: Mapping[str, Transform[Given]] = {"rows": rows_transform(1), "columns": columns_transform(1)}
