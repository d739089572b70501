"""Ways to restate a problem about a matrix, with the change of an answer X that goes with them.

Each multiplies by an invertible M that is drawn anew until the restated matrix is in the split asked for.
"""

from collections.abc import Callable, Mapping
from typing import Any

from generators.draws import fraction, monomial
from generators.exact.elimination import inverse
from generators.exact.matrices import Matrix, product, scaled, transpose
from generators.family import Carry, Transform
from generators.stream import Stream

LARGEST_FACTOR = 5  # of a row; larger ones would make a restated problem harder than the one it restates


def of_matrices(change: Callable[[Matrix], Matrix], shape: tuple[int, int]) -> Carry:
    """Return a change of answers that leaves words, and matrices of another shape, as they are."""

    def carry(answer: Any) -> Any:
        fits = isinstance(answer, tuple) and (len(answer), len(answer[0])) == shape
        return change(answer) if fits else answer

    return carry


def inverse_transforms(largest: int = LARGEST_FACTOR) -> Mapping[str, Transform[Matrix]]:
    """Return what can be done to a square matrix whose inverse X is asked; factors of rows are up to `largest`."""

    def rows(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
        m = monomial(stream, len(a), largest)
        return product(m, a), of_matrices(lambda x: product(x, inverse(m)), (len(a), len(a)))

    def columns(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
        m = monomial(stream, len(a), largest)
        return product(a, m), of_matrices(lambda x: product(inverse(m), x), (len(a), len(a)))

    def transposed(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
        m = monomial(stream, len(a), largest)
        return product(m, transpose(a)), of_matrices(lambda x: product(transpose(x), inverse(m)), (len(a), len(a)))

    return {
        "rows": Transform("M A with M permuting the rows and multiplying them by small integers: X M^-1", rows),
        "columns": Transform("A M, the same for columns: M^-1 X", columns),
        "transpose": Transform("M A^T: X^T M^-1", transposed),
    }


def _scale(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    c = fraction(stream, 9)
    return scaled(c, a), of_matrices(lambda x: scaled(1 / c, x), (len(a), len(a)))


SCALE: Mapping[str, Transform[Matrix]] = {"scale": Transform("c A with a fraction c: X / c", _scale)}
