"""How each kind of matrix is drawn: exact, and invertible but for half of the kind `singular`."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from generators.draws import fraction, integers, shuffled, sign
from generators.exact.elimination import inverse
from generators.exact.matrices import (
    Matrix,
    Number,
    determinant,
    diagonal,
    height,
    identity,
    product,
    scaled,
    transpose,
)
from generators.parameters import Params
from generators.stream import Stream

LARGEST = 10**6  # of the entries of a unimodular matrix and of its inverse
SIZES: Mapping[str, int] = {"unit": 1, "small": 9}


def scalar(stream: Stream, params: Params) -> Matrix:
    return ((fraction(stream, int(params["bound"])),),)


def diagonal_fractions(stream: Stream, params: Params) -> Matrix:
    return diagonal([fraction(stream, int(params["bound"])) for _ in range(int(params["n"]))])


def shear(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])
    i = stream.below(n)
    j = stream.below(n - 1)
    j += j >= i
    rows = [list(row) for row in identity(n)]
    rows[i][j] = fraction(stream, bound)
    return _frozen(rows)


def rank_one(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])

    def draw(s: Stream) -> Matrix | None:
        # No zeros: a triangular matrix would be inverted entry by entry.
        u = [s.integer(1, bound) * sign(s) for _ in range(n)]
        v = [s.integer(1, bound) * sign(s) for _ in range(n)]
        if 1 + sum(x * y for x, y in zip(u, v, strict=True)) == 0:
            return None
        return tuple(tuple(int(i == j) + u[i] * v[j] for j in range(n)) for i in range(n))

    return stream.until(draw)


def perturbed_decimal(stream: Stream, params: Params) -> Matrix:
    n, spread, unit = int(params["n"]), int(params["spread"]), 10 ** int(params["decimals"])
    e = [[Fraction(stream.integer(-spread, spread), unit) for _ in range(n)] for _ in range(n)]
    return tuple(tuple(x + int(i == j) for j, x in enumerate(row)) for i, row in enumerate(e))


def random(stream: Stream, params: Params) -> Matrix:
    n, bound, size = int(params["n"]), int(params["bound"]), str(params["determinant"])

    def draw(s: Stream) -> Matrix | None:
        rows = [[s.integer(-bound, bound) for _ in range(n)] for _ in range(n)]
        if size == "any":
            invertible = determinant(rows) != 0
        else:
            invertible = _with_determinant(rows, s.integer(1, SIZES[size]) * sign(s), bound)
        return _frozen(rows) if invertible else None

    return stream.until(draw)


def symmetric(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])

    def draw(s: Stream) -> Matrix | None:
        half = integers(s, n, n, bound)
        return _invertible([[half[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)])

    return stream.until(draw)


def triangular(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])
    rows = [
        [0 if j < i else stream.integer(-bound, bound) if j > i else sign(stream) * stream.integer(1, bound)
         for j in range(n)]
        for i in range(n)
    ]  # fmt: skip
    return _frozen(rows) if stream.below(2) else transpose(_frozen(rows))


def permutation(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])
    order = shuffled(stream, n)
    entries = [fraction(stream, bound) for _ in order]
    return tuple(tuple(x if j == at else 0 for j in range(n)) for at, x in zip(order, entries, strict=True))


def orthogonal(stream: Stream, params: Params) -> Matrix:
    """Return c Q with Q Q^T = I: Cayley's transform (I - S)(I + S)^-1 of a skew S, which is always invertible."""
    n, bound = int(params["n"]), int(params["bound"])
    above = {(i, j): fraction(stream, bound) for i in range(n) for j in range(i + 1, n)}
    s = tuple(tuple(above.get((i, j), -above.get((j, i), Fraction(0))) for j in range(n)) for i in range(n))
    plus = tuple(tuple(int(i == j) + x for j, x in enumerate(row)) for i, row in enumerate(s))
    minus = tuple(tuple(int(i == j) - x for j, x in enumerate(row)) for i, row in enumerate(s))
    return scaled(fraction(stream, bound), product(minus, inverse(plus)))


