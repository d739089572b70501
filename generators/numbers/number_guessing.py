"""The family `number_guessing`: find a number by guesses that are answered `higher` or `lower`.

Q: I think of a number from 1 to 1000. Guess it.
A: <answer>guess 500</answer>
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

from generators.errors import BadId, Unreadable
from generators.family import Family, Kind
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.turn_based import COMPONENTS, Illegal, Tool, TurnBased

MAX_NUMBER = 1_000_000
_GUESS = re.compile(r"(?:(?:my |i )?guess(?: is)?|is it)?[ :(]*([0-9]{1,9})[ .?!)]*", re.IGNORECASE)


@dataclass(frozen=True)
class Interval:
    """What is known after some guesses: the number is neither below `low` nor above `high`; `last` was guessed last."""

    low: int
    high: int
    last: int = 0


@dataclass(frozen=True)
class Guess:
    number: int

    def __str__(self) -> str:
        return f"guess {self.number}"


@dataclass(frozen=True)
class Thought:
    """A number, and up to which it was chosen."""

    number: int
    most: int


def content_of(thought: Thought) -> str:
    """Return `guessing:1000:371`."""
    return f"guessing:{thought.most}:{thought.number}"


@dataclass(frozen=True)
class NumberGuessing(TurnBased[Interval, Guess]):
    """A number to be found."""

    id: ProblemId
    thought: Thought
    components = COMPONENTS
    tools = (
        Tool(
            "guess",
            "Guess the number.",
            {"number": {"type": "integer", "minimum": 1, "description": "the guess"}},
            "guess {number}",
        ),
    )

    @property
    def content(self) -> str:
        return content_of(self.thought)

    @property
    def start(self) -> Interval:
        return Interval(1, self.thought.most)

    @property
    def way(self) -> tuple[Guess, ...]:
        return self._bisection(self.start)

    @property
    def standard(self) -> int:
        """The guesses that bisection needs at most, however it rounds."""
        return self.thought.most.bit_length()

    def after(self, slip: Guess, state: Interval, ahead: tuple[Guess, ...]) -> tuple[Guess, ...]:
        return self._bisection(state)

    def _bisection(self, state: Interval) -> tuple[Guess, ...]:
        guesses = []
        while not self.reached(state):
            guesses.append(Guess((state.low + state.high) // 2))
            state = self.applied(guesses[-1], state)
        return tuple(guesses)

    @property
    def task(self) -> str:
        return (
            f"I think of an integer from 1 to {self.thought.most}. Find it within {self.max_turns} guesses; each time "
            "I say whether it is higher or lower. Guess by `guess n`, one guess at a time."
        )

    @property
    def short(self) -> str:
        return f"1-{self.thought.most}?"

    def read(self, text: str) -> Guess:
        found = _GUESS.fullmatch(re.sub(r"[*`\"]|(?<=[0-9]),(?=[0-9]{3})", "", text).strip())
        if found is None:
            raise Unreadable("a guess is written guess n")
        return Guess(int(found[1]))

    def applied(self, action: Guess, state: Interval) -> Interval:
        given, number = action.number, self.thought.number
        if not 1 <= given <= self.thought.most:
            raise Illegal("the number is not in the range")
        low = max(state.low, given + (given < number)) if given <= number else state.low
        high = min(state.high, given - (given > number)) if given >= number else state.high
        return Interval(low, high, given)

    def reached(self, state: Interval) -> bool:
        return state.last == self.thought.number

    def progress(self, state: Interval) -> float:
        """Return the share of the bits that are known."""
        return 1 - log2(state.high - state.low + 1) / log2(self.thought.most)

    def shown(self, state: Interval, full: bool) -> str:
        if not state.last:
            return f"It is from 1 to {self.thought.most}." if full else self.short
        higher = state.last < self.thought.number
        return f"It is {'higher' if higher else 'lower'} than {state.last}." if full else f"{'+' if higher else '-'}?"

    def lazy(self) -> Mapping[str, tuple[Guess, ...]]:
        far = self.thought.most + 1
        return {"out_of_range": (Guess(far), Guess(far), Guess(far)), "zero": (Guess(0), Guess(0), Guess(0))}

    def slip(self, stream: Stream, state: Interval) -> Guess:
        return Guess(stream.integer(1, self.thought.most))


def _draw(stream: Stream, params: Params) -> Thought:
    most = int(params["most"])
    return Thought(stream.integer(1, most), most)


def _check(params: Params) -> None:
    if int(params["turns"]) < int(params["most"]).bit_length():
        raise BadId("parameters", "there are fewer turns than bisection may need")


NUMBER_GUESSING: Family[Thought] = Family(
    name="number_guessing",
    turns=True,
    version=1,
    about="Find a number by guesses that are answered higher or lower.",
    kinds={
        "": Kind(
            "a number from 1 to a bound",
            {"most": Whole(16, MAX_NUMBER, "largest number"), "turns": Whole(4, 64, "guesses")},
            _draw,
            check=_check,
            example={"most": 1_000, "turns": 14},
        )
    },
    styles=styles("the range and '?'; each answer is '+?' for higher or '-?' for lower"),
    components=COMPONENTS,
    content=content_of,
    pose=NumberGuessing,
)
