"""The operations a story is made of: exact arithmetic on the amount it has come to, and how each is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from generators.stream import Stream

Unit = str  # things, money, or what is missing of either


@dataclass(frozen=True)
class Arithmetic:
    """What is calculated, and the lines of a worked answer without the result of the last; `cost` is their number."""

    apply: Callable[..., Fraction]
    lines: Callable[..., Sequence[str]]
    cost: int = 1


ADD = Arithmetic(lambda x, a: x + a, lambda x, a: [f"{x} + {a}"])
SUBTRACT = Arithmetic(lambda x, a: x - a, lambda x, a: [f"{x} - {a}"])
MULTIPLY = Arithmetic(lambda x, a: x * a, lambda x, a: [f"{x} * {a}"])
DIVIDE = Arithmetic(lambda x, a: x / a, lambda x, a: [f"{x} / {a}"])
MISSING = Arithmetic(lambda x, a: a - x, lambda x, a: [f"{a} - {x}"])
LESS_PART = Arithmetic(lambda x, a: x - x / a, lambda x, a: [f"{x} / {a} = {x / a}", f"{x} - {x / a}"], 2)
ADD_PRODUCT = Arithmetic(lambda x, a, b: x + a * b, lambda x, a, b: [f"{a} * {b} = {a * b}", f"{x} + {a * b}"], 2)
ADD_OTHER = Arithmetic(lambda x, a: x + (x + a), lambda x, a: [f"{x} + {a} = {x + a}", f"{x} + {x + a}"], 2)
ADD_MULTIPLE = Arithmetic(lambda x, a: x + a * x, lambda x, a: [f"{a} * {x} = {a * x}", f"{x} + {a * x}"], 2)


@dataclass(frozen=True)
class Operation:
    """`needs` and `gives` are units; `says` holds equal wordings.

    In a wording: {name} and {other}, two people, {things} counted, {a} {b} the numbers.
    """

    arithmetic: Arithmetic
    needs: Unit
    gives: Unit
    draw: Callable[[Stream, int, int], tuple[int, ...] | None]  # the numbers for an amount and a bound
    says: Sequence[str]
    last: bool = False  # only at the end of a story


@dataclass(frozen=True)
class Step:
    """An operation with its numbers, as `gain 5`, told in one of its wordings."""

    name: str
    numbers: tuple[int, ...]
    wording: int

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.name]

    @property
    def cost(self) -> int:
        """How many calculations it takes."""
        return self.operation.arithmetic.cost

    def apply(self, x: Fraction) -> Fraction:
        return self.operation.arithmetic.apply(x, *self.numbers)

    def lines(self, x: Fraction) -> Sequence[str]:
        """Return the calculations, the last without its result."""
        return self.operation.arithmetic.lines(x, *self.numbers)


def _small(stream: Stream, x: int, bound: int) -> tuple[int, ...]:
    return (stream.integer(2, 9),)


def _up_to_bound(stream: Stream, x: int, bound: int) -> tuple[int, ...]:
    return (stream.integer(2, bound),)


def _less(stream: Stream, x: int, bound: int) -> tuple[int, ...] | None:
    return (stream.integer(1, min(x - 1, bound)),) if x > 1 else None


def _divisor(stream: Stream, x: int, bound: int) -> tuple[int, ...] | None:
    options = [d for d in range(2, 13) if x % d == 0 and x > d]
    return (stream.choice(options),) if options else None


def _two_small(stream: Stream, x: int, bound: int) -> tuple[int, ...]:
    return stream.integer(2, 9), stream.integer(2, 12)


def _more(stream: Stream, x: int, bound: int) -> tuple[int, ...]:
    return (x + stream.integer(1, bound),)


OPERATIONS: Mapping[str, Operation] = {
    "gain": Operation(
        ADD,
        "things",
        "things",
        _up_to_bound,
        (
            "Then {name} buys {a} more {things}.",
            "{other} gives {name} another {a} {things}.",
            "Later {name} finds {a} {things} in a cupboard and keeps them.",
        ),
    ),
    "lose": Operation(
        SUBTRACT,
        "things",
        "things",
        _less,
        (
            "After that {name} gives {a} of them to {other}.",
            "On the way home {name} loses {a} of the {things}.",
            "{other} borrows {a} of the {things} and does not bring them back.",
        ),
    ),
    "multiply": Operation(
        MULTIPLY,
        "things",
        "things",
        _small,
        (
            "A month later {name} has {a} times as many {things} as before.",
            "By the end of the year the number of {things} that {name} has is {a} times as large.",
            "Thanks to a generous aunt, {name} ends up with {a} times as many {things} as before.",
        ),
    ),
    "share": Operation(
        DIVIDE,
        "things",
        "things",
        _divisor,
        (
            "All of the {things} are put into {a} equal piles, and {name} keeps one pile.",
            "{name} and the others, {a} people in all, share the {things} equally, and {name} goes on with one share.",
            "The {things} are split evenly among {a} boxes, and {name} takes one box.",
        ),
    ),
    "give_part": Operation(
        LESS_PART,
        "things",
        "things",
        _divisor,
        (
            "Then {name} gives one out of every {a} {things} to {other}.",
            "{other} gets 1/{a} of the {things} from {name}.",
            "A dog runs off with 1/{a} of the {things}, and {name} keeps the others.",
        ),
    ),
    "packs": Operation(
        ADD_PRODUCT,
        "things",
        "things",
        _two_small,
        (
            "Next {name} buys {a} packs with {b} {things} in each.",
            "{other} brings {a} boxes of {b} {things} each and leaves them with {name}.",
            "On each of {a} days {name} receives {b} more {things}.",
        ),
    ),
    "together": Operation(
        ADD_OTHER,
        "things",
        "things",
        _up_to_bound,
        (
            "{other}, who has {a} {things} more than {name} now, adds all of them to the collection of {name}.",
            "{other} has {a} {things} more than {name} at this point, and gives every one of them to {name}.",
        ),
    ),
    "double_up": Operation(
        ADD_MULTIPLE,
        "things",
        "things",
        _small,
        (
            "{other} has {a} times as many {things} as {name} has now, and hands all of them to {name}.",
            "Then {name} inherits a collection with {a} times as many {things} as {name} has at that moment.",
        ),
    ),
    "sell": Operation(
        MULTIPLY,
        "things",
        "money",
        _small,
        (
            "{name} sells all of the {things} for ${a} each.",
            "A shop pays {name} ${a} for every one of the {things}.",
            "Every one of the {things} brings {name} ${a} at the fair, and none is left over.",
        ),
    ),
    "spend": Operation(
        SUBTRACT,
        "money",
        "money",
        _less,
        (
            "Of this money {name} spends ${a} on a present.",
            "{name} then pays ${a} for a repair.",
            "A ticket costs {name} ${a} of it.",
        ),
    ),
    "earn": Operation(
        ADD,
        "money",
        "money",
        _up_to_bound,
        (
            "{other} adds ${a} to the money of {name}.",
            "{name} puts in another ${a} of savings.",
            "For helping a neighbour {name} gets ${a} more.",
        ),
    ),
    "work": Operation(
        ADD_PRODUCT,
        "money",
        "money",
        _two_small,
        (
            "Then {name} works {a} hours for ${b} an hour and keeps the pay with the rest.",
            "In each of the next {a} weeks {name} saves ${b} more.",
        ),
    ),
    "divide_money": Operation(
        DIVIDE,
        "money",
        "money",
        _divisor,
        (
            "The money is divided equally among {a} friends, {name} being one of them, and {name} keeps one part.",
            "{name} puts the same amount into each of {a} envelopes until nothing is left, and keeps one of them.",
        ),
    ),
    "goal": Operation(
        MISSING,
        "things",
        "missing things",
        _more,
        (
            "For an exhibition {name} needs {a} {things} altogether.",
            "{name} wants to have {a} {things} in the end.",
        ),
        last=True,
    ),
    "price": Operation(
        MISSING,
        "money",
        "missing money",
        _more,
        (
            "{name} would like to buy a bicycle for ${a}.",
            "A trip that {name} plans costs ${a}.",
        ),
        last=True,
    ),
}