def block_diagonal(stream: Stream, params: Params) -> Matrix:
    blocks, size, bound = int(params["blocks"]), int(params["size"]), int(params["bound"])
    n = blocks * size
    rows: list[list[Number]] = [[0] * n for _ in range(n)]
    for at in range(0, n, size):
        block = stream.until(lambda s: _invertible(integers(s, size, size, bound)))
        for i, row in enumerate(block):
            rows[at + i][at : at + size] = row
    return _frozen(rows)


def toeplitz(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])

    def draw(s: Stream) -> Matrix | None:
        along = [s.integer(-bound, bound) for _ in range(2 * n - 1)]
        return _invertible([[along[n - 1 + j - i] for j in range(n)] for i in range(n)])

    return stream.until(draw)


def hilbert(stream: Stream, params: Params) -> Matrix:
    """Return 1/(x_i + y_j), Cauchy's matrix: invertible, as the x differ and the y. Hilbert's has x = 1.., y = 0.. ."""
    n, bound = int(params["n"]), int(params["bound"])
    x = [at + 1 for at in shuffled(stream, bound)[:n]]
    y = shuffled(stream, bound)[:n]
    return tuple(tuple(Fraction(1, a + b) for b in y) for a in x)


def unimodular(stream: Stream, params: Params) -> Matrix:
    """Return what `operations` random row operations make of the identity; determinant 1 or -1."""
    n, factor = int(params["n"]), int(params["factor"])
    rows: Matrix = identity(n)
    columns: Matrix = identity(n)  # of the inverse: undone by the opposite operation on its columns

    def operate(s: Stream) -> tuple[Matrix, Matrix] | None:
        i, j, c = s.below(n), s.below(n - 1), sign(s) * s.integer(1, factor)
        j += j >= i
        if s.below(4):
            after = _added(rows, i, j, c), _added(columns, j, i, -c)
        else:
            after = _swapped(rows, i, j), _swapped(columns, i, j)
        return after if max(map(height, after)) <= LARGEST else None

    for _ in range(int(params["operations"])):
        rows, columns = stream.until(operate)
    return rows


def maybe_singular(stream: Stream, params: Params) -> Matrix:
    """Return a singular matrix, or with the same probability one that differs from such a matrix in one entry."""
    n, bound = int(params["n"]), int(params["bound"])
    asked = stream.below(2)

    def draw(s: Stream) -> Matrix | None:
        rows = [list(row) for row in integers(s, n, n, bound)]
        dependent, others = s.below(n), [s.integer(-2, 2) for _ in range(n)]
        others[dependent] = 0
        rows[dependent] = [sum(c * row[j] for c, row in zip(others, rows, strict=True)) for j in range(n)]
        if not any(others) or max(abs(x) for row in rows for x in row) > bound:
            return None
        if asked:
            return _frozen(rows)
        i, j = s.below(n), s.below(n)
        rows[i][j] = s.integer(-bound, bound)
        return _invertible(rows)

    return stream.until(draw)


def _invertible(rows: Sequence[Sequence[int]]) -> Matrix | None:
    return _frozen(rows) if determinant(rows) else None


def _frozen(rows: Sequence[Sequence[Number]]) -> Matrix:
    return tuple(map(tuple, rows))


def _added(rows: Matrix, i: int, j: int, c: int) -> Matrix:
    return tuple(
        tuple(x + c * y for x, y in zip(row, rows[j], strict=True)) if k == i else row for k, row in enumerate(rows)
    )


def _swapped(rows: Matrix, i: int, j: int) -> Matrix:
    order = list(rows)
    order[i], order[j] = order[j], order[i]
    return tuple(order)


def _with_determinant(rows: list[list[int]], target: int, bound: int) -> bool:
    """Replace the last entry so that the determinant is `target`; False where no integer in bounds does.

    Uniform over the matrices whose leading minor is not zero; the few others are met 2·bound + 1 times less often.
    """
    minor = determinant([row[:-1] for row in rows[:-1]])
    rest = determinant(rows) - rows[-1][-1] * minor
    if minor == 0:
        return rest == target
    solved, remainder = divmod(target - rest, minor)
    rows[-1][-1] = solved
    return remainder == 0 and abs(solved) <= bound
