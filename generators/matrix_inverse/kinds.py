"""How each kind of matrix is drawn: exact, invertible, and (where possible) without a cheap answer."""

from collections.abc import Mapping
from fractions import Fraction
from math import gcd

from generators.errors import BadId
from generators.family import Kind
from generators.matrices import (
    Matrix,
    determinant,
    diagonal,
    identity,
    inverse,
    negate,
    product,
    transpose,
)
from generators.parameters import OneOf, Params, Whole
from generators.stream import Stream


def guesses(params: Params, a: Matrix) -> dict[str, Matrix]:
    """Return the answers that need no inversion; they earn nothing, and problems they solve are not drawn."""
    cheap = {
        "identity": identity(len(a)),
        "input": a,
        "transpose": transpose(a),
        "negation": negate(a),
        "zero": tuple(tuple(0 for _ in row) for row in a),
    }
    if params["kind"] == "perturbed_decimal":
        entrywise = _entrywise(a)
        cheap |= {"first_order": _first_order(a), "entrywise": entrywise}
        cheap["entrywise_rounded"] = rounded(entrywise, int(params["decimals"]))
    return cheap


def _first_order(a: Matrix) -> Matrix:
    """Return 2I - A: (I + E)^-1 = I - E + E^2 - ..., without all but the first term."""
    return tuple(tuple(2 * int(i == j) - x for j, x in enumerate(row)) for i, row in enumerate(a))


def _entrywise(a: Matrix) -> Matrix:
    """Return 1/a_ii on the diagonal and -a_ij/(a_ii a_jj) off it: nearly second order, without a matrix product."""
    n = range(len(a))
    flipped = [1 / Fraction(a[i][i]) for i in n]
    return tuple(tuple(flipped[i] if i == j else -a[i][j] * flipped[i] * flipped[j] for j in n) for i in n)


def rounded(a: Matrix, decimals: int) -> Matrix:
    """Return every entry rounded to that many decimals, half away from zero."""
    unit = 10**decimals
    return tuple(tuple(_half_away(Fraction(x) * unit) / Fraction(unit) for x in row) for row in a)


def _half_away(x: Fraction) -> int:
    whole = (2 * abs(x.numerator) + x.denominator) // (2 * x.denominator)
    return whole if x > 0 else -whole


def within(given: Matrix, right: Matrix, tolerance: Fraction) -> bool:
    """Whether every entry is within `tolerance`; exact."""
    pairs = ((x, y) for rows in zip(given, right, strict=True) for x, y in zip(*rows, strict=True))
    if not tolerance:
        return all(x == y for x, y in pairs)
    return all(abs(Fraction(x) - y) <= tolerance for x, y in pairs)


def decimal_tolerance(params: Params) -> Fraction:
    """Return the stated absolute tolerance per entry; 0 where answers are exact."""
    return Fraction(int(params.get("tolerance", 0)), 10 ** int(params.get("decimals", 0)))


def _fraction(stream: Stream, bound: int) -> Fraction:
    """Draw a non-zero reduced a/b with |a|, b <= bound, each with the same probability."""
    while True:
        a, b = stream.integer(-bound, bound), stream.integer(1, bound)
        if a and gcd(a, b) == 1:
            return Fraction(a, b)


def _not_self_answering(a: Matrix, params: Params) -> bool:
    """Whether the inverse is neither the matrix itself (as for the identity), nor its negative, nor its transpose."""
    square, one = product(a, a), identity(len(a))
    return square not in (one, negate(one)) and product(a, transpose(a)) != one


def _scalar(stream: Stream, params: Params) -> Matrix:
    return ((_fraction(stream, int(params["bound"])),),)


def _diagonal(stream: Stream, params: Params) -> Matrix:
    return diagonal([_fraction(stream, int(params["bound"])) for _ in range(int(params["n"]))])


def _shear(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])
    i = stream.below(n)
    j = stream.below(n - 1)
    j += j >= i
    rows = [list(row) for row in identity(n)]
    rows[i][j] = _fraction(stream, bound)
    return tuple(map(tuple, rows))


def _rank_one(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])

    def draw(s: Stream) -> Matrix | None:
        # No zeros: a triangular matrix would be inverted entry by entry.
        u = [s.integer(1, bound) * (1 - 2 * s.below(2)) for _ in range(n)]
        v = [s.integer(1, bound) * (1 - 2 * s.below(2)) for _ in range(n)]
        if 1 + sum(x * y for x, y in zip(u, v, strict=True)) == 0:
            return None
        return tuple(tuple(int(i == j) + u[i] * v[j] for j in range(n)) for i in range(n))

    return stream.until(draw)


