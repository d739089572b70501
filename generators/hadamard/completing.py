"""Complete a partial matrix of 1 and -1 so that its rows are orthogonal."""

from collections.abc import Mapping
from dataclasses import dataclass

from generators.draws import shuffled
from generators.exact.matrices import Integers, Matrix
from generators.family import Transform
from generators.hadamard.constructions import any_hadamard, is_hadamard, known, orthogonal_pairs
from generators.hadamard.sign_matrices import EXAMPLE_TEXT, SignMatrix, columns_transform, letters, rows_transform
from generators.ids import ProblemId
from generators.parameters import Params
from generators.stream import Stream
from generators.written import FORMAT

BLANK = 0  # of a partial matrix


@dataclass(frozen=True)
class Partial:
    """A matrix of 1, -1 and blanks, and one Hadamard matrix that completes it."""

    cells: Integers
    winner: Integers

    @property
    def content(self) -> str:
        return f"hadamard:partial:{letters(self.cells, ';')}"


@dataclass(frozen=True)
class Complete(SignMatrix):
    """A partial matrix to complete."""

    id: ProblemId
    partial: Partial
    components = {
        "correct": "1 if the answer is a Hadamard matrix that keeps the given entries",
        "orthogonal": "share of orthogonal pairs of rows, of an answer that keeps the given entries",
        "format": FORMAT,
    }

    @property
    def content(self) -> str:
        return self.partial.content

    @property
    def cells(self) -> Integers:
        return self.partial.cells

    @property
    def right(self) -> Matrix:
        return self.partial.winner

    @property
    def task(self) -> str:
        n = len(self.cells)
        rows = ", ".join("[" + ", ".join(str(x) if x else "?" for x in row) + "]" for row in self.cells)
        return (
            f"Replace every ? by 1 or -1, so that any two rows of the {n}x{n} matrix are orthogonal "
            f"(a Hadamard matrix):\n\n[{rows}]\n\n"
            f"Give the whole matrix as a list of rows, in the form of this unrelated example: {EXAMPLE_TEXT}"
        )

    @property
    def short(self) -> str:
        return f"{letters(self.cells, ';')}="

    @property
    def cheap(self) -> Mapping[str, Matrix]:
        return cheap_completions(self.partial)

    def keeps(self, given: Matrix) -> bool:
        return all(x in (BLANK, y) for rows in zip(self.cells, given, strict=True) for x, y in zip(*rows, strict=True))

    def fault(self, given: Matrix) -> str:
        return self.illegal(given) or ("" if is_hadamard(given) else "two rows are not orthogonal")

    def measure(self, given: Matrix) -> Mapping[str, float]:
        if self.illegal(given):
            return {}
        return {"orthogonal": orthogonal_pairs(given) / (len(given) * (len(given) - 1) // 2)}


def cheap_completions(partial: Partial) -> dict[str, Matrix]:
    """Return the answers that look at no two rows."""
    memorised = known(len(partial.cells))[0]
    return {
        "all_plus": _filled(partial.cells, 1),
        "all_minus": _filled(partial.cells, -1),
        "ones": tuple((1,) * len(row) for row in partial.cells),
        "known": memorised,
        "input": partial.cells,
        "known_where_blank": tuple(
            tuple(x or y for x, y in zip(*rows, strict=True)) for rows in zip(partial.cells, memorised, strict=True)
        ),
    }


def _filled(cells: Integers, value: int) -> Integers:
    return tuple(tuple(x or value for x in row) for row in cells)


def partial(stream: Stream, params: Params) -> Partial:
    order, blanks = int(params["order"]), int(params["blanks"])
    h = any_hadamard(stream, order)
    hidden = set(shuffled(stream, order * order)[:blanks])
    cells = tuple(tuple(BLANK if order * i + j in hidden else x for j, x in enumerate(row)) for i, row in enumerate(h))
    return Partial(cells, h)


def completion_takes_work(drawn: Partial, params: Params) -> bool:
    posed = Complete(ProblemId("", 0, (), "train", 0, "bare"), drawn)
    return all(posed.fault(guess) for guess in posed.cheap.values())


TRANSFORMS: Mapping[str, Transform[Partial]] = {"rows": rows_transform(0), "columns": columns_transform(0)}
