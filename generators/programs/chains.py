"""Chains of small steps: what is drawn as a composition, and a search for all that give the same values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from typing import Any

from generators.programs.formulas import DIGIT_FUNCTIONS, Applied, Formula, Joined, Number


@dataclass(frozen=True)
class Step:
    """What a step does to a value, how it is written, and the lowest number that it may take; None if it takes none."""

    lowest: int | None
    apply: Callable[[int, int], int]
    write: Callable[[Formula, int], Formula]

    def numbers(self, bound: int) -> range:
        """Return the numbers of a step; one that takes none has 0."""
        return range(1) if self.lowest is None else range(self.lowest, bound + 1)


def _of_digits(name: str) -> Step:
    return Step(None, lambda x, n: DIGIT_FUNCTIONS[name].apply(x), lambda at, n: Applied(name, at))


DRAWN: Mapping[str, Step] = {
    "add": Step(1, lambda x, n: x + n, lambda at, n: Joined("+", at, Number(n))),
    "multiply": Step(2, lambda x, n: x * n, lambda at, n: Joined("*", Number(n), at)),
    "divide": Step(2, lambda x, n: x // n, lambda at, n: Joined("/", at, Number(n))),
    "remainder": Step(3, lambda x, n: x % n, lambda at, n: Joined("%", at, Number(n))),
    "square": Step(None, lambda x, n: x * x, lambda at, n: Joined("^", at, Number(2))),
    "digit_sum": _of_digits("s"),
    "reverse": _of_digits("r"),
}
STEPS: Mapping[str, Step] = {**DRAWN, **{f"digits_{name}": _of_digits(name) for name in "qnmo"}}

Chain = tuple[tuple[str, int], ...]


def go_on(chain: Chain, inputs: Sequence[int]) -> tuple[int, ...]:
    """Return what a chain makes of inputs."""
    for name, n in chain:
        inputs = [STEPS[name].apply(x, n) for x in inputs]
    return tuple(inputs)


def chains_that_fit(inputs: tuple[int, ...], outputs: Sequence[int], steps: int, bound: int) -> Iterator[Chain]:
    """Yield every chain of 1 to `steps` steps that makes the outputs of the inputs, the shorter ones first."""
    for before in range(steps):
        tree = _tree(before, bound, inputs)
        for name, step in STEPS.items():
            for n in step.numbers(bound):
                for chain in _leading(tree, partial(_applied, step, n), outputs):
                    yield (*chain, (name, n))


def _applied(step: Step, n: int, x: int) -> int:
    return step.apply(x, n)


@lru_cache(maxsize=16)
def _tree(steps: int, bound: int, inputs: tuple[int, ...]) -> Any:
    """Return all chains of so many steps by their values at the inputs, one input per level; the leaves are lists."""
    links = [(name, n) for name, step in STEPS.items() for n in step.numbers(bound)]
    root: dict[int, Any] = {}
    for chain in product(links, repeat=steps):
        at = root
        *path, last = go_on(chain, inputs)
        for value in path:
            at = at.setdefault(value, {})
        at.setdefault(last, []).append(chain)
    return root


def _leading(tree: Any, apply: Callable[[int], int], wanted: Sequence[int]) -> Iterator[Chain]:
    """Yield the chains whose values a last step takes to those wanted."""
    for value, below in tree.items():
        if apply(value) != wanted[0]:
            continue
        if len(wanted) == 1:
            yield from below
        else:
            yield from _leading(below, apply, wanted[1:])
