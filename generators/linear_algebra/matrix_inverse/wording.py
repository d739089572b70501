"""How a matrix inverse is asked and how a right answer is written, in the styles `chat` and `bare`."""

from collections.abc import Sequence
from fractions import Fraction

from generators.exact.matrices import Matrix, Number, compact, diagonal, identity, nested, product, rational_determinant
from generators.layouts import styles
from generators.linear_algebra.matrix_inverse.guesses import SINGULAR, rounded

STYLES = styles("rows end with ';', entries with ','")

# Working that ends in a determinant helps where the inverse is the adjugate over it.
_ENTRY_BY_ENTRY = frozenset({"scalar", "diagonal", "shear"})


def task(a: Matrix, kind: str, decimals: int, tolerance: Fraction) -> str:
    """Return the question; the example of the format is never the answer."""
    if tolerance:
        form = f"Write each entry as a decimal; it may be off by at most {decimal(tolerance, decimals)}."
    else:
        form = "Write each entry exactly, as an integer or a fraction in lowest terms."
    if kind == "singular":
        form += f" If it has no inverse, answer {SINGULAR}."
    return (
        f"Find the inverse of the {len(a)}x{len(a)} matrix\n\nA = {nested_text(a, decimals)}\n\n{form} "
        f"Give the answer as a list of rows, in the form of this unrelated example: {nested_text(example(a), decimals)}"
    )


def thought(a: Matrix, kind: str, style: str) -> str:
    """Return the working that a worked answer shows before its result; it never states the result."""
    if kind in _ENTRY_BY_ENTRY:
        return "" if style == "bare" else "Turn the diagonal upside down, or the sign off it around."
    det = rational_determinant(a)
    if len(a) == 2:
        adjugate: Matrix = ((a[1][1], -a[0][1]), (-a[1][0], a[0][0]))
        return str(det) if style == "bare" else f"The determinant is {det}; the adjugate is {nested(adjugate)}."
    return str(det) if style == "bare" else f"The determinant is {det}; divide the adjugate by it."


def decimal(x: Number, decimals: int) -> str:
    """Write x rounded to `decimals` places, half away from zero."""
    ((scaled,),) = rounded(((x * Fraction(10) ** decimals,),), 0)
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    return f"{'-' if scaled < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def compact_text(a: Matrix, decimals: int) -> str:
    return compact(_written(a, decimals)) if decimals else compact(a)


def nested_text(a: Matrix, decimals: int) -> str:
    return nested(_written(a, decimals)) if decimals else nested(a)


def _written(a: Matrix, decimals: int) -> Sequence[Sequence[str]]:
    return [[decimal(x, decimals) for x in row] for row in a]


def example(a: Matrix) -> Matrix:
    """Return a matrix of the size of the answer that is not the answer."""
    n = len(a)
    for last in (Fraction(-5, 4), Fraction(-7, 4)):
        rows = [list(row) for row in diagonal([*range(2, n + 1), last])]
        rows[0][-1] = last
        candidate: Matrix = tuple(map(tuple, rows))
        if product(a, candidate) != identity(n):
            return candidate
    raise AssertionError("two different matrices cannot both be the inverse")
