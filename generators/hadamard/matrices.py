"""Questions whose answer is a Hadamard matrix: complete a partial one, or find another one beside a given one."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from generators.answers.signs import read_signs, signs
from generators.draws import shuffled, sign
from generators.exact.matrices import Integers, Matrix, compact, negate, shape, transpose
from generators.family import Carry, Transform
from generators.hadamard.constructions import any_hadamard, is_hadamard, known, orthogonal_pairs
from generators.ids import ProblemId
from generators.parameters import Params
from generators.stream import Stream
from generators.written import FORMAT, Written

BLANK = 0  # of a partial matrix
_EXAMPLE: Integers = ((1, 1), (1, -1))

P = TypeVar("P", "Partial", "Given")


@dataclass(frozen=True)
class Partial:
    """A matrix of 1, -1 and blanks, and one Hadamard matrix that completes it."""

    cells: Integers
    winner: Integers

    @property
    def content(self) -> str:
        return f"hadamard:partial:{_letters(self.cells, ';')}"


@dataclass(frozen=True)
class Given:
    """A Hadamard matrix, beside which another one is asked."""

    cells: Integers

    @property
    def content(self) -> str:
        return f"hadamard:{_letters(self.cells, ';')}"


class _Signs(Written[Matrix]):
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
        return _EXAMPLE

    def read(self, text: str) -> Matrix:
        return read_signs(text)

    def write(self, answer: Matrix) -> str:
        rows = ", ".join("[" + ", ".join(map(str, row)) + "]" for row in answer)
        return f"[{rows}]" if self.chat else signs(answer)

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

    def orthogonal(self, given: Matrix) -> float:
        """Return the share of orthogonal pairs of rows."""
        return orthogonal_pairs(given) / (len(given) * (len(given) - 1) // 2)


@dataclass(frozen=True)
class Complete(_Signs):
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
            f"Give the whole matrix as a list of rows, in the form of this unrelated example: {_EXAMPLE_TEXT}"
        )

    @property
    def short(self) -> str:
        return f"{_letters(self.cells, ';')}="

    @property
    def cheap(self) -> Mapping[str, Matrix]:
        return cheap_completions(self.partial)

    def keeps(self, given: Matrix) -> bool:
        return all(x in (BLANK, y) for rows in zip(self.cells, given, strict=True) for x, y in zip(*rows, strict=True))

    def fault(self, given: Matrix) -> str:
        return self.illegal(given) or ("" if is_hadamard(given) else "two rows are not orthogonal")

    def measure(self, given: Matrix) -> Mapping[str, float]:
        return {} if self.illegal(given) else {"orthogonal": self.orthogonal(given)}


@dataclass(frozen=True)
class Another(_Signs):
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
            f"Give it as a list of rows, in the form of this unrelated example: {_EXAMPLE_TEXT}"
        )

    @property
    def short(self) -> str:
        return f"{self.distance}:{_letters(self.cells, ';')}="

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


_EXAMPLE_TEXT = "[[1, 1], [1, -1]]"


def shifted(h: Integers) -> Matrix:
    """Return h with all rows but the first moved up by one, and signs so that the first column stays.

    Two orthogonal rows with the same first entry differ in half of the entries, so n(n - 1)/2 entries change.
    """
    moved = (*h[2:], h[1])
    signed = (tuple(x * old[0] * new[0] for x in new) for old, new in zip(h[1:], moved, strict=True))
    return (h[0], *signed)


def cheap_completions(partial: Partial) -> dict[str, Matrix]:
    """Return the answers that look at no two rows."""
    memorised = known(len(partial.cells))[0]
    return {
        "all_plus": _filled(partial.cells, 1),
        "all_minus": _filled(partial.cells, -1),
        "known": memorised,
        "input": partial.cells,
        "known_where_blank": tuple(
            tuple(x or y for x, y in zip(*rows, strict=True)) for rows in zip(partial.cells, memorised, strict=True)
        ),
    }


def cheap_others(given: Given) -> dict[str, Matrix]:
    """Return the Hadamard matrices that come without work."""
    return {
        "input": given.cells,
        "negation": negate(given.cells),
        "transpose": transpose(given.cells),
        "known": known(len(given.cells))[0],
    }


def _filled(cells: Integers, value: int) -> Integers:
    return tuple(tuple(x or value for x in row) for row in cells)


def _letters(cells: Integers, end: str) -> str:
    return end.join("".join("?+-"[x] for x in row) for row in cells)


def partial(stream: Stream, params: Params) -> Partial:
    order, blanks = int(params["order"]), int(params["blanks"])
    h = any_hadamard(stream, order)
    hidden = set(shuffled(stream, order * order)[:blanks])
    cells = tuple(tuple(BLANK if order * i + j in hidden else x for j, x in enumerate(row)) for i, row in enumerate(h))
    return Partial(cells, h)


def completion_takes_work(drawn: Partial, params: Params) -> bool:
    posed = Complete(ProblemId("", 0, (), "train", 0, "bare"), drawn)
    return all(posed.fault(guess) for guess in posed.cheap.values())


def given(stream: Stream, params: Params) -> Given:
    return Given(any_hadamard(stream, int(params["order"])))


def other_takes_work(drawn: Given, params: Params) -> bool:
    posed = Another(ProblemId("", 0, tuple(sorted(params.items())), "train", 0, "bare"), drawn)
    return all(posed.fault(guess) for guess in posed.cheap.values())


def _restated(stream: Stream, n: int, fix: int) -> tuple[list[int], list[int]]:
    """Return an order of n rows and a sign for each; the first `fix` rows keep their place."""
    order = [*range(fix), *(at + fix for at in shuffled(stream, n - fix))]
    return order, [sign(stream) for _ in order]


def _rows_of(fix: int) -> Transform[P]:
    """Return the transform that permutes and negates rows, of the problem and of the answer."""

    def restate(stream: Stream, drawn: P) -> tuple[P, Carry]:
        order, signs_of = _restated(stream, len(drawn.cells), fix)

        def change(a: Matrix) -> Matrix:
            if len(a) != len(order):
                return a
            return tuple(tuple(s * x for x in a[at]) for at, s in zip(order, signs_of, strict=True))

        return _each(drawn, change), change

    return Transform("rows permuted and negated: so are the answer's", restate)


def _columns_of(fix: int) -> Transform[P]:
    rows: Transform[P] = _rows_of(fix)

    def restate(stream: Stream, drawn: P) -> tuple[P, Carry]:
        turned, carry = rows.restate(stream, _each(drawn, transpose))
        return _each(turned, transpose), lambda answer: transpose(carry(transpose(answer)))

    return Transform("columns permuted and negated: so are the answer's", restate)


def _each(drawn: P, change: Carry) -> P:
    """Return the drawn object with every matrix of it changed."""
    return type(drawn)(**{name: change(getattr(drawn, name)) for name in drawn.__dataclass_fields__})


PARTIAL_TRANSFORMS: Mapping[str, Transform[Partial]] = {"rows": _rows_of(0), "columns": _columns_of(0)}
# The first row and column must stay the first ones, as the answer keeps them.
GIVEN_TRANSFORMS: Mapping[str, Transform[Given]] = {"rows": _rows_of(1), "columns": _columns_of(1)}
