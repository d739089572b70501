"""Bodies of OpenEnv's protocol (github.com/meta-pytorch/OpenEnv, 0.3 to 0.10), as this server fills them in."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from envserver.messages import Name
from envserver.sample_wire import MessageOut, Slot
from generators.ids import MAX_LENGTH, Split


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Answer(_Strict):
    """What a learner says: the whole answer, or one turn of an episode.

    Over HTTP, where OpenEnv has no session, `problem_id` says to what, `history` what was said before, `curriculum`
    and `stage` how it is rewarded.
    """

    answer: str
    problem_id: str | None = Field(None, max_length=4 * MAX_LENGTH)
    history: list[str] = Field([], max_length=1_024)
    curriculum: Name | None = None
    stage: Name | None = None

    @field_validator("answer", mode="before")
    @classmethod
    def _as_it_was_said(cls, value: Any) -> Any:
        """Return a text: verifiers reads a reply that is JSON, as `[[1, 0], [0, 1]]` is, before it sends it."""
        return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    @property
    def out_of_session(self) -> bool:
        """Whether it says what a session knows."""
        return bool(self.history or self.curriculum or self.stage)


class Posed(_Strict):
    """What a learner sees: the question, or what its last turn has led to."""

    prompt: str
    messages: list[MessageOut] = []
    problem_id: str
    turns_left: int


class EpisodeState(_Strict):
    """Where an episode stands."""

    episode_id: str | None = None
    step_count: int = 0
    problem_id: str | None = None
    done: bool = False


class Reset(_Strict):
    """Which problem: by its id; or the one in the slot `seed` of a stage or family, the same for the same seed."""

    seed: Slot | None = None
    episode_id: Annotated[str, Field(max_length=128)] | None = None
    problem_id: str | None = Field(None, max_length=4 * MAX_LENGTH)
    curriculum: Name | None = None
    stage: Name | None = None
    family: Name | None = None
    params: dict[Name, int | Annotated[str, Field(max_length=64)]] | None = None
    split: Split = "train"
    style: Name | None = None


class Observed(_Strict):
    """A reply to `reset` or `step`; `reward` is null at a reset and where an episode goes on it is 0."""

    observation: Posed
    reward: float | None
    done: bool
    metadata: dict[str, Any] = {}


class StepBody(_Strict):
    """The body of `POST /step`."""

    action: Answer
    timeout_s: float | None = None
    request_id: str | None = None


class Schemas(_Strict):
    """The reply of `GET /schema`."""

    action: dict[str, Any]
    observation: dict[str, Any]
    state: dict[str, Any]


class Metadata(_Strict):
    """The reply of `GET /metadata`."""

    name: str = "echelon"
    description: str
    version: str = "0.1.0"


class Health(_Strict):
    """The reply of `GET /health`."""

    status: Literal["healthy"] = "healthy"
