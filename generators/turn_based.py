"""Problems that are solved action by action: an immutable state, a pure `step`, one judgement at the end.

A family says what a state is, how an action is read and applied, and what a state is worth; the rest is the same for
all: turns, refusals, tools, the verdict. An action that cannot be read or applied costs a turn and changes nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from generators.answers.turns import Call, last_action
from generators.errors import EpisodeOver, GeneratorError, Unreadable
from generators.ids import ProblemId
from generators.layouts import LAYOUTS, Layout
from generators.problem import Message, Reveal
from generators.stream import Stream
from generators.verdict import Outcome, Verdict, answer_key

COMPONENTS = {
    "correct": "1 if the goal is reached within the turns",
    "progress": "share of the work that is done at the end, as the standard method counts it; below 1 until all is",
    "economy": "actions of a standard method / actions taken, at most 1, where the goal is reached",
    "legal": "share of actions that could be read and applied, where there is progress",
}
MAX_ACTION = 4_000  # characters of a turn that are looked at
_MAX_ARGUMENT = 100  # characters
_CIRCLES = 2  # times that a state may come back before it is a sign

S = TypeVar("S")
A = TypeVar("A")


class Illegal(GeneratorError):
    """An action that may not be applied; the message is a short stable sentence."""


@dataclass(frozen=True)
class Tool:
    """An action as a function: its arguments in order, each as JSON Schema, and how it is said as text."""

    name: str
    about: str
    parameters: Mapping[str, Mapping[str, object]]
    says: str

    def schema(self) -> dict[str, object]:
        """Describe the tool as OpenAI's and most others' tool calls have it."""
        parameters = {
            "type": "object",
            "properties": {name: dict(schema) for name, schema in self.parameters.items()},
            "required": list(self.parameters),
            "additionalProperties": False,
        }
        function = {"name": self.name, "description": self.about, "parameters": parameters}
        return {"type": "function", "function": function}

    def said(self, arguments: Mapping[str, object]) -> str:
        """Return a call as text; raises `Illegal` where it lacks an argument or has another."""
        if set(arguments) != set(self.parameters):
            raise Illegal(f"{self.name} takes {', '.join(self.parameters) or 'no argument'}")
        return self.says.format(**{name: _plain(value) for name, value in arguments.items()})


def _plain(value: object) -> str:
    """Return an argument as it stands in a text: 2.0 is 2, and what is no number or name of one is not let in."""
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(text.splitlines()) != 1:
        raise Illegal("an argument is a number")
    if len(text) > _MAX_ARGUMENT:
        raise Illegal("an argument is too long")
    return text


class TurnBased(ABC, Generic[S, A]):
    """A problem of several turns, and the first moment of its episode."""

    id: ProblemId
    components: ClassVar[Mapping[str, str]] = COMPONENTS
    tools: ClassVar[Sequence[Tool]] = ()
    verdict: Verdict | None = None

    @property
    @abstractmethod
    def content(self) -> str:
        """See `Problem.content`."""

    @property
    @abstractmethod
    def start(self) -> S:
        """The state before the first action; states can be compared and hashed."""

    @property
    @abstractmethod
    def task(self) -> str:
        """The question of the style `chat`, with the actions there are."""

    @property
    @abstractmethod
    def short(self) -> str:
        """The question of the style `bare`."""

    @property
    @abstractmethod
    def way(self) -> tuple[A, ...]:
        """Actions of a standard method that lead to the goal, at most as many as there are turns."""

    @property
    def standard(self) -> int:
        """The number of actions that a standard method takes, against which those that were taken are held."""
        return len(self.way)

    @abstractmethod
    def read(self, text: str) -> A:
        """Read an action; raises `Unreadable`."""

    @abstractmethod
    def applied(self, action: A, state: S) -> S:
        """Return the state after an action; raises `Illegal`."""

    @abstractmethod
    def reached(self, state: S) -> bool:
        """Whether a state is the goal."""

    @abstractmethod
    def progress(self, state: S) -> float:
        """Return which share of the work is done at a state, at most 1; 0 or less at the start."""

    @abstractmethod
    def shown(self, state: S, full: bool) -> str:
        """Return what is said of a state after an action, in `chat` or in a few characters."""

    @abstractmethod
    def lazy(self) -> Mapping[str, tuple[A, ...]]:
        """Actions by name that need no work; none makes progress."""

    @abstractmethod
    def slip(self, stream: Stream, state: S) -> A:
        """Return a typical wrong action at a state."""

    @property
    def max_turns(self) -> int:
        return int(dict(self.id.params)["turns"])

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.id.layout]

    @property
    def in_full(self) -> bool:
        """Whether it is asked in sentences."""
        return self.layout.in_full

    @property
    def messages(self) -> tuple[Message, ...]:
        if not self.in_full:
            return (Message("user", self.short),)
        asks = "Answer each time with one action only, or call one tool; you are then shown what came of it."
        return Message("system", f"You solve problems step by step. {asks}"), Message("user", self.task)

    @property
    def observation(self) -> str:
        return "\n\n".join(message.content for message in self.messages)

    @cached_property
    def guesses(self) -> Mapping[str, str]:
        written = {name: "\n".join(map(str, actions)) for name, actions in self.lazy().items()}
        return {**written, "empty": "", "talk": "I do not know."}

    def solution(self) -> tuple[str, ...]:
        return tuple(map(str, self.way))

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        return "\n".join(self.revealed(how, noise))

    def revealed(self, how: Reveal, noise: float = 0.0) -> tuple[str, ...]:
        """Return actions to learn from; of `noisy` ones each is a slip with that chance, up to the last turn."""
        if how != "noisy":
            return self.solution()
        stream = Stream(f"{self.id.key}/noisy")
        actions: list[str] = []
        state, ahead = self.start, self.way
        for _ in range(self.max_turns):
            slips = stream.real() < noise
            action = self.slip(stream, state) if slips else ahead[0]
            actions.append(str(action))
            state = self.applied(action, state)
            if self.reached(state):
                break
            ahead = self.after(action, state, ahead) if slips else ahead[1:]
        return tuple(actions)

    @abstractmethod
    def after(self, slip: A, state: S, ahead: tuple[A, ...]) -> tuple[A, ...]:
        """Return actions to the goal from the state after a slip, where `ahead` would have led there before."""

    def step(self, action: str) -> "Moment[S, A]":
        return Moment(self, self.start).step(action)

    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        """Judge a whole completion: its lines are actions, and what they have reached at its end counts."""
        at: Moment[S, A] = Moment(self, self.start)
        for line in filter(str.strip, completion.splitlines()):
            if (verdict := at.verdict) is not None:
                return verdict  # lines behind the end are not looked at
            at = at.step(line)
        return at.verdict or at.stopped("truncated" if truncated else "incorrect")

    def said(self, call: Call) -> str:
        """Return a tool call as the text of an action; raises `Illegal` for what is none of the tools."""
        tool = next((tool for tool in self.tools if tool.name == call.name), None)
        if tool is None:
            raise Illegal(f"the tools are {', '.join(tool.name for tool in self.tools)}")
        return tool.said(call.arguments)


@dataclass(frozen=True)
class Moment(Generic[S, A]):
    """One moment of an episode: where it stands and what it took to get there."""

    problem: TurnBased[S, A]
    state: S
    turns: int = 0
    legal: int = 0
    refusal: str = ""  # why the last action changed nothing
    seen: tuple[S, ...] = ()  # the states before

    @property
    def observation(self) -> str:
        full = self.problem.in_full
        if self.verdict is not None:
            return "The goal is reached." if self.problem.reached(self.state) else "There are no turns left."
        shown = self.problem.shown(self.state, full)
        if not self.refusal:
            return shown
        return f"Nothing is changed: {self.refusal}. {shown}" if full else f"!{shown}"

    @property
    def verdict(self) -> Verdict | None:
        if self.problem.reached(self.state):
            return self._judged("correct")
        return self._judged("out_of_turns") if self.turns >= self.problem.max_turns else None

    def step(self, action: str) -> "Moment[S, A]":
        if self.verdict is not None:
            raise EpisodeOver("the episode is over")
        after = replace(self, turns=self.turns + 1, refusal="", seen=(*self.seen, self.state))
        try:
            given = self.problem.read(self._text(action[-MAX_ACTION:]))
            return replace(after, state=self.problem.applied(given, self.state), legal=self.legal + 1)
        except (Unreadable, Illegal) as error:
            return replace(after, refusal=str(error))

    def _text(self, action: str) -> str:
        found = last_action(action)
        return self.problem.said(found) if isinstance(found, Call) else found

    def stopped(self, outcome: Outcome) -> Verdict:
        """Judge an episode that was broken off here."""
        return self.verdict or self._judged(outcome)

    def _judged(self, outcome: Outcome) -> Verdict:
        done = outcome == "correct"
        progress = 1.0 if done else min(0.99, max(0.0, self.problem.progress(self.state)))
        components = {
            "correct": float(done),
            "progress": progress,
            "economy": min(1.0, self.problem.standard / max(1, self.turns)) if done else 0.0,
            "legal": self.legal / self.turns if self.turns and progress > 0 else 0.0,
        }
        reason = "" if done else _REASONS.get(outcome, "the goal is not reached")
        return Verdict(outcome, components, () if done else self._signs(progress), reason, answer_key(repr(self.state)))

    def _signs(self, progress: float) -> tuple[str, ...]:
        circles = self.turns > 0 and self.seen.count(self.state) >= _CIRCLES
        found = {
            "gave_up": self.legal == 0,
            "in_circles": circles,
            "no_progress": progress == 0,
        }
        return tuple(name for name, shown in found.items() if shown)


_REASONS = {"out_of_turns": "the turns are used up", "truncated": "the episode was cut off"}
