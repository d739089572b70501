"""The short way to a family of one's own: a question in words whose answer is one number.

    FAMILY = number_family("common_divisor", "Find the greatest ...", Asked(draw, ask, answer),
                           parameters={"bound": Whole(5, 1_000, "of the factors")}, example={"bound": 60})

Ids, splits, reading of answers, outcomes, signs of gaming and guesses that earn nothing come with it. Who wants more
kinds, partial credit, matrices or episodes writes a `Family` (generators/family.py), as all of ours are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from generators.answer_types import WrittenQuantity, cheap_quantities
from generators.family import Family, Kind
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import Parameter, Params
from generators.splits import text_digest
from generators.stream import Stream
from generators.written import FORMAT

COMPONENTS = {"correct": "1 if it is that number", "format": FORMAT}


@dataclass(frozen=True)
class NumberQuestion(WrittenQuantity):
    """One question with its answer."""

    id: ProblemId
    text: str
    number: Fraction
    key: str
    components = COMPONENTS

    @property
    def content(self) -> str:
        return self.key

    @property
    def asked(self) -> str:
        return self.text

    @property
    def right(self) -> Fraction:
        return self.number

    def mistake(self, stream: Stream) -> Fraction:
        slips = (self.right + 1, self.right - 1, 2 * self.right + 1, *self.cheap.values())
        return stream.choice([x for x in slips if x != self.right])


@dataclass(frozen=True)
class Asked:
    """What is asked: `draw` draws from a stream what `ask` puts into words and `answer` answers.

    Two draws that are the `same` are one problem, in one split: by default those that are asked in the same words.
    """

    draw: Callable[[Stream, Params], Any]
    ask: Callable[[Any], str]
    answer: Callable[[Any], int | Fraction]
    same: Callable[[Any], object] | None = None


def number_family(
    name: str, about: str, asked: Asked, parameters: Mapping[str, Parameter], example: Params, version: int = 1
) -> Family[Any]:
    """Return a family of one kind; `example` gives every parameter a typical value.

    Draws whose answer is a number of the question, or all of these added or multiplied, are not used: who guesses them
    earns nothing.
    """
    ask, answer, same = asked.ask, asked.answer, asked.same

    def content(drawn: Any) -> str:
        return f"{name}:{text_digest(ask(drawn)) if same is None else same(drawn)}"

    def takes_work(drawn: Any, params: Params) -> bool:
        return Fraction(answer(drawn)) not in cheap_quantities(ask(drawn)).values()

    def pose(id: ProblemId, drawn: Any) -> NumberQuestion:
        return NumberQuestion(id, ask(drawn), Fraction(answer(drawn)), content(drawn))

    return Family(
        name=name,
        version=version,
        about=about,
        kinds={"": Kind(about, parameters, asked.draw, takes_work, example=example)},
        styles=styles("the question, then 'A:'; the answer follows"),
        components=COMPONENTS,
        content=content,
        pose=pose,
    )
