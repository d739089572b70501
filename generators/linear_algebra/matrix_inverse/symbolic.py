"""Matrices of letters to invert, judged by exact identity of rational functions.

Q: Find the inverse of the 2x2 matrix A = [[a, b], [0, 2]].
A: <answer>[[1/a, -b/(2*a)], [0, 1/2]]</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from generators.answers.symbolic import Entries, read_functions
from generators.draws import shuffled, sign
from generators.exact import rational_functions as functions
from generators.exact.matrices import transpose
from generators.exact.rational_functions import LETTERS, Ratio, constant, letter
from generators.family import Carry, Transform
from generators.ids import ProblemId
from generators.linear_algebra.matrix_inverse.judging import COMPONENTS
from generators.linear_algebra.restating import LARGEST_FACTOR
from generators.parameters import Params
from generators.stream import Stream
from generators.written import Written


@dataclass(frozen=True)
class Entry:
    """`factor · letter + shift`; no letter where it is an integer."""

    factor: int
    letter: str
    shift: int

    def __str__(self) -> str:
        if not self.letter:
            return str(self.shift)
        front = {1: "", -1: "-"}.get(self.factor, f"{self.factor}*")
        behind = f" {'+' if self.shift > 0 else '-'} {abs(self.shift)}" if self.shift else ""
        return f"{front}{self.letter}{behind}"

    @property
    def value(self) -> Ratio:
        """The entry as a function."""
        whole = constant(self.shift)
        if not self.letter:
            return whole
        return functions.added(functions.multiplied(constant(self.factor), letter(self.letter)), whole)


Symbolic = tuple[tuple[Entry, ...], ...]


def content_of(a: Symbolic) -> str:
    """Return `symbolic:2x2:a,b;c,d`, the letters renamed in their order: [[p, q], [x, y]] is the same problem."""
    order = dict.fromkeys(x.letter for row in a for x in row if x.letter)
    names = {name: LETTERS[at] for at, name in enumerate(order)} | {"": ""}
    renamed = tuple(tuple(Entry(x.factor, names[x.letter], x.shift) for x in row) for row in a)
    return f"symbolic:{len(a)}x{len(a)}:{_compact(renamed)}"


@dataclass(frozen=True)
class SymbolicInverse(Written[Entries]):
    """One matrix of letters to invert."""

    id: ProblemId
    matrix: Symbolic
    components = {name: COMPONENTS[name] for name in ("correct", "entries", "format")}

    @property
    def content(self) -> str:
        return content_of(self.matrix)

    @cached_property
    def values(self) -> Entries:
        return tuple(tuple(entry.value for entry in row) for row in self.matrix)

    @cached_property
    def right(self) -> Entries:
        return functions.inverse(self.values)

    @property
    def task(self) -> str:
        n = len(self.matrix)
        return (
            f"Find the inverse of the {n}x{n} matrix\n\nA = {_nested(self.matrix)}\n\n"
            "The letters stand for any numbers for which it has one. "
            "Write each entry exactly, with + - * / and brackets. "
            f"Give the answer as a list of rows, in the form of this unrelated example: {self.write(self.example)}"
        )

    @property
    def short(self) -> str:
        return f"{_compact(self.matrix)}="

    @property
    def cheap(self) -> Mapping[str, Entries]:
        n = range(len(self.matrix))
        return {
            "identity": tuple(tuple(constant(int(i == j)) for j in n) for i in n),
            "input": self.values,
            "transpose": tuple(zip(*self.values, strict=True)),
            "negation": tuple(tuple(functions.negative(x) for x in row) for row in self.values),
            "zero": tuple(tuple(constant(0) for _ in n) for _ in n),
        }

    @property
    def example(self) -> Entries:
        n = range(len(self.matrix))
        shown = functions.divided(letter("x"), functions.added(letter("y"), constant(2)))
        return tuple(tuple(shown if i == j else constant(7) for j in n) for i in n)

    def read(self, text: str) -> Entries:
        return read_functions(f"[{text}]" if not self.in_full and text.strip() and "[" not in text else text)

    def write(self, answer: Entries) -> str:
        return (
            _nested(answer)
            if self.in_full
            else ";".join(",".join(str(x).replace(" ", "") for x in row) for row in answer)
        )

    def same(self, given: Entries, other: Entries) -> bool:
        return self.canonical(given) == self.canonical(other)

    def canonical(self, answer: Entries) -> str:
        return ";".join(",".join(str(x.key) for x in row) for row in answer)

    def fault(self, given: Entries) -> str:
        n = len(self.matrix)
        if (len(given), len(given[0])) != (n, n):
            return f"the answer is {len(given)}x{len(given[0])}, the matrix {n}x{n}"
        return "" if all(self._hits(given)) else "A times the answer is not I"

    def measure(self, given: Entries) -> Mapping[str, float]:
        if (len(given), len(given[0])) != (len(self.matrix), len(self.matrix)):
            return {}
        hits = self._hits(given)
        return {"entries": sum(hits) / len(hits)}

    def mistake(self, stream: Stream) -> Entries:
        """Return the right answer with one entry negated, or replaced by a number."""
        i, j = stream.below(len(self.right)), stream.below(len(self.right))
        rows = [list(row) for row in self.right]
        wrong = functions.negative(rows[i][j]) if rows[i][j].upper and stream.below(2) else functions.constant(3)
        rows[i][j] = wrong if not wrong.same(rows[i][j]) else functions.constant(5)
        return tuple(map(tuple, rows))

    def _hits(self, given: Entries) -> list[bool]:
        pairs = zip(given, self.right, strict=True)
        return [x.same(y) for rows in pairs for x, y in zip(*rows, strict=True)]


def _compact(a: tuple[tuple[object, ...], ...]) -> str:
    return ";".join(",".join(str(x).replace(" ", "") for x in row) for row in a)


def _nested(a: tuple[tuple[object, ...], ...]) -> str:
    return "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in a) + "]"


def draw(stream: Stream, params: Params) -> Symbolic:
    n = int(params["n"])

    def attempt(s: Stream) -> Symbolic | None:
        a = tuple(tuple(_entry(s) for _ in range(n)) for _ in range(n))
        letters = {x.letter for row in a for x in row if x.letter}
        singular = functions.singular(tuple(tuple(x.value for x in row) for row in a))
        return a if len(letters) > 1 and not singular else None

    return stream.until(attempt)


def _entry(stream: Stream) -> Entry:
    """Return a letter, a multiple of one, one plus a number, or an integer."""
    which, name = stream.below(8), stream.choice(LETTERS)
    if which < 2:
        return Entry(1, name, 0)
    if which < 4:
        return Entry(sign(stream) * stream.integer(1, 9), name, 0)
    if which < 6:
        return Entry(1, name, sign(stream) * stream.integer(1, 9))
    return Entry(0, "", stream.integer(-9, 9))


def takes_work(a: Symbolic, params: Params) -> bool:
    posed = SymbolicInverse(ProblemId("", 0, (), "train", 0, "chat"), a)
    return all(posed.fault(guess) for guess in (*posed.cheap.values(), posed.example))


def _rows(stream: Stream, a: Symbolic) -> tuple[Symbolic, Carry]:
    """Return the matrix with rows permuted and multiplied by integers; the answer's columns are divided by them."""
    order = shuffled(stream, len(a))
    factors = [sign(stream) * stream.integer(1, LARGEST_FACTOR) for _ in order]
    rows = tuple(
        tuple(Entry(f * x.factor, x.letter, f * x.shift) for x in a[at]) for at, f in zip(order, factors, strict=True)
    )

    def carry(answer: Entries) -> Entries:
        if len(answer[0]) != len(order):
            return answer
        pairs = [(at, constant(f)) for at, f in zip(order, factors, strict=True)]
        return tuple(tuple(functions.divided(row[at], f) for at, f in pairs) for row in answer)

    return rows, carry


def _transposed(stream: Stream, a: Symbolic) -> tuple[Symbolic, Carry]:
    rows, carry = _rows(stream, transpose(a))  # type: ignore[arg-type]
    return rows, lambda answer: carry(tuple(zip(*answer, strict=True)))


TRANSFORMS: Mapping[str, Transform[Symbolic]] = {
    "rows": Transform("rows permuted and multiplied by integers: the columns of the answer, divided by them", _rows),
    "transpose": Transform("transposed, then rows permuted and multiplied by integers", _transposed),
}
