"""Answers that need no inversion, and what it means to be within a tolerance."""

from fractions import Fraction

from generators.exact.matrices import Matrix, identity, negate, product, transpose, zeros
from generators.parameters import Params

SINGULAR = "singular"
Answer = Matrix | str  # an inverse, or SINGULAR


def guesses(params: Params, a: Matrix) -> dict[str, Answer]:
    """Return the answers that need no inversion; they earn nothing, and problems they solve are not drawn."""
    n = len(a)
    cheap: dict[str, Answer] = {
        "identity": identity(n),
        "input": a,
        "transpose": transpose(a),
        "negation": negate(a),
        "zero": zeros(n, n),
        SINGULAR: SINGULAR,  # right for half the problems of the kind `singular`: this one cannot be avoided
    }
    if params["kind"] in _BY_ENTRY:
        return cheap
    cheap |= {"first_order": _first_order(a), "entrywise": _entrywise(a), "reciprocals": _reciprocals(a)}
    if params["kind"] == "perturbed_decimal":
        decimals = int(params["decimals"])
        cheap["entrywise_rounded"] = rounded(_entrywise(a), decimals)
        cheap["reciprocals"] = rounded(_reciprocals(a), decimals)
    return cheap


# Where a formula for each entry is the way to invert the matrix, and no guess.
_BY_ENTRY = frozenset({"scalar", "diagonal", "shear", "triangular", "permutation"})


def not_guessed(a: Matrix, params: Params) -> bool:
    """Whether no declared guess is the inverse, but for saying that there is none."""
    tried = (guess for guess in guesses(params, a).values() if not isinstance(guess, str))
    return all(product(a, guess) != identity(len(a)) for guess in tried)


def not_self_answering(a: Matrix, params: Params) -> bool:
    """Whether the inverse is neither the matrix itself (as for the identity), nor its negative, nor its transpose."""
    square, one = product(a, a), identity(len(a))
    return square not in (one, negate(one)) and product(a, transpose(a)) != one


def within(given: Matrix, right: Matrix, tolerance: Fraction) -> bool:
    """Whether every entry is within `tolerance`; exact."""
    if not tolerance:
        return given == right
    pairs = ((x, y) for rows in zip(given, right, strict=True) for x, y in zip(*rows, strict=True))
    return all(abs(Fraction(x) - y) <= tolerance for x, y in pairs)


def decimal_tolerance(params: Params) -> Fraction:
    """Return the stated absolute tolerance per entry; 0 where answers are exact."""
    return Fraction(int(params.get("tolerance", 0)), 10 ** int(params.get("decimals", 0)))


def rounded(a: Matrix, decimals: int) -> Matrix:
    """Return every entry rounded to that many decimals, half away from zero."""
    unit = 10**decimals
    return tuple(tuple(_half_away(Fraction(x) * unit) / Fraction(unit) for x in row) for row in a)


def _half_away(x: Fraction) -> int:
    whole = (2 * abs(x.numerator) + x.denominator) // (2 * x.denominator)
    return whole if x > 0 else -whole


def _reciprocals(a: Matrix) -> Matrix:
    """Return every entry upside down, as if the matrix were diagonal."""
    return tuple(tuple(1 / Fraction(x) if x else Fraction(0) for x in row) for row in a)


def _first_order(a: Matrix) -> Matrix:
    """Return 2I - A: (I + E)^-1 = I - E + E^2 - ..., without all but the first term."""
    return tuple(tuple(2 * int(i == j) - x for j, x in enumerate(row)) for i, row in enumerate(a))


def _entrywise(a: Matrix) -> Matrix:
    """Return 1/a_ii on the diagonal and -a_ij/(a_ii a_jj) off it: nearly second order, without a matrix product."""
    n = range(len(a))
    flipped = [1 / Fraction(a[i][i] or 1) for i in n]  # 0 only where the rows were permuted to restate a problem
    return tuple(tuple(flipped[i] if i == j else -a[i][j] * flipped[i] * flipped[j] for j in n) for i in n)
