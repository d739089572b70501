"""Functions put together from simple parts: linear pieces, remainders, digits, chains of small steps."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from generators.errors import BadId
from generators.parameters import Parameter, Params, Whole
from generators.programs.chains import DRAWN, chains_that_fit, go_on
from generators.programs.formulas import (
    DIGIT_FUNCTIONS,
    Applied,
    Choice,
    Formula,
    Joined,
    K,
    Number,
    plus,
    times,
    values,
)
from generators.programs.growth import RANGE, polynomial
from generators.programs.targets import FIRST, SIZES, Target, check_sizes, posed
from generators.stream import Stream

_SEEN = 3  # values of a linear piece that are shown, its ends among them

PIECEWISE: dict[str, Parameter] = {
    **SIZES,
    "range": Whole(6, 200, "shown inputs are drawn from so many, from 0 on"),
    "pieces": Whole(2, 4, "linear pieces"),
    "bound": Whole(1, 99, "of slopes and constants"),
}


def draw_piecewise(stream: Stream, params: Params) -> Target:
    """Return linear pieces; each is shown at both its ends within the range and once between, so that all is seen."""
    size, pieces, bound = (int(params[name]) for name in ("range", "pieces", "bound"))
    room = size - _SEEN * pieces
    cuts = sorted(stream.integer(0, room) for _ in range(pieces - 1))
    starts = [0, *(cut + _SEEN * at for at, cut in enumerate(cuts, 1))]
    lines = [(stream.integer(-bound, bound), stream.integer(-bound, bound)) for _ in starts]
    formula = polynomial(lines[-1])
    for line, end in zip(reversed(lines[:-1]), reversed(starts[1:]), strict=True):
        formula = Choice(K, Number(end), polynomial(line), formula)
    seen: set[int] = set()
    for start, end in zip(starts, [*starts[1:], size], strict=True):
        seen |= {start, stream.integer(start + 1, end - 2), end - 1}
    return posed(stream, params, formula, frozenset(seen))


def pieces_differ(target: Target, params: Params) -> bool:
    """Whether neighbouring pieces are different lines."""
    at = target.formula
    while isinstance(at, Choice):
        following = at.otherwise.then if isinstance(at.otherwise, Choice) else at.otherwise
        if at.then == following:
            return False
        at = at.otherwise
    return True


def check_piecewise(params: Params) -> None:
    """Raise `BadId` unless every piece can be shown."""
    check_sizes(params)
    if int(params["shown"]) < _SEEN * int(params["pieces"]):
        raise BadId("parameters", f"{_SEEN} values are shown of each piece")


MODULAR: dict[str, Parameter] = {
    **FIRST,
    "degree": Whole(1, 2, "1: (a*k+b)%m, 2: (a*k^2+b*k+c)%m"),
    "modulus": Whole(3, 60, "largest m"),
}


def check_modular(params: Params) -> None:
    """Raise `BadId` unless more values are shown than coefficients and modulus need."""
    check_sizes(params)
    if int(params["shown"]) < int(params["degree"]) + 5:
        raise BadId("parameters", "a remainder is shown at five more inputs than its degree")


def draw_modular(stream: Stream, params: Params) -> Target:
    """Return the remainder of a polynomial."""
    modulus = stream.integer(3, int(params["modulus"]))
    leading = stream.integer(1, modulus - 1)
    others = [stream.integer(0, modulus - 1) for _ in range(int(params["degree"]))]
    return posed(stream, params, Joined("%", polynomial((leading, *others)), Number(modulus)))


def modular_is_determined(target: Target, params: Params) -> bool:
    """Whether every modulus and coefficients that give the shown values give the hidden ones."""
    quadratic = int(params["degree"]) == 2
    first, second = target.shown_values[:2]
    for m in range(max(max(target.shown_values) + 1, 3), 2 * int(params["modulus"]) + 1):
        for a in range(m) if quadratic else (0,):
            b = (second - first - a) % m
            if _remainders(a, b, first, m, target.shown) != target.shown_values:
                continue
            if _remainders(a, b, first, m, target.hidden) != target.hidden_values:
                return False
    return True


def _remainders(a: int, b: int, c: int, m: int, inputs: Sequence[int]) -> tuple[int, ...]:
    return tuple((a * k * k + b * k + c) % m for k in inputs)


DIGITS: dict[str, Parameter] = {
    **SIZES,
    "range": RANGE,
    "bound": Whole(1, 20, "of factors and of the constant"),
}


def check_digits(params: Params) -> None:
    """Raise `BadId` unless enough is shown of a range that has several digits."""
    check_sizes(params)
    if int(params["shown"]) < 8 or int(params["range"]) < 40:
        raise BadId("parameters", "functions of digits are shown at eight inputs at least, of a range of 40 at least")


def draw_digits(stream: Stream, params: Params) -> Target:
    """Return u*d(v*k)+c, where d looks at digits."""
    bound = int(params["bound"])
    name = stream.choice("moqrs")  # the number of digits changes too rarely to be seen
    inner = times(stream.integer(1, bound), K)
    outer = times(stream.integer(1, bound), Applied(name, inner))
    return posed(stream, params, plus(outer, stream.integer(-bound, bound)))


def digits_are_determined(target: Target, params: Params) -> bool:
    """Whether every function of digits, factors and constant that gives the shown values gives the hidden ones."""
    fitting = _of_digits(target.shown, target.shown_values, int(params["bound"]))
    return all(values(other, target.hidden) == target.hidden_values for other in fitting)


def _of_digits(inputs: Sequence[int], outputs: Sequence[int], bound: int) -> Iterator[Formula]:
    for name in sorted(DIGIT_FUNCTIONS):
        for inner in range(1, bound + 1):
            seen = _digit_values(name, inner, tuple(inputs))
            at = next((i for i, x in enumerate(seen) if x != seen[0]), 0)
            factor, left = divmod(outputs[at] - outputs[0], seen[at] - seen[0]) if at else (1, 0)
            added = outputs[0] - factor * seen[0]
            if not left and all(factor * x + added == y for x, y in zip(seen, outputs, strict=True)):
                yield plus(times(factor, Applied(name, times(inner, K))), added)


@lru_cache(maxsize=1_024)
def _digit_values(name: str, inner: int, inputs: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(DIGIT_FUNCTIONS[name].apply(inner * k) for k in inputs)


COMPOSITION: dict[str, Parameter] = {
    **FIRST,
    "steps": Whole(2, 3, "steps one after another"),
    "bound": Whole(3, 12, "of the numbers in the steps"),
}


def draw_composition(stream: Stream, params: Params) -> Target:
    """Return a chain of steps."""
    formula: Formula = K
    for _ in range(int(params["steps"])):
        step = DRAWN[stream.choice(sorted(DRAWN))]
        formula = step.write(formula, stream.choice(step.numbers(int(params["bound"]))))
    return posed(stream, params, formula)


def composition_is_determined(target: Target, params: Params) -> bool:
    """Whether no shorter chain gives the shown values, and every one of as many steps gives the hidden ones too."""
    steps = int(params["steps"])
    fitting = chains_that_fit(target.shown, target.shown_values, steps, int(params["bound"]))
    return all(len(chain) == steps and go_on(chain, target.hidden) == target.hidden_values for chain in fitting)


def check_composition(params: Params) -> None:
    """Raise `BadId` unless enough is shown that few chains fit it."""
    check_sizes(params)
    if int(params["shown"]) < 8:
        raise BadId("parameters", "a composition shows eight values at least")
