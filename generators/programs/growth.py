"""Functions that grow: powers, polynomials, recurrences. Each is drawn so that its shown values leave no other."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from generators.draws import sign
from generators.errors import BadId
from generators.exact.elimination import rref
from generators.parameters import Parameter, Params, Whole
from generators.programs.formulas import Formula, Joined, K, Number, Recurrence, Term, constant, plus, times, values
from generators.programs.targets import FIRST, SIZES, Target, check_sizes, posed
from generators.stream import Stream

RANGE = Whole(3, 200, "shown inputs are drawn from so many, from 0 on")

POWER: dict[str, Parameter] = {
    **SIZES,
    "range": RANGE,
    "factor": Whole(1, 999, "largest a of a*b^(k+s)+c"),
    "base": Whole(2, 12, "largest b; the smallest is 2"),
    "shift": Whole(0, 9, "largest s"),
    "offset": Whole(0, 999, "largest |c|"),
}


def check_power(params: Params) -> None:
    """Raise `BadId` unless a value is left as a check."""
    check_sizes(params)
    if int(params["shown"]) < 4:
        raise BadId("parameters", "a power is shown at four inputs at least, so that one is a check")


def draw_power(stream: Stream, params: Params) -> Target:
    """Return a*b^(k+s)+c."""
    factor, base = stream.integer(1, int(params["factor"])), stream.integer(2, int(params["base"]))
    shift, offset = stream.integer(0, int(params["shift"])), int(params["offset"])
    power = Joined("^", Number(base), plus(K, shift))
    return posed(stream, params, plus(times(factor, power), stream.integer(-offset, offset)))


def power_is_determined(target: Target, params: Params) -> bool:
    """Whether no other base, factor and constant give the shown values and differ at a hidden input."""
    fitting = _powers(target.shown, target.shown_values, int(params["base"]))
    return all(values(other, target.hidden) == target.hidden_values for other in fitting)


def _powers(inputs: Sequence[int], outputs: Sequence[int], most: int) -> Iterator[Formula]:
    for base in range(2, most + 1):
        rise = base ** inputs[1] - base ** inputs[0]
        factor, left = divmod(outputs[1] - outputs[0], rise)
        if left:
            continue
        found = plus(times(factor, Joined("^", Number(base), K)), outputs[0] - factor * base ** inputs[0])
        if values(found, inputs) == tuple(outputs):
            yield found


POLYNOMIAL: dict[str, Parameter] = {
    **SIZES,
    "range": RANGE,
    "degree": Whole(1, 5, "degree"),
    "bound": Whole(1, 99, "of the coefficients"),
}


def draw_polynomial(stream: Stream, params: Params) -> Target:
    """Return a polynomial of exactly the degree asked for."""
    degree, bound = int(params["degree"]), int(params["bound"])
    leading = sign(stream) * stream.integer(1, bound)
    others = [stream.integer(-bound, bound) for _ in range(degree)]
    return posed(stream, params, polynomial((leading, *others)))


def polynomial(coefficients: Sequence[int]) -> Formula:
    """Return the sum of terms, that of the highest degree first; terms of 0 are not written."""
    terms = [(c, degree) for degree, c in zip(range(len(coefficients) - 1, -1, -1), coefficients, strict=True) if c]
    formula: Formula | None = None
    for c, degree in terms:
        if formula is None:
            formula = _monomial(c, degree)
        else:
            formula = Joined("+" if c > 0 else "-", formula, _monomial(abs(c), degree))
    return formula or Number(0)


def _monomial(c: int, degree: int) -> Formula:
    if degree == 0:
        return constant(c)
    return times(c, K if degree == 1 else Joined("^", K, Number(degree)))


def check_polynomial(params: Params) -> None:
    """Raise `BadId` unless more values are shown than coefficients are asked for."""
    check_sizes(params)
    if int(params["shown"]) < int(params["degree"]) + 2:
        raise BadId("parameters", "a polynomial is shown at two more inputs than its degree, so that one is a check")


RECURRENCE: dict[str, Parameter] = {
    **FIRST,
    "order": Whole(1, 3, "earlier terms that a term depends on"),
    "bound": Whole(1, 20, "of the coefficients and first terms"),
    "constant": Whole(0, 20, "largest constant that is added in each step"),
}


def draw_recurrence(stream: Stream, params: Params) -> Target:
    """Return first terms and p*f(k-1) + q*f(k-2) + ... + r."""
    order, bound, most = (int(params[name]) for name in ("order", "bound", "constant"))
    starts = tuple(stream.integer(-bound, bound) for _ in range(order))
    factors = [stream.integer(-bound, bound) for _ in range(order - 1)]
    factors.append(sign(stream) * stream.integer(1, bound))
    return posed(stream, params, recurrence(starts, factors, stream.integer(-most, most)))


def recurrence(starts: Sequence[int], factors: Sequence[int], added: int) -> Formula:
    """Return a linear recurrence."""
    step: Formula | None = None
    for back, factor in enumerate(factors, 1):
        if factor and step is None:
            step = times(factor, Term(back))
        elif factor:
            assert step is not None
            step = Joined("+" if factor > 0 else "-", step, times(abs(factor), Term(back)))
    assert step is not None, "the last factor is not 0"
    return Recurrence(tuple(starts), plus(step, added))


def recurrence_is_determined(target: Target, params: Params) -> bool:
    """Whether the equations for the coefficients have one solution: no other such recurrence gives the same values."""
    order, added = int(params["order"]), int(params["constant"]) > 0
    terms = target.shown_values
    rows = [
        [Fraction(terms[k - back]) for back in range(1, order + 1)] + [Fraction(1)] * added
        for k in range(order, len(terms))
    ]
    return len(rref(tuple(map(tuple, rows))).pivots) == order + added


def check_recurrence(params: Params) -> None:
    """Raise `BadId` unless there are more equations than coefficients."""
    check_sizes(params)
    order = int(params["order"])
    if int(params["shown"]) < 2 * order + 1 + (int(params["constant"]) > 0):
        raise BadId(
            "parameters", "a recurrence shows twice its order of terms, one for its constant, and one as a check"
        )
