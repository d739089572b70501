"""The family `matrix_product`.

Q: Find the product A B of A = [[1, 2], [0, 3]] and B = [[4, 1], [1, 5]].
A: <answer>[[6, 11], [3, 15]]</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from generators.answer_types import WrittenMatrix
from generators.draws import fraction, integers, monomial
from generators.exact.elimination import inverse
from generators.exact.matrices import Matrix, compact, identity, nested, product, shape, zeros
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.linear_algebra.entries import closeness, share_of_entries, slipped
from generators.linear_algebra.restating import LARGEST_FACTOR, of_matrices
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.written import FORMAT

COMPONENTS = {
    "correct": "1 if every entry is right",
    "entries": "share of right entries",
    "closeness": "exp(-|X' - X|_1), |.|_1 the sum of absolute entries",
    "format": FORMAT,
}

Factors = tuple[Matrix, Matrix]


def content_of(factors: Factors) -> str:
    """Return `product:` and both factors."""
    return "product:" + "*".join(f"{len(a)}x{len(a[0])}:{compact(a)}" for a in factors)


@dataclass(frozen=True)
class MatrixProduct(WrittenMatrix):
    """The product of two matrices."""

    id: ProblemId
    factors: Factors
    components = COMPONENTS

    @property
    def content(self) -> str:
        return content_of(self.factors)

    @cached_property
    def right(self) -> Matrix:
        return product(*self.factors)

    @property
    def task(self) -> str:
        a, b = map(nested, self.factors)
        return (
            f"Find the product A B of\n\nA = {a}\n\nB = {b}\n\n"
            "Write each entry exactly, as an integer or a fraction in lowest terms. "
            f"Give the answer as a list of rows, in the form of this unrelated example: {nested(self.example)}"
        )

    @property
    def short(self) -> str:
        return "*".join(map(compact, self.factors)) + "="

    @property
    def cheap(self) -> Mapping[str, Matrix]:
        return cheap_products(self.factors)

    @property
    def example(self) -> Matrix:
        rows, columns = shape(self.right)
        shown = (tuple(range(k, k + columns)) for k in range(2, 2 + rows))
        example = tuple(shown)
        return example if example != self.right else zeros(rows, columns)

    def fault(self, given: Matrix) -> str:
        return self.misshapen(given) or ("" if given == self.right else "that is not the product")

    def measure(self, given: Matrix) -> Mapping[str, float]:
        if self.misshapen(given):
            return {}
        return {"entries": share_of_entries(given, self.right), "closeness": closeness(given, self.right)}

    def mistake(self, stream: Stream) -> Matrix:
        return stream.choice(list(self.cheap.values())) if stream.below(2) else slipped(stream, self.right)


def cheap_products(factors: Factors) -> dict[str, Matrix]:
    """Return the answers that need no sum of products, where they have the right shape."""
    a, b = factors
    rows, columns = len(a), len(b[0])
    guesses = {"zero": zeros(rows, columns), "first": a, "second": b}
    if shape(a) == shape(b):
        guesses["entrywise"] = tuple(
            tuple(x * y for x, y in zip(*rows, strict=True)) for rows in zip(a, b, strict=True)
        )
        guesses["sum"] = tuple(tuple(x + y for x, y in zip(*rows, strict=True)) for rows in zip(a, b, strict=True))
    if rows == columns:
        guesses["identity"] = identity(rows)
        guesses["reversed"] = product(b, a)
    return {name: guess for name, guess in guesses.items() if shape(guess) == (rows, columns)}


def _takes_work(factors: Factors, params: Params) -> bool:
    return product(*factors) not in cheap_products(factors).values()


def _integer(stream: Stream, params: Params) -> Factors:
    rows, inner, columns = (int(params[name]) for name in ("rows", "inner", "columns"))
    bound = int(params["bound"])
    return integers(stream, rows, inner, bound), integers(stream, inner, columns, bound)


def _fraction(stream: Stream, params: Params) -> Factors:
    n, bound = int(params["n"]), int(params["bound"])
    a, b = (tuple(tuple(fraction(stream, bound) for _ in range(n)) for _ in range(n)) for _ in range(2))
    return a, b


def _rows(stream: Stream, factors: Factors) -> tuple[Factors, Carry]:
    a, b = factors
    m = monomial(stream, len(a), LARGEST_FACTOR)
    return (product(m, a), b), of_matrices(lambda x: product(m, x), (len(a), len(b[0])))


def _columns(stream: Stream, factors: Factors) -> tuple[Factors, Carry]:
    a, b = factors
    m = monomial(stream, len(b[0]), LARGEST_FACTOR)
    return (a, product(b, m)), of_matrices(lambda x: product(x, m), (len(a), len(b[0])))


def _between(stream: Stream, factors: Factors) -> tuple[Factors, Carry]:
    a, b = factors
    m = monomial(stream, len(b), LARGEST_FACTOR)
    return (product(a, m), product(inverse(m), b)), lambda answer: answer


_TRANSFORMS: Mapping[str, Transform[Factors]] = {
    "rows": Transform("(M A) B with M permuting the rows and multiplying them by small integers: M X", _rows),
    "columns": Transform("A (B M): X M", _columns),
    "between": Transform("(A M) (M^-1 B): the answer stays as it is", _between),
}

MATRIX_PRODUCT: Family[Factors] = Family(
    name="matrix_product",
    version=1,
    about="Multiply two matrices.",
    kinds={
        "integer": Kind(
            "integer entries",
            {
                "rows": Whole(1, 8, "rows of A"),
                "inner": Whole(2, 8, "columns of A, rows of B"),
                "columns": Whole(1, 8, "columns of B"),
                "bound": Whole(2, 1_000_000, "of the entries"),
            },
            _integer,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"rows": 2, "inner": 2, "columns": 2, "bound": 9},
        ),
        "fraction": Kind(
            "square matrices of reduced fractions a/b, none of them 0",
            {"n": Whole(2, 5, "rows and columns"), "bound": Whole(2, 20, "|a|, b <= bound")},
            _fraction,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"n": 2, "bound": 9},
        ),
    },
    styles=styles("rows end with ';', entries with ',', the factors are joined by '*'"),
    components=COMPONENTS,
    content=content_of,
    pose=MatrixProduct,
    in_numbers=frozenset({"integer", "fraction"}),
)
