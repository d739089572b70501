"""The kinds of matrices to invert: their parameters, what is refused, how each may be restated."""

from collections.abc import Callable
from typing import Any

from generators.errors import BadId
from generators.exact.elimination import inverse
from generators.exact.matrices import Matrix
from generators.family import Kind
from generators.linear_algebra.matrix_inverse import draws, symbolic
from generators.linear_algebra.matrix_inverse.guesses import (
    decimal_tolerance,
    guesses,
    not_guessed,
    not_self_answering,
    within,
)
from generators.linear_algebra.restating import SCALE, inverse_transforms
from generators.parameters import OneOf, Params, Whole
from generators.stream import Stream

_EXACT = {**inverse_transforms(), **SCALE}
# What their ids mean was fixed before the guesses of a first-order or entrywise inverse were declared for them.
_FIRST_KINDS = (draws.diagonal_fractions, draws.rank_one)
_SAME_TOLERANCE = inverse_transforms(largest=1)  # a larger factor would change what the tolerance means


def _no_guess_is_close(a: Matrix, params: Params) -> bool:
    right, tolerance = inverse(a), decimal_tolerance(params)
    tried = (guess for guess in guesses(params, a).values() if not isinstance(guess, str))
    return not any(within(guess, right, tolerance) for guess in tried)


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


def _check_blocks(params: Params) -> None:
    if int(params["blocks"]) * int(params["size"]) > 8:
        raise BadId("parameters", "blocks times size is at most 8")


def _check_hilbert(params: Params) -> None:
    if int(params["bound"]) < int(params["n"]):
        raise BadId("parameters", "the bound is at least n, so that there are n different integers up to it")


def _n(high: int) -> Whole:
    return Whole(2, high, "rows and columns")


def _of_size(about: str, draw: Callable[[Stream, Params], Matrix], bound: Whole, example: Params) -> Kind[Matrix]:
    """Return a kind with the parameters n and bound, and nothing to refuse."""
    accept = not_self_answering if draw in _FIRST_KINDS else not_guessed
    return Kind(about, {"n": _n(8), "bound": bound}, draw, accept, transforms=_EXACT, example=example)


KINDS: dict[str, Kind[Any]] = {
    "scalar": Kind(
        "a reduced fraction a/b",
        {"bound": Whole(2, 999, "|a|, b <= bound")},
        draws.scalar,
        not_self_answering,
        transforms=SCALE,
        example={"bound": 60},
    ),
    "diagonal": _of_size(
        "reduced fractions on the diagonal",
        draws.diagonal_fractions,
        Whole(2, 99, "as for scalar"),
        {"n": 2, "bound": 9},
    ),
    "shear": Kind(
        "the identity with one fraction off the diagonal",
        {"n": _n(8), "bound": Whole(2, 999, "of that fraction, as for scalar")},
        draws.shear,
        transforms=_EXACT,
        example={"n": 2, "bound": 40},
    ),
    "rank_one": _of_size(
        "I + u v^T, the case of Sherman and Morrison",
        draws.rank_one,
        Whole(1, 99, "of the integers in u and v"),
        {"n": 2, "bound": 5},
    ),
    "perturbed_decimal": Kind(
        "I + E with decimal entries, |E| <= 0.1; the answer is asked to a tolerance",
        {
            "n": _n(6),
            "decimals": Whole(2, 4, "decimals of the entries"),
            "spread": Whole(10, 1_000, "largest |E|, in units of the last decimal"),
            "tolerance": Whole(1, 100, "allowed error of each entry, in units of the last decimal"),
        },
        draws.perturbed_decimal,
        _no_guess_is_close,
        _check_perturbed,
        _SAME_TOLERANCE,
        example={"n": 3, "decimals": 3, "spread": 100, "tolerance": 1},
    ),
    "random": Kind(
        "integer entries",
        {
            "n": _n(8),
            "bound": Whole(2, 1_000_000, "of the entries"),
            "determinant": OneOf(("unit", "small", "any"), "|det| = 1, 1 to 9, or anything but 0"),
        },
        draws.random,
        not_self_answering,
        _check_random,
        _EXACT,
        example={"n": 3, "bound": 5, "determinant": "unit"},
    ),
    "symmetric": _of_size(
        "integer entries, equal to its transpose",
        draws.symmetric,
        Whole(2, 999, "of the entries"),
        {"n": 3, "bound": 9},
    ),
    "triangular": _of_size(
        "integer entries on one side of the diagonal, none of those on it 0",
        draws.triangular,
        Whole(2, 99, "of the entries"),
        {"n": 3, "bound": 9},
    ),
    "permutation": _of_size(
        "a permutation matrix whose ones are replaced by reduced fractions",
        draws.permutation,
        Whole(2, 99, "as for scalar"),
        {"n": 4, "bound": 9},
    ),
    "orthogonal": Kind(
        "a rational orthogonal matrix (Cayley's transform) times a fraction",
        {"n": _n(4), "bound": Whole(2, 9, "of the fractions it is made from")},
        draws.orthogonal,
        not_guessed,
        transforms=_EXACT,
        example={"n": 3, "bound": 3},
    ),
    "block_diagonal": Kind(
        "square blocks of integers along the diagonal",
        {
            "blocks": Whole(2, 4, "number of blocks"),
            "size": Whole(2, 4, "rows and columns of each block"),
            "bound": Whole(2, 99, "of the entries"),
        },
        draws.block_diagonal,
        not_guessed,
        _check_blocks,
        _EXACT,
        example={"blocks": 2, "size": 2, "bound": 9},
    ),
    "toeplitz": _of_size(
        "integers, the same along each diagonal", draws.toeplitz, Whole(2, 99, "of the entries"), {"n": 3, "bound": 9}
    ),
    "hilbert": Kind(
        "1/(x_i + y_j) with different integers x, and y: Cauchy's matrix, of which Hilbert's is one",
        {"n": _n(6), "bound": Whole(2, 40, "1 <= x <= bound, 0 <= y < bound")},
        draws.hilbert,
        not_guessed,
        _check_hilbert,
        _EXACT,
        example={"n": 3, "bound": 12},
    ),
    "unimodular": Kind(
        "made from the identity by random row operations; every entry of the answer is an integer",
        {
            "n": _n(8),
            "operations": Whole(1, 64, "number of row operations: the difficulty"),
            "factor": Whole(1, 9, "largest multiple of a row that is added to another"),
        },
        draws.unimodular,
        not_guessed,
        transforms=_EXACT,
        example={"n": 3, "operations": 6, "factor": 3},
    ),
    "singular": Kind(
        "integer entries; half of the matrices have no inverse, and the right answer is to say so",
        {"n": _n(6), "bound": Whole(2, 99, "of the entries")},
        draws.maybe_singular,
        not_guessed,
        transforms=_EXACT,
        example={"n": 3, "bound": 9},
    ),
    "symbolic": Kind(
        "letters, multiples of letters, letters plus integers, integers",
        {"n": _n(3)},
        symbolic.draw,
        symbolic.takes_work,
        transforms=symbolic.TRANSFORMS,
        example={"n": 2},
    ),
}
