"""Rows as questions: one class per type of answer."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from generators.answer_types import WrittenQuantity
from generators.answers.choices import letter, read_choice
from generators.answers.equality import equal_expressions, readable_expression, same_form, shown_expressions
from generators.answers.final import last_words
from generators.answers.quantities import read_quantity
from generators.answers.texts import read_text
from generators.data_sets.rows import Row
from generators.draws import shuffled, sign
from generators.errors import Unreadable
from generators.family import Carry, Transform
from generators.ids import ProblemId
from generators.numbers.countdown import Countdown, Game
from generators.numbers.counting import winner_of
from generators.problem import Problem, Reveal
from generators.stream import Stream
from generators.written import FORMAT, Written

A = TypeVar("A")

COMPONENTS = {"correct": "1 if the answer is right", "format": FORMAT}


class _OfRow(Written[A]):
    """What all questions of rows share."""

    row: Row
    components = COMPONENTS

    @property
    def content(self) -> str:
        return self.row.content

    @property
    def example(self) -> None:
        return None

    @property
    def thought(self) -> str:
        return self.row.worked

    def measure(self, given: A) -> Mapping[str, float]:
        return {}

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        if how == "noisy":  # a wrong answer behind a right solution would teach not to look at it
            return self._framed("", self.write(self._mistaken(noise)))
        return super().reveal(how, noise)


@dataclass(frozen=True)
class NumberRow(_OfRow[Fraction], WrittenQuantity):
    """A question whose answer is a number with or without a unit."""

    id: ProblemId
    row: Row

    @property
    def asked(self) -> str:
        return self.row.question

    @cached_property
    def right(self) -> Fraction:
        return read_quantity(self.row.answer, self.row.question)

    def mistake(self, stream: Stream) -> Fraction:
        return self.right + sign(stream) * stream.choice((1, 2, 5, 10, 100))


class _InWords(_OfRow[A]):
    """A question in words with a hint at what the answer looks like."""

    hint = ""

    def final_part(self, completion: str) -> str:
        """Return what a completion of the layout `last` ends with: here it need not be a number."""
        return last_words(completion) if self.id.layout == "last" else super().final_part(completion)

    @property
    def task(self) -> str:
        return f"{self.row.question}\n\n{self.hint}" if self.hint else self.row.question

    @property
    def short(self) -> str:
        return f"{self.row.question}\nA:"


@dataclass(frozen=True)
class ChoiceRow(_InWords[int]):
    """A question with lettered choices."""

    id: ProblemId
    row: Row
    role = "You answer questions."
    hint = "Answer with the letter of one choice."

    @cached_property
    def right(self) -> int:
        return int(self.row.answer)

    @property
    def task(self) -> str:
        return f"{self.row.question}\n\n{self._lettered}\n\n{self.hint}"

    @property
    def short(self) -> str:
        return f"{self.row.question}\n{self._lettered}\nA:"

    @property
    def _lettered(self) -> str:
        return "\n".join(f"{letter(at)}) {choice}" for at, choice in enumerate(self.row.choices))

    @property
    def cheap(self) -> Mapping[str, int]:
        lengths = [len(choice) for choice in self.row.choices]
        return {
            "first": 0,
            "last": len(lengths) - 1,
            "longest": lengths.index(max(lengths)),
            "shortest": lengths.index(min(lengths)),
        }

    def read(self, text: str) -> int:
        return read_choice(text, self.row.choices)

    def write(self, answer: int) -> str:
        return letter(answer)

    def has(self, other: int) -> bool:
        return other < len(self.row.choices)

    def canonical(self, answer: int) -> str:
        return letter(answer)

    def fault(self, given: int) -> str:
        return "" if given == self.right else "that is not the right choice"

    def mistake(self, stream: Stream) -> int:
        return (self.right + stream.integer(1, len(self.row.choices) - 1)) % len(self.row.choices)


class _AsWritten(_InWords[str]):
    """A question whose answer is a text, given as the row has it."""

    @property
    def bare_is_whole(self) -> bool:  # type: ignore[override]
        """Whether the answer holds a `=`, as `x = 1` does; working stands before the others."""
        return "=" in self.row.answer

    @cached_property
    def right(self) -> str:
        return self.row.answer

    def write(self, answer: str) -> str:
        return answer

    def _readable(self, guesses: Mapping[str, str]) -> dict[str, str]:
        """Return those that are answers at all: what a question shows may be a gap, or half a formula."""
        found = {}
        for name, guess in guesses.items():
            with suppress(Unreadable):
                self.canonical(guess)
                found[name] = guess
        return found


@dataclass(frozen=True)
class TextRow(_AsWritten):
    """A question whose answer is a few words, one of those that the row accepts."""

    id: ProblemId
    row: Row
    role = "You answer questions."
    hint = "Answer with a word or a short phrase."

    @property
    def cheap(self) -> Mapping[str, str]:
        words = [word for word in self.row.question.split() if word.strip("?.!,;:")]
        shown = {"first_word": words[0], "last_word": words[-1].strip("?.!,;:")} if words else {}
        return {"yes": "yes", "no": "no", "unknown": "unknown", **self._readable(shown)}

    def read(self, text: str) -> str:
        return read_text(text)

    def canonical(self, answer: str) -> str:
        return read_text(answer)

    def same(self, given: str, other: str) -> bool:
        return given == read_text(other)

    def fault(self, given: str) -> str:
        accepted = {read_text(text) for text in (self.row.answer, *self.row.choices)}
        return "" if given in accepted else "that is none of the accepted answers"

    def mistake(self, stream: Stream) -> str:
        return stream.choice(("none of these", "it depends", "nobody knows"))


@dataclass(frozen=True)
class ExpressionRow(_AsWritten):
    """A question whose answer is a mathematical expression."""

    id: ProblemId
    row: Row

    @property
    def cheap(self) -> Mapping[str, str]:
        shown = shown_expressions(self.row.question)
        copied = {"copied": max(shown, key=len)} if shown else {}
        return {
            "zero": "0",
            "one": "1",
            "two": "2",
            "minus_one": "-1",
            "x": "x",
            "pi": r"\pi",
            **self._readable(copied),
        }

    def read(self, text: str) -> str:
        return readable_expression(text)

    def canonical(self, answer: str) -> str:
        return readable_expression(answer).replace(" ", "")

    def same(self, given: str, other: str) -> bool:
        return self.canonical(given) == self.canonical(other)

    def fault(self, given: str) -> str:
        if not equal_expressions(self.row.answer, given):
            return "that is not equal to the right answer"
        if self._shown_already and not same_form(self.row.answer, given):
            return "an expression of the question is not in the form asked for"
        return ""

    @cached_property
    def _shown_already(self) -> bool:
        """Whether the question shows an expression equal to the answer, to be brought into another form."""
        shown = [one for one in shown_expressions(self.row.question) if not same_form(self.row.answer, one)]
        return any(equal_expressions(self.row.answer, one) for one in shown)

    def mistake(self, stream: Stream) -> str:
        return stream.choice((f"{self.row.answer} + 1", f"2({self.row.answer})", f"-({self.row.answer}) - 1"))


def _game(problem_id: ProblemId, row: Row) -> Problem:
    numbers = tuple(map(int, row.choices))
    return Countdown(problem_id, Game(numbers, int(row.answer), winner_of(numbers, int(row.answer))))


POSES: Mapping[str, Callable[[ProblemId, Row], Problem]] = {
    "number": NumberRow,
    "choice": ChoiceRow,
    "text": TextRow,
    "expression": ExpressionRow,
    "countdown": _game,
}


def _rearranged(stream: Stream, row: Row) -> tuple[Row, Carry]:
    """Return the row with its choices in another order; a choice is found again by its text."""
    order = shuffled(stream, len(row.choices))
    places = {old: new for new, old in enumerate(order)}
    moved = Row(
        row.question,
        str(places[int(row.answer)]),
        tuple(row.choices[old] for old in order),
        row.worked,
        row.steps,
    )
    return moved, lambda answer: places[answer]


REARRANGED: Mapping[str, Transform[Row]] = {
    "rearranged": Transform("the choices in another order: the letter changes, the choice does not", _rearranged)
}
