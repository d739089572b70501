"""How a story is told: names, things, beginnings, asides and questions, and the sentences in their order."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from generators.words.steps import Step, Unit

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


def sentences(first: int | None, steps: Sequence[Step], told: tuple[int, ...], aside: int | None) -> list[str]:
    """Return the sentences but for the question; a `first` amount of None is not told."""
    known, (opening, _, place) = _known(told), told[3:]
    lines = [STARTS[opening].format(**known, a="some" if first is None else first)]
    for step in steps:
        numbers = dict(zip("ab", step.numbers, strict=False))
        lines.append(step.operation.says[step.wording].format(**known, **numbers))
    if aside:
        lines.insert(1 + place % len(lines), ASIDES[place % len(ASIDES)].format(**known, b=aside))
    return lines


def question(steps: Sequence[Step], told: tuple[int, ...], end: Fraction | None) -> list[str]:
    """Return what is asked: the end of a story or, where its `end` is told, the beginning."""
    known, unit = _known(told), steps[-1].operation.gives
    if end is None:
        return [QUESTIONS[unit][told[4]].format(**known)]
    has = f"${end}" if unit == "money" else f"{end} {known['things']}"
    asked = f"How many {known['things']} did {known['name']} have at the beginning?"
    return [f"Now {known['name']} has {has}.", asked]


def _known(told: tuple[int, ...]) -> Mapping[str, str]:
    name, other, things = told[:3]
    return {"name": NAMES[name], "other": NAMES[other], "things": THINGS[things]}
