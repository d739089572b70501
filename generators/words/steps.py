"""The operations a story is made of: exact arithmetic on the amount it has come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from generators.stream import Stream

Unit = str  # "things" or "money"


@dataclass(frozen=True)
class Step:
    """An operation with its numbers, as `gain 5`, told in one of its wordings."""

    name: str
    numbers: tuple[int, ...]
    wording: int

    @property
    def operation(self) -> "Operation":
        return OPERATIONS[self.name]

    def apply(self, x: Fraction) -> Fraction:
        return self.operation.apply(x, *self.numbers)


@dataclass(frozen=True)
class Operation:
    """`cost` is the number of arithmetic operations. `needs` and `gives` are units; `says` holds equal wordings.

    In a wording: {name}, {they} and {their}, {other} another person, {things} counted, {a} {b} the numbers.
    """

    cost: int
    needs: Unit
    gives: Unit
    apply: Callable[..., Fraction]
    lines: Callable[..., Sequence[str]]  # of a worked answer, without the result of the last
    draw: Callable[[Stream, int, int], tuple[int, ...] | None]  # the numbers for an amount and a bound
    says: Sequence[str]
    last: bool = False  # only at the end of a story


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
        1,
        "things",
        "things",
        lambda x, a: x + a,
        lambda x, a: [f"{x} + {a}"],
        _up_to_bound,
        (
            "Then {name} buys {a} more {things}.",
            "{other} gives {name} another {a} {things}.",
            "Later {name} finds {a} {things} in a cupboard and keeps them.",
        ),
    ),
    "lose": Operation(
        1,
        "things",
        "things",
        lambda x, a: x - a,
        lambda x, a: [f"{x} - {a}"],
        _less,
        (
            "After that {name} gives {a} of them to {other}.",
            "On the way home {name} loses {a} of the {things}.",
            "{other} borrows {a} of the {things} and does not bring them back.",
        ),
    ),
    "multiply": Operation(
        1,
        "things",
        "things",
        lambda x, a: x * a,
        lambda x, a: [f"{x} * {a}"],
        _small,
        (
            "A month later {name} has {a} times as many {things} as before.",
            "By the end of the year the number of {things} that {name} has is {a} times as large.",
            "Thanks to a generous aunt, {name} ends up with {a} times as many {things} as before.",
        ),
    ),
    "share": Operation(
        1,
        "things",
        "things",
        lambda x, a: x / a,
        lambda x, a: [f"{x} / {a}"],
        _divisor,
        (
            "All of the {things} are put into {a} equal piles, and {name} keeps one pile.",
            "{name} and the others, {a} people in all, share the {things} equally, and {name} goes on with one share.",
            "The {things} are split evenly among {a} boxes, and {name} takes one box.",
        ),
    ),
    "give_part": Operation(
        2,
        "things",
        "things",
        lambda x, a: x - x / a,
        lambda x, a: [f"{x} / {a} = {x / a}", f"{x} - {x / a}"],
        _divisor,
        (
            "Then {name} gives one out of every {a} {things} to {other}.",
            "{other} gets 1/{a} of the {things} from {name}.",
            "A dog runs off with 1/{a} of the {things}, and {name} keeps the others.",
        ),
    ),
    "packs": Operation(
        2,
        "things",
        "things",
        lambda x, a, b: x + a * b,
        lambda x, a, b: [f"{a} * {b} = {a * b}", f"{x} + {a * b}"],
        _two_small,
        (
            "Next {name} buys {a} packs with {b} {things} in each.",
            "{other} brings {a} boxes of {b} {things} each and leaves them with {name}.",
            "On each of {a} days {name} receives {b} more {things}.",
        ),
    ),
    "together": Operation(
        2,
        "things",
        "things",
        lambda x, a: x + (x + a),
        lambda x, a: [f"{x} + {a} = {x + a}", f"{x} + {x + a}"],
        _up_to_bound,
        (
            "{other}, who has {a} {things} more than {name} now, adds all of them to the collection of {name}.",
            "{other} has {a} {things} more than {name} at this point, and gives every one of them to {name}.",
        ),
    ),
    "double_up": Operation(
        2,
        "things",
        "things",
        lambda x, a: x + a * x,
        lambda x, a: [f"{a} * {x} = {a * x}", f"{x} + {a * x}"],
        _small,
        (
            "{other} has {a} times as many {things} as {name} has now, and hands all of them to {name}.",
            "Then {name} inherits a collection with {a} times as many {things} as {name} has at that moment.",
        ),
    ),
    "sell": Operation(
        1,
        "things",
        "money",
        lambda x, a: x * a,
        lambda x, a: [f"{x} * {a}"],
        _small,
        (
            "{name} sells all of the {things} for ${a} each.",
            "A shop pays {name} ${a} for every one of the {things}.",
            "Every one of the {things} brings {name} ${a} at the fair, and none is left over.",
        ),
    ),
    "spend": Operation(
        1,
        "money",
        "money",
        lambda x, a: x - a,
        lambda x, a: [f"{x} - {a}"],
        _less,
        (
            "Of this money {name} spends ${a} on a present.",
            "{name} then pays ${a} for a repair.",
            "A ticket costs {name} ${a} of it.",
        ),
    ),
    "earn": Operation(
        1,
        "money",
        "money",
        lambda x, a: x + a,
        lambda x, a: [f"{x} + {a}"],
        _up_to_bound,
        (
            "{other} adds ${a} to the money of {name}.",
            "{name} puts in another ${a} of savings.",
            "For helping a neighbour {name} gets ${a} more.",
        ),
    ),
    "work": Operation(
        2,
        "money",
        "money",
        lambda x, a, b: x + a * b,
        lambda x, a, b: [f"{a} * {b} = {a * b}", f"{x} + {a * b}"],
        _two_small,
        (
            "Then {name} works {a} hours for ${b} an hour and keeps the pay with the rest.",
            "In each of the next {a} weeks {name} saves ${b} more.",
        ),
    ),
    "divide_money": Operation(
        1,
        "money",
        "money",
        lambda x, a: x / a,
        lambda x, a: [f"{x} / {a}"],
        _divisor,
        (
            "The money is divided equally among {a} friends, {name} being one of them, and {name} keeps one part.",
            "{name} puts the same amount into each of {a} envelopes until nothing is left, and keeps one of them.",
        ),
    ),
    "goal": Operation(
        1,
        "things",
        "missing things",
        lambda x, a: a - x,
        lambda x, a: [f"{a} - {x}"],
        _more,
        (
            "For an exhibition {name} needs {a} {things} altogether.",
            "{name} wants to have {a} {things} in the end.",
        ),
        last=True,
    ),
    "price": Operation(
        1,
        "money",
        "missing money",
        lambda x, a: a - x,
        lambda x, a: [f"{a} - {x}"],
        _more,
        (
            "{name} would like to buy a bicycle for ${a}.",
            "A trip that {name} plans costs ${a}.",
        ),
        last=True,
    ),
}

QUESTIONS: Mapping[Unit, Sequence[str]] = {
    "things": ("How many {things} does {name} have now?", "How many {things} does {name} have in the end?"),
    "money": ("How many dollars does {name} have now?", "How much money, in dollars, does {name} have in the end?"),
    "missing things": ("How many more {things} does {name} need?", "How many {things} are still missing?"),
    "missing money": ("How many more dollars does {name} need?", "How many dollars are still missing?"),
}
STARTS: Sequence[str] = (
    "{name} has {a} {things}.",
    "{name} starts with {a} {things}.",
    "There are {a} {things} on the table of {name}.",
)
ASIDES: Sequence[str] = (
    "{other} is {b} years old.",
    "It takes {name} {b} minutes to walk to school.",
    "The house of {other} has {b} windows.",
    "Last year {other} read {b} books.",
    "{name} lives {b} kilometres from the sea.",
)
NAMES: Sequence[str] = (
    "Ada",
    "Ben",
    "Chen",
    "Dana",
    "Emil",
    "Farah",
    "Goran",
    "Hana",
    "Iris",
    "Jamal",
    "Kofi",
    "Lena",
    "Mina",
    "Nadia",
    "Omar",
    "Petra",
    "Quinn",
    "Rosa",
    "Samir",
    "Tara",
)
THINGS: Sequence[str] = (
    "marbles",
    "stamps",
    "shells",
    "postcards",
    "coins",
    "buttons",
    "stickers",
    "pebbles",
    "badges",
    "pencils",
    "bottle-caps",
    "beads",
    "ribbons",
    "keys",
)
