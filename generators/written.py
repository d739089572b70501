"""A question with one written answer: where it stands, how it is compared, what a wrong one is worth."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from generators.answers.final import answer_blocks, bare_answer, follows_format, tagged_answer
from generators.errors import Unreadable
from generators.ids import ProblemId
from generators.problem import Message, Question, Reveal
from generators.stock import stock_answer
from generators.stream import Stream
from generators.verdict import Outcome, Verdict, answer_key, rescaled

SYSTEM = (
    "You solve mathematical problems exactly. First think between <think> and </think>, "
    "then give only the final answer between <answer> and </answer>."
)
FORMAT = "1 if the completion keeps the form its style asks for; not rescaled, since no guess is needed for it"

_CHAT = "messages; the answer stands between <answer> and </answer>, after thoughts between <think> and </think>"

MAX_ALTERNATIVES, MAX_PARTS = 8_000, 16  # characters and parts that are looked at for `this or that`

A = TypeVar("A")


def styles(bare: str) -> dict[str, str]:
    """Return the two styles of a written question; `bare` says how its few characters are laid out."""
    return {
        "chat": _CHAT,
        "bare": f"a few characters: {bare}; the answer is what follows the last '='",
    }


class Written(Question, Generic[A]):
    """A single-turn problem whose answer is a text that is read into an `A`.

    A family says how to ask, read, write and compare; the rest is the same for all: the tags, the outcomes, partial
    credit rescaled by the best cheap guess, the flags, noisy answers.
    """

    id: ProblemId
    components: ClassVar[Mapping[str, str]]

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
    def example(self) -> A:
        """What the `chat` question shows as an example of the form; copying it is a cheap guess."""

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

    def merit(self, given: A) -> Mapping[str, float]:
        """Return the components of a right answer that are not simply 1."""
        return {}

    @cached_property
    def as_written(self) -> A:
        """The right answer as it is read from its own text, where decimals are rounded."""
        return self._answer_of(self.reveal("answer"))

    @property
    def chat(self) -> bool:
        return self.id.layout == "chat"

    @property
    def messages(self) -> tuple[Message, ...]:
        if not self.chat:
            return (Message("user", self.short),)
        return Message("system", SYSTEM), Message("user", self.task)

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
        chat = self.chat
        flags = ("several_answers",) if chat and answer_blocks(completion) > 1 else ()
        try:
            if truncated and not chat:
                raise Unreadable("the answer was cut off")
            given = self._answer_of(completion)
        except Unreadable as error:
            outcome: Outcome = "truncated" if truncated else "malformed"
            found = dict.fromkeys((*flags, *error.flags, *self._alternatives(completion)))
            return Verdict(outcome, dict.fromkeys(self.components, 0.0), tuple(found), str(error))
        form = float(not chat or follows_format(completion))
        return self._judged(given, form, flags)

    def _answer_of(self, completion: str) -> A:
        return self.read(tagged_answer(completion) if self.chat else self.bare_part(completion))

    def bare_part(self, completion: str) -> str:
        """Return where a completion of the style `bare` keeps its answer: behind the last `=`."""
        return bare_answer(completion)

    def _alternatives(self, completion: str) -> tuple[str, ...]:
        """Return the flag of an unreadable answer that is several readable ones, joined by `or`."""
        parts = completion[-MAX_ALTERNATIVES:].replace("</answer>", "").rpartition("<answer>")[2].split(" or ")
        read = set()
        for part in parts[:MAX_PARTS] if len(parts) > 1 else ():
            with suppress(Unreadable):
                read.add(self.canonical(self.read(part)))
        return ("several_answers",) if len(read) > 1 else ()

    def _judged(self, given: A, form: float, flags: tuple[str, ...]) -> Verdict:
        key = answer_key(self.canonical(given))
        reason = self.fault(given)
        if not reason:
            full = {**dict.fromkeys(self.components, 1.0), **self.merit(given), "format": form}
            return Verdict("correct", full, flags, "", key)
        none = dict.fromkeys(self.components, 0.0)
        partial = {name: rescaled(value, self._floor[name], False) for name, value in self.measure(given).items()}
        flags += tuple(f"{name}_guess" for name, guess in self._cheap.items() if self.same(given, guess))
        return Verdict("incorrect", {**none, **partial, "format": form}, flags, reason, key)

    @cached_property
    def _cheap(self) -> Mapping[str, A]:
        """The family's guesses, the example that `chat` shows, and an answer that was learned by heart."""
        shown = {"example": self.example} if self.chat else {}
        return {**self.cheap, **shown, **stock_answer(self.id, self.content)}

    @cached_property
    def _floor(self) -> dict[str, float]:
        """The best that any cheap guess is worth, per component."""
        worth = [self.measure(guess) for guess in self._cheap.values()]
        return {name: max((one.get(name, 0.0) for one in worth), default=0.0) for name in self.components}

    def _completion(self, thought: str, answer: A) -> str:
        return self._framed(thought, self.write(answer))

    def _framed(self, thought: str, answer: str) -> str:
        if self.chat:
            return f"<think>{thought}</think>\n<answer>{answer}</answer>"
        return f"{thought}={answer}" if thought else answer

    def _mistaken(self, noise: float) -> A:
        """Return the answer or, with probability `noise`, a mistake."""
        stream = Stream(f"{self.id.key}/noisy")
        return self.right if stream.real() >= noise else self.mistake(stream)
