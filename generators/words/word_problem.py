"""The family `word_problem`.

Q: Mina has 24 shells. Then Mina buys 5 more shells. How many shells does Mina have now?
A: <answer>29</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from generators.answer_types import WrittenQuantity, cheap_quantities
from generators.draws import sign
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.words.steps import OPERATIONS, Operation, Step
from generators.words.telling import NAMES, STARTS, THINGS, question, sentences
from generators.written import FORMAT

COMPONENTS = {"correct": "1 if the number is right, whatever unit stands beside it", "format": FORMAT}
MAX_AMOUNT = 10**7


@dataclass(frozen=True)
class Story:
    """A first amount and what happens to it. `told`: wordings, names and things; `aside`: a number without a part.

    Told `backwards`, the story says where it ends and asks where it began.
    """

    start: int
    steps: tuple[Step, ...]
    told: tuple[int, ...]
    aside: int | None = None
    backwards: bool = False

    @property
    def amounts(self) -> list[Fraction]:
        """The amount at the start and after each step."""
        return list(accumulate(self.steps, lambda x, step: step.apply(x), initial=Fraction(self.start)))

    @property
    def sound(self) -> bool:
        """Whether every amount is a positive integer, and none is larger than a story bears."""
        return all(x.denominator == 1 and 0 < x <= MAX_AMOUNT for x in self.amounts)

    @property
    def result(self) -> Fraction:
        return Fraction(self.start) if self.backwards else self.amounts[-1]


def content_of(story: Story) -> str:
    """Return `word_problem:24;gain 5`: what is calculated, in whatever words."""
    first = f"?->{story.amounts[-1]}" if story.backwards else str(story.start)
    steps = ";".join(f"{step.name} {','.join(map(str, step.numbers))}" for step in story.steps)
    return f"word_problem:{first};{steps}{f';aside {story.aside}' if story.aside else ''}"


@dataclass(frozen=True)
class WordProblem(WrittenQuantity):
    """A story with one number to find."""

    id: ProblemId
    story: Story
    components = COMPONENTS

    @property
    def content(self) -> str:
        return content_of(self.story)

    @property
    def right(self) -> Fraction:
        return self.story.result

    @cached_property
    def asked(self) -> str:
        return told(self.story)

    @property
    def cheap(self) -> Mapping[str, Fraction]:
        return cheap_quantities(self.asked, _combines(self.story))

    @property
    def thought(self) -> str:
        lines = backwards(self.story) if self.story.backwards else forwards(self.story)
        return "\n".join(lines) if self.in_full else ";".join(lines).replace(" ", "")

    def mistake(self, stream: Stream) -> Fraction:
        """Return the amount before the last step, or the result of a small slip."""
        slip = self.right + sign(stream) * stream.integer(1, 9)
        return stream.choice([x for x in (*self.story.amounts, slip) if x != self.right])


def forwards(story: Story) -> list[str]:
    """Return the equations of a worked answer, the last without its result."""
    amounts = story.amounts
    lines: list[str] = []
    for step, x, y in zip(story.steps, amounts, amounts[1:], strict=False):
        *first, last = step.lines(x)
        lines += [*first, f"{last} = {y}"]
    return [*lines[:-1], lines[-1].rpartition(" = ")[0]]


def backwards(story: Story) -> list[str]:
    """Return how each step is undone: all are linear in the amount before them."""
    amounts = story.amounts
    lines = [f"{_undone(step, step.apply(x))} = {x}" for step, x in zip(story.steps, amounts, strict=False)]
    return [*reversed(lines[1:]), lines[0].rpartition(" = ")[0]]


def _undone(step: Step, y: Fraction) -> str:
    shift = step.apply(Fraction(0))
    slope = step.apply(Fraction(1)) - shift
    text = f"{y} {'-' if shift > 0 else '+'} {abs(shift)}" if shift else str(y)
    if slope == 1:
        return text
    text = f"({text})" if shift else text
    text += f" * {slope.denominator}" if slope.denominator > 1 else ""
    return text + (f" / {slope.numerator}" if slope.numerator > 1 else "")


def told(story: Story) -> str:
    """Return the story in words."""
    first, end = (None, story.amounts[-1]) if story.backwards else (story.start, None)
    lines = sentences(first, story.steps, story.told, story.aside)
    return " ".join([*lines, *question(story.steps, story.told, end)])


def _steps(stream: Stream, start: int, count: int, bound: int, open_ended: bool) -> tuple[Step, ...] | None:
    """Return steps that cost `count` operations in all; None where a draw came to a dead end."""
    steps: list[Step] = []
    x, unit, left = start, "things", count
    while left:
        fitting = [name for name, one in OPERATIONS.items() if one.needs == unit and _fits(one, left, open_ended)]
        name = stream.choice(fitting)
        numbers = OPERATIONS[name].draw(stream, x, bound)
        if numbers is None:
            return None
        step = Step(name, numbers, stream.below(len(OPERATIONS[name].says)))
        y = step.apply(Fraction(x))
        if y.denominator != 1 or not 0 < y <= MAX_AMOUNT:
            return None
        steps.append(step)
        x, unit, left = int(y), OPERATIONS[name].gives, left - step.cost
    return tuple(steps)


def _fits(one: Operation, left: int, open_ended: bool) -> bool:
    """Whether an operation may come where so many calculations are left."""
    cost = one.arithmetic.cost
    return cost <= left and (not one.last or (left == cost and not open_ended))


def _story(stream: Stream, params: Params, open_ended: bool = False) -> Story:
    count, bound = int(params["steps"]), int(params["bound"])

    def draw(s: Stream) -> Story | None:
        start = s.integer(2, bound)
        steps = _steps(s, start, count, bound, open_ended)
        name, other = s.below(len(NAMES)), s.below(len(NAMES) - 1)
        told_by = (name, other + (other >= name), s.below(len(THINGS)), s.below(len(STARTS)), s.below(2), s.below(60))
        return Story(start, steps, told_by) if steps else None

    return stream.until(draw)


def _with_aside(stream: Stream, params: Params) -> Story:
    return replace(_story(stream, params), aside=stream.integer(2, 99))


def _backwards(stream: Stream, params: Params) -> Story:
    return replace(_story(stream, params, open_ended=True), backwards=True)


def _takes_work(story: Story, params: Params) -> bool:
    return story.result not in cheap_quantities(told(story), _combines(story)).values()


def _combines(story: Story) -> bool:
    """Whether adding or multiplying all numbers would be a guess: in a story of one step it may be the whole task."""
    return sum(step.cost for step in story.steps) > 1


def _other_number(stream: Stream, story: Story) -> tuple[Story, Carry]:
    """Return the story with one number changed where it stays sound; the answer changes by the difference."""

    def draw(s: Stream) -> Story | None:
        at = s.below(len(story.steps) + 1)
        if at == len(story.steps):
            changed = replace(story, start=max(2, story.start + s.integer(-40, 40)))
        else:
            step = story.steps[at]
            numbers = tuple(max(2, x + s.integer(-5, 5)) for x in step.numbers)
            changed = replace(story, steps=(*story.steps[:at], replace(step, numbers=numbers), *story.steps[at + 1 :]))
        return changed if changed.sound and changed.result != story.result else None

    other = stream.until(draw)
    difference = other.result - story.result
    return other, lambda answer: answer + difference


_PARAMETERS = {
    "steps": Whole(1, 12, "arithmetic operations"),
    "bound": Whole(10, 1_000, "of the first amount and of what is added"),
}
_TRANSFORMS: Mapping[str, Transform[Story]] = {
    "renumbered": Transform("one number changed: the answer changes accordingly", _other_number)
}

WORD_PROBLEM: Family[Story] = Family(
    name="word_problem",
    version=1,
    about="Stories with one number to find, made from templates and graded by their number of steps.",
    kinds={
        "story": Kind(
            "amounts that change step by step, then perhaps money",
            _PARAMETERS,
            _story,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"steps": 3, "bound": 60},
        ),
        "aside": Kind(
            "the same with one number that plays no part",
            _PARAMETERS,
            _with_aside,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"steps": 3, "bound": 60},
        ),
        "backwards": Kind(
            "the end is told, the beginning is asked for",
            {**_PARAMETERS, "steps": Whole(1, 8, "arithmetic operations")},
            _backwards,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"steps": 2, "bound": 60},
        ),
    },
    styles=styles("the question, then 'A:'", "hashes", "boxed", "last"),
    components=COMPONENTS,
    content=content_of,
    pose=WordProblem,
    in_numbers=frozenset({"story", "aside", "backwards"}),
)