def _perturbed_decimal(stream: Stream, params: Params) -> Matrix:
    n, spread, unit = int(params["n"]), int(params["spread"]), 10 ** int(params["decimals"])
    e = [[Fraction(stream.integer(-spread, spread), unit) for _ in range(n)] for _ in range(n)]
    return tuple(tuple(x + int(i == j) for j, x in enumerate(row)) for i, row in enumerate(e))


def _no_guess_is_close(a: Matrix, params: Params) -> bool:
    right, tolerance = inverse(a), decimal_tolerance(params)
    return not any(within(guess, right, tolerance) for guess in guesses(params, a).values())


def _random(stream: Stream, params: Params) -> Matrix:
    n, bound, size = int(params["n"]), int(params["bound"]), str(params["determinant"])

    def draw(s: Stream) -> Matrix | None:
        rows = [[s.integer(-bound, bound) for _ in range(n)] for _ in range(n)]
        if size == "any":
            invertible = determinant(rows) != 0
        else:
            invertible = _with_determinant(rows, s.integer(1, _SIZES[size]) * (1 - 2 * s.below(2)), bound)
        return tuple(map(tuple, rows)) if invertible else None

    return stream.until(draw)


_SIZES: Mapping[str, int] = {"unit": 1, "small": 9}


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


def _check_perturbed(params: Params) -> None:
    n, spread, unit = int(params["n"]), int(params["spread"]), 10 ** int(params["decimals"])
    if 10 * spread > unit:
        raise BadId("parameters", f"spread is at most {unit // 10}, which is 0.1 with these decimals")
    # The entry-by-entry answer misses products e_ij e_ji: for n = 2 one product of two uniform numbers, which is beyond
    # half of spread^2 in 15 % of draws, for larger n more often. A wider tolerance would leave next to nothing to draw.
    if 2 * int(params["tolerance"]) * unit > spread**2:
        raise BadId("parameters", "the tolerance is at most half of spread squared, or no inversion would be needed")
    if n * spread >= unit:
        raise BadId("parameters", "n times spread stays below 1, so that every matrix is invertible")


def _check_random(params: Params) -> None:
    n, bound = int(params["n"]), int(params["bound"])
    if params["determinant"] != "any" and (n > 3 or bound > (20 if n == 2 else 9)):
        raise BadId("parameters", "unit and small determinants: n = 2 with bound up to 20, or n = 3 with bound up to 9")


def _n(high: int) -> Whole:
    return Whole(2, high, "rows and columns")


KINDS: dict[str, Kind[Matrix]] = {
    "scalar": Kind("a reduced fraction a/b", {"bound": Whole(2, 999, "|a|, b <= bound")}, _scalar, _not_self_answering),
    "diagonal": Kind(
        "reduced fractions on the diagonal",
        {"n": _n(8), "bound": Whole(2, 99, "as for scalar")},
        _diagonal,
        _not_self_answering,
    ),
    "shear": Kind(
        "the identity with one fraction off the diagonal",
        {"n": _n(8), "bound": Whole(2, 999, "of that fraction, as for scalar")},
        _shear,
    ),
    "rank_one": Kind(
        "I + u v^T, the case of Sherman and Morrison",
        {"n": _n(8), "bound": Whole(1, 99, "of the integers in u and v")},
        _rank_one,
        _not_self_answering,
    ),
    "perturbed_decimal": Kind(
        "I + E with decimal entries, |E| <= 0.1; the answer is asked to a tolerance",
        {
            "n": _n(6),
            "decimals": Whole(2, 4, "decimals of the entries"),
            "spread": Whole(10, 1_000, "largest |E|, in units of the last decimal"),
            "tolerance": Whole(1, 100, "allowed error of each entry, in units of the last decimal"),
        },
        _perturbed_decimal,
        _no_guess_is_close,
        _check_perturbed,
    ),
    "random": Kind(
        "integer entries",
        {
            "n": _n(8),
            "bound": Whole(2, 99, "of the entries"),
            "determinant": OneOf(("unit", "small", "any"), "|det| = 1, 1 to 9, or anything but 0"),
        },
        _random,
        _not_self_answering,
        _check_random,
    ),
}
