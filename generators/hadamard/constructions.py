"""Hadamard matrices: H H^T = n I with entries 1 and -1, after Sylvester (1867) and Paley (1933)."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from generators.draws import shuffled, sign
from generators.exact.matrices import Integers
from generators.stream import Stream


def is_hadamard(h: Sequence[Sequence[object]]) -> bool:
    """Whether `h` is square, holds only 1 and -1, and any two of its rows are orthogonal; exact."""
    n = len(h)
    if any(len(row) != n or any(x not in (1, -1) for x in row) for row in h):
        return False
    return orthogonal_pairs(h) == n * (n - 1) // 2


def orthogonal_pairs(h: Sequence[Sequence[object]]) -> int:
    """Return how many pairs of rows of 1 and -1 are orthogonal: where they differ in half of the places."""
    n = len(h[0])
    rows = [sum(1 << j for j, x in enumerate(row) if x == 1) for row in h]
    return sum(2 * (rows[i] ^ rows[j]).bit_count() == n for i in range(len(rows)) for j in range(i))


def doubled(h: Integers) -> Integers:
    """Return the Kronecker product of [[1, 1], [1, -1]] and h: Sylvester's step from n to 2n."""
    return (*(row + row for row in h), *(row + tuple(-x for x in row) for row in h))


def sylvester(order: int) -> Integers:
    """Return the Hadamard matrix of an order 2^k."""
    h: Integers = ((1,),)
    while len(h) < order:
        h = doubled(h)
    return h


def paley_one(q: int) -> Integers:
    """Return the Hadamard matrix of order q + 1, for a prime q = 3 mod 4: I + S with a skew S."""
    s = _bordered(q, -1)
    return tuple(tuple(x + (i == j) for j, x in enumerate(row)) for i, row in enumerate(s))


def paley_two(q: int) -> Integers:
    """Return the Hadamard matrix of order 2(q + 1), for a prime q = 1 mod 4: a symmetric S, each entry made a block."""
    blocks = {0: ((1, -1), (-1, -1)), 1: ((1, 1), (1, -1)), -1: ((-1, -1), (-1, 1))}
    return tuple(tuple(x for entry in row for x in blocks[entry][half]) for row in _bordered(q, 1) for half in (0, 1))


def _bordered(q: int, corner: int) -> Integers:
    """Return Jacobsthal's matrix of quadratic residues, with a row of 1 above and a column of `corner` beside it."""
    squares = {x * x % q for x in range(1, q)}
    residue = [0, *(1 if x in squares else -1 for x in range(1, q))]
    return ((0, *(1,) * q), *((corner, *(residue[(i - j) % q] for j in range(q))) for i in range(q)))


def _transposed(h: Integers) -> Integers:
    """Return the transpose, a Hadamard matrix too; for some orders it is not equivalent to h."""
    return tuple(zip(*h, strict=True))


CONSTRUCTIONS: Mapping[int, tuple[Callable[[], Integers], ...]] = {
    4: (lambda: sylvester(4), lambda: paley_one(3)),
    8: (lambda: sylvester(8), lambda: paley_one(7)),
    12: (lambda: paley_one(11), lambda: paley_two(5)),
    16: (lambda: sylvester(16), lambda: doubled(paley_one(7))),
    20: (lambda: paley_one(19), lambda: _transposed(paley_one(19))),
    24: (lambda: paley_one(23), lambda: doubled(paley_one(11))),
    28: (lambda: paley_two(13), lambda: _transposed(paley_two(13))),
}


@lru_cache
def known(order: int) -> tuple[Integers, ...]:
    """Return the matrices of `CONSTRUCTIONS`."""
    return tuple(make() for make in CONSTRUCTIONS[order])


def any_hadamard(stream: Stream, order: int) -> Integers:
    """Return a Hadamard matrix: a known one with its rows and columns permuted and negated."""
    h = stream.choice(known(order))
    rows, columns = shuffled(stream, order), shuffled(stream, order)
    left, right = [sign(stream) for _ in rows], [sign(stream) for _ in columns]
    return tuple(
        tuple(a * b * h[i][j] for j, b in zip(columns, right, strict=True)) for i, a in zip(rows, left, strict=True)
    )
