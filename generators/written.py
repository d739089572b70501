"""A question with one written answer: where it stands, how it is compared, what a wrong one is worth."""

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from generators.errors import Overtaxed, Unreadable
from generators.ids import ProblemId
from generators.layouts import LAYOUTS, Layout
from generators.problem import Message, Question, Reveal
from generators.stock import stock_answer
from generators.stream import Stream
from generators.verdict import FORM, Outcome, Verdict, answer_key, rescaled

FORMAT = "1 if the completion keeps the form its style asks for; not rescaled, since no guess is needed for it"

_OR = re.compile(r",? \b(?:or|oder|ou|to|possibly|maybe|perhaps)\b ")
MAX_ALTERNATIVES, MAX_UNMARKED, MAX_PARTS = 8_000, 400, 16  # characters and parts that are looked at for `this or that`

_TRIES = 64  # mistakes that are drawn for a wrong one

A = TypeVar("A")


class Written(Question, Generic[A]):
    """A single-turn problem whose answer is a text that is read into an `A`.

    A family says how to ask, read, write and compare; the rest is the same for all: the tags, the outcomes, partial
    credit rescaled by the best cheap guess, the flags, noisy answers.
    """

    id: ProblemId
    components: ClassVar[Mapping[str, str]]
    form: ClassVar[frozenset[str]] = FORM
    role: ClassVar[str] = "You solve mathematical problems exactly."
    bare_is_whole: ClassVar[bool] = False
    """Whether an answer of the style `bare` may hold a `=` of its own, so that no working can stand before one."""

    @property
    @abstractmethod
    def content(self) -> str:
        """See `Problem.content`."""

    @property
    @abstractmethod
    def task(self) -> str:
        """The question of the style `chat`, with the form of the answer."""

    @property
    @abstractmethod
    def short(self) -> str:
        """The question of the style `bare`."""

    @property
    @abstractmethod
    def right(self) -> A:
        """A right answer; the only one, where `fault` compares."""

    @property
    @abstractmethod
    def cheap(self) -> Mapping[str, A]:
        """Answers by name that need no work; they earn nothing, and what they solve is not drawn."""

    @property
    @abstractmethod
    def example(self) -> A | None:
        """What the `chat` question shows as an example of the form, if it does; copying it is a cheap guess."""

    @abstractmethod
    def read(self, text: str) -> A:
        """Read an answer; raises `Unreadable`."""

    @abstractmethod
    def write(self, answer: A) -> str:
        """Write an answer in the problem's style."""

    @abstractmethod
    def canonical(self, answer: A) -> str:
        """Return a text that is equal for equal answers."""

    @abstractmethod
    def fault(self, given: A) -> str:
        """Return why an answer is wrong, or "" for a right one; never states a right one."""

    @abstractmethod
    def measure(self, given: A) -> Mapping[str, float]:
        """Return the partial credit of a wrong answer by component, not rescaled; {} where nothing can be compared."""

    @abstractmethod
    def mistake(self, stream: Stream) -> A:
        """Return a typical wrong answer."""

    @property
    def thought(self) -> str:
        """The working that a worked answer shows before its result; it never states the result."""
        return ""

    def same(self, given: A, other: A) -> bool:
        """Whether two answers are equal; the same as equal canonical texts."""
        return given == other

    def has(self, other: A) -> bool:
        """Whether the answer to another problem of the family can be an answer here at all."""
        return True

    def merit(self, given: A) -> Mapping[str, float]:
        """Return the components of a right answer that are not simply 1."""
        return {}

    def signs(self, given: A) -> tuple[str, ...]:
        """Return the flags of an answer that was read, right or wrong, beside those that every family has."""
        return ()

    @cached_property
    def as_written(self) -> A:
        """The right answer as it is read from its own text, where decimals are rounded."""
        return self._answer_of(self.reveal("answer"))

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.id.layout]

    @property
    def in_full(self) -> bool:
        """Whether question and answer are written out, not in a few characters."""
        return self.layout.in_full

    @property
    def messages(self) -> tuple[Message, ...]:
        if not self.in_full:
            return (Message("user", self.short),)
        return Message("system", f"{self.role} {self.layout.asks}"), Message("user", self.task)

    @property
    def observation(self) -> str:
        return "\n\n".join(message.content for message in self.messages)

    @cached_property
    def guesses(self) -> Mapping[str, str]:
        written = {name: self._completion("", guess) for name, guess in self._cheap.items()}
        together = " or ".join(self.write(guess) for guess in self._cheap.values())
        return {**written, "empty": self._framed("", ""), "all_at_once": self._framed("", together)}

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        if how == "answer":
            return self._completion("", self.right)
        return self._completion(self.thought, self._mistaken(noise) if how == "noisy" else self.right)

    def carried(self, completion: str, carry: Callable[[Any], Any]) -> str:
        """Return a completion whose answer is what `carry` makes of this one's; raises `Unreadable`."""
        return self._completion("", carry(self._answer_of(completion)))

    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        layout = self.layout
        flags = ("several_answers",) if self._different(layout.marked(completion)) else ()
        try:
            if truncated and not layout.closes:
                raise Unreadable("the answer was cut off")
            given = self._answer_of(completion)
        except Unreadable as error:
            outcome: Outcome = "truncated" if truncated else "malformed"
            found = dict.fromkeys((*flags, *error.flags, *self._alternatives(completion)))
            return Verdict(outcome, dict.fromkeys(self.components, 0.0), tuple(found), str(error))
        return self._judged(given, completion, flags)

    def _answer_of(self, completion: str) -> A:
        return self.read(self.final_part(completion))

    def final_part(self, completion: str) -> str:
        """Return where a completion keeps its answer, as its layout has it; raises `Unreadable`."""
        return completion if self._all_is_answer else self.layout.find(completion)

    @property
    def _all_is_answer(self) -> bool:
        return self.bare_is_whole and not self.in_full

    def _different(self, marked: Sequence[str]) -> bool:
        """Whether what a completion marks as its answer is not the same every time."""
        if len(marked) < 2:
            return False
        said = set()
        for text in marked[-MAX_PARTS:]:
            try:
                said.add(self.canonical(self.read(text)))
            except Unreadable:
                said.add(" ".join(text.split()))
        return len(said) > 1

    def _alternatives(self, completion: str) -> tuple[str, ...]:
        """Return the flag of a wrong or unreadable answer that is several readable ones, joined by `or`."""
        # A sentence of working may hold `to` and `or` too: without a place for the answer only a short text is one.
        said = completion if len(completion) <= MAX_UNMARKED else ""
        with suppress(Unreadable):
            said = self.final_part(completion)[-MAX_ALTERNATIVES:]
        parts = _OR.split(said.rpartition("<answer>")[2]) if " " in said else ()
        read = set()
        for part in parts[:MAX_PARTS] if len(parts) > 1 else ():
            with suppress(Unreadable):
                read.add(self.canonical(self.read(part)))
        return ("several_answers",) if len(read) > 1 else ()

    def _judged(self, given: A, completion: str, flags: tuple[str, ...]) -> Verdict:
        form = float(self.layout.follows(completion))
        key = answer_key(self.canonical(given))
        none = dict.fromkeys(self.components, 0.0)
        try:
            flags += self.signs(given)
            if not (reason := self.fault(given)):
                full = {**dict.fromkeys(self.components, 1.0), **self.merit(given), "format": form}
                return Verdict("correct", full, flags, "", key)
            measured = self.measure(given).items()
            partial = {name: v if name in self.form else rescaled(v, self._floor[name], False) for name, v in measured}
        except Overtaxed as error:
            return Verdict("incorrect", {**none, "format": form}, (*flags, *error.flags), str(error), key)
        flags += tuple(f"{name}_guess" for name, guess in self._cheap.items() if self.same(given, guess))
        found = tuple(dict.fromkeys((*flags, *self._alternatives(completion))))
        return Verdict("incorrect", {**none, **partial, "format": form}, found, reason, key)

    @cached_property
    def _cheap(self) -> Mapping[str, A]:
        """The family's guesses, the example that `chat` shows, and an answer that was learned by heart."""
        example = self.example if self.in_full else None
        shown = {"example": example} if example is not None else {}
        stock = {name: answer for name, answer in stock_answer(self.id, self.content).items() if self.has(answer)}
        return {**self.cheap, **shown, **stock}

    @cached_property
    def _floor(self) -> dict[str, float]:
        """The best that any cheap guess is worth, per component."""
        worth = [self.measure(guess) for guess in self._cheap.values()]
        return {name: max((one.get(name, 0.0) for one in worth), default=0.0) for name in self.components}

    def _completion(self, thought: str, answer: A) -> str:
        return self._framed(thought, self.write(answer))

    def _framed(self, thought: str, answer: str) -> str:
        return self.layout.frame("" if self._all_is_answer else thought, answer)

    def _mistaken(self, noise: float) -> A:
        """Return the answer or, with probability `noise`, a mistake: one that is right is drawn again."""
        stream = Stream(f"{self.id.key}/noisy")
        if stream.real() >= noise:
            return self.right
        for _ in range(_TRIES):
            wrong = self.mistake(stream)
            with suppress(Overtaxed):
                if not self.fault(wrong):
                    continue
            return wrong
        raise Unreadable("every mistake of this problem is right")
