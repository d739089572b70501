"""What a problem is: one immutable question, or the first state of an episode."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from generators.errors import EpisodeOver
from generators.ids import ProblemId
from generators.verdict import Verdict

Reveal = Literal["answer", "worked", "noisy"]


@dataclass(frozen=True)
class Message:
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


class State(Protocol):
    """One moment of an episode: immutable, so that any replica may replay it."""

    @property
    def observation(self) -> str:
        """What the learner is shown at this moment."""

    @property
    def verdict(self) -> Verdict | None:
        """The judgement, or None while the episode goes on."""

    def step(self, action: str) -> "State":
        """Return the next state; pure. Raises `EpisodeOver` after a verdict."""


class Problem(State, Protocol):
    """The first state, regenerated from its id, with what the contract test needs to know about it."""

    @property
    def id(self) -> ProblemId:
        """The id this problem was made from."""

    @property
    def content(self) -> str:
        """The canonical mathematical object; it decides the split."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The question as chat messages; `observation` is the same as plain text."""

    @property
    def max_turns(self) -> int:
        """The number of actions after which the episode is over."""

    @property
    def guesses(self) -> Mapping[str, str]:
        """Completions by name that a lazy model makes; none earns partial credit."""

    def solution(self) -> tuple[str, ...]:
        """A list of actions that wins."""

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        """A completion to learn from: the bare answer, a worked one, or one that is wrong with probability `noise`."""

    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        """Judge a final completion; never raises on any text."""


@dataclass(frozen=True)
class Answered:
    """The state after the one turn of a question."""

    verdict: Verdict
    observation: str = ""

    def step(self, action: str) -> State:
        raise EpisodeOver("the question has been answered")


class Question(ABC):
    """A single-turn problem: one action, judged at once. A family supplies the rest of `Problem`."""

    max_turns = 1
    verdict: Verdict | None = None

    @abstractmethod
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        """See `Problem.judge`."""

    @abstractmethod
    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        """See `Problem.reveal`."""

    def step(self, action: str) -> State:
        return Answered(self.judge(action))

    def solution(self) -> tuple[str, ...]:
        return (self.reveal("answer"),)
