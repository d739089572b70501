"""Other readings of shown values: simple functions of any kind that fit them and may go on otherwise.

A problem is only posed where each of these, if it fits, gives the hidden values too. It cannot be promised that nobody
finds another one; these are what a person would try first.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise, product

from generators.exact.elimination import rref
from generators.programs.chains import chains_that_fit, go_on
from generators.programs.targets import Target

CHANGES = 4  # neighbouring shown values that differ: with fewer a step or two would say as much
_CHAIN_STEPS, _CHAIN_BOUND = 2, 9

Values = Sequence[Fraction | int]


def is_the_only_reading(target: Target) -> bool:
    """Whether enough happens in the shown values, and every other simple function that fits them is this one."""
    if sum(a != b for a, b in pairwise(target.shown_values)) < CHANGES and len(target.shown) > CHANGES:
        return False
    return all(tuple(found) == target.hidden_values for found in _readings(target))


def _readings(target: Target) -> Iterator[Values]:
    """Yield the hidden values by every reading that fits the shown ones, with one value at least as a check."""
    yield from _polynomials(target)
    if target.shown != tuple(range(len(target.shown))):
        return
    yield from _recurrences(target)
    yield from _periods(target)
    for chain in chains_that_fit(target.shown, target.shown_values, _CHAIN_STEPS, _CHAIN_BOUND):
        yield go_on(chain, target.hidden)


def _polynomials(target: Target) -> Iterator[Values]:
    """Lines and parabolas through the first values; two more values have to lie on them."""
    inputs, outputs = target.shown, target.shown_values
    for degree in (1, 2):
        if len(inputs) < degree + 3:
            return
        points = list(zip(inputs, outputs, strict=True))[: degree + 1]
        if all(_through(points, k) == y for k, y in zip(inputs, outputs, strict=True)):
            yield [_through(points, k) for k in target.hidden]


def _through(points: Sequence[tuple[int, int]], k: int) -> Fraction:
    """Return the value at k of the polynomial through points (Lagrange)."""
    total = Fraction(0)
    for x, y in points:
        term = Fraction(y)
        for z, _ in points:
            if z != x:
                term *= Fraction(k - z, x - z)
        total += term
    return total


def _recurrences(target: Target) -> Iterator[Values]:
    """Linear recurrences of order one and two, with and without a constant, determined with one equation to spare."""
    terms = target.shown_values
    for order, added in product((1, 2), (0, 1)):
        rows = [_equation(terms, k, order, added) for k in range(order, len(terms))]
        if len(rows) <= order + added:
            continue
        form = rref(tuple(rows))
        if form.pivots == tuple(range(order + added)):  # one solution, and no contradiction
            yield _continued(terms, [Fraction(row[-1]) for row in form.rows[: order + added]], order, target.hidden)


def _equation(terms: Sequence[int], k: int, order: int, added: int) -> tuple[Fraction, ...]:
    """Return the terms before one, a 1 where a constant is added, and the term itself."""
    before = [terms[k - back] for back in range(1, order + 1)]
    return tuple(Fraction(x) for x in (*before, *[1] * added, terms[k]))


def _continued(terms: Sequence[int], solution: Sequence[Fraction], order: int, hidden: Sequence[int]) -> Values:
    found = [Fraction(term) for term in terms]
    added = solution[order] if len(solution) > order else Fraction(0)
    factors = solution[:order]
    while len(found) <= max(hidden):
        found.append(added + sum((c * found[-back] for back, c in enumerate(factors, 1)), Fraction(0)))
        if found[-1].denominator.bit_length() > 64:
            return []  # no integers: nobody's reading of these values, yet not theirs either
    return [found[k] for k in hidden]


def _periods(target: Target) -> Iterator[Values]:
    """The values again and again, where twice a whole period is shown."""
    shown = target.shown_values
    for period in range(1, len(shown) // 2 + 1):
        if all(a == b for a, b in zip(shown, shown[period:], strict=False)):
            yield [shown[k % period] for k in target.hidden]
            return
