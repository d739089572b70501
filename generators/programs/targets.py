"""What is drawn: a function as a formula, the inputs that are shown, and those that are kept to judge by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

from generators.draws import shuffled
from generators.errors import BadId
from generators.parameters import Params, Whole
from generators.programs.formulas import Formula, values
from generators.stream import Stream

MAX_BITS = 2_000  # of a value, far below what a program may return
MAX_SHOWN, MAX_HIDDEN, MAX_REACH = 24, 32, 200
_PROBED = 64  # values that tell functions apart

SHOWN = Whole(3, MAX_SHOWN, "pairs that are shown")
HIDDEN = Whole(4, MAX_HIDDEN, "inputs that are not shown and decide")
REACH = Whole(0, MAX_REACH, "how far hidden inputs go beyond the range of those shown")
SIZES = {"shown": SHOWN, "hidden": HIDDEN, "reach": REACH}
FIRST = {"shown": SHOWN, "hidden": HIDDEN, "reach": Whole(4, MAX_REACH, REACH.about)}
"""Of kinds that show their first values: all hidden inputs lie beyond them."""


@dataclass(frozen=True)
class Target:
    """A function, and at which inputs, in ascending order, it is shown and judged."""

    formula: Formula
    shown: tuple[int, ...]
    hidden: tuple[int, ...]
    last: int

    @cached_property
    def shown_values(self) -> tuple[int, ...]:
        return _all(self.formula, self.shown)

    @cached_property
    def hidden_values(self) -> tuple[int, ...]:
        return _all(self.formula, self.hidden)

    @property
    def inputs(self) -> tuple[int, ...]:
        return (*self.shown, *self.hidden)

    @property
    def outputs(self) -> tuple[int, ...]:
        return (*self.shown_values, *self.hidden_values)

    @cached_property
    def sound(self) -> bool:
        """Whether every value is there, and small enough to be written."""
        found = values(self.formula, self.inputs)
        return all(value is not None and value.bit_length() <= MAX_BITS for value in found)


def _all(formula: Formula, inputs: Sequence[int]) -> tuple[int, ...]:
    return tuple(value for value in values(formula, inputs) if value is not None)


@lru_cache(maxsize=4_096)
def name_of(formula: Formula) -> str:
    """Return the canonical text of a function: its first values, and a digest of the first 64.

    It does not depend on how the function is written: 2*2^k and 2^(k+1) are one, in whatever kind they are drawn.
    """
    found = values(formula, range(_PROBED))
    digest = sha256(",".join(map(str, found)).encode()).hexdigest()[:16]
    return f"function:{','.join(map(str, found[:4]))}:{digest}"


def content_of(target: Target) -> str:
    """Return the function alone: which of its values are shown does not matter."""
    return name_of(target.formula)


def posed(stream: Stream, params: Params, formula: Formula, needed: frozenset[int] = frozenset()) -> Target:
    """Return a function with the inputs drawn; the shown ones are the first, unless there is a `range` for them.

    `needed` are shown in any case.
    """
    shown, hidden, reach = (int(params[name]) for name in ("shown", "hidden", "reach"))
    size = int(params.get("range", shown))
    others = [k for k in shuffled(stream, size) if k not in needed] if size > shown else [*range(shown)]
    seen = sorted([*needed, *others[: shown - len(needed)]]) if size > shown else others
    rest = [k for k in range(size + reach) if k not in set(seen)]
    kept = sorted(rest[at] for at in shuffled(stream, len(rest))[:hidden])
    return Target(formula, tuple(seen), tuple(kept), size + reach - 1)


def check_sizes(params: Params) -> None:
    """Raise `BadId` unless there are enough inputs."""
    shown, hidden, reach = (int(params[name]) for name in ("shown", "hidden", "reach"))
    size = int(params.get("range", shown))
    if size < shown:
        raise BadId("parameters", f"the range has fewer inputs than are shown: {size} < {shown}")
    if size + reach - shown < hidden:
        raise BadId("parameters", f"only {size + reach - shown} inputs are left for the {hidden} hidden ones")
