"""Requests and replies of `/sample`: which problems, and what is asked in them; and how an error is told."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from curricula.progress import Progress
from envserver.messages import Name
from generators.ids import MAX_SEED, Split
from generators.problem import Reveal

MAX_SLOTS = 1_024

Slot = Annotated[int, Field(ge=0, lt=MAX_SEED)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorBody(_Strict):
    """What went wrong with a request, or with one item of a batch."""

    status: int
    code: str
    message: str
    part: str | None = None


class MessageOut(_Strict):
    role: Literal["system", "user", "assistant", "tool"]
    content: str


class SampleRequest(_Strict):
    """A batch of problems: from a curriculum (with the learner's progress), or from a family and parameters."""

    curriculum: Name | None = Field(None, description="name or name@digest")
    progress: Progress | None = Field(None, description="where the learner stands; none means the beginning")
    family: Name | None = Field(None, description="name@version, with params, instead of a curriculum")
    params: dict[Name, int | Annotated[str, Field(max_length=64)]] | None = None
    split: Split = "train"
    seed: Slot = Field(0, description="the run's seed; dev and test slots index fixed pools and do not read it")
    slots: Annotated[list[Slot], Field(fail_fast=True)] = Field(min_length=1, max_length=MAX_SLOTS)
    pooled: bool = Field(False, description="let train slots index a fixed pool too, as a look at a tiny stage asks")
    stage: Name | None = Field(None, description="instead of the policy's choice; dev without it means the frontier")
    style: Name | None = None
    reveal: Reveal | None = Field(None, description="needs the server's permission; refused on dev and test")
    noise: FiniteFloat = Field(0.0, ge=0, le=1, description="share of wrong answers among `noisy` ones")


class ProblemOut(_Strict):
    """One problem; `prompt` is the messages as plain text."""

    slot: int | None = None
    id: str
    stage: str | None = None
    messages: list[MessageOut] = []
    prompt: str = ""
    tools: list[dict[str, object]] = []
    max_turns: int = 1
    revealed: str | None = None
    revealed_actions: list[str] | None = Field(None, description="of a problem of several turns, one per turn")
    error: ErrorBody | None = None


class SampleReply(_Strict):
    curriculum: str | None
    problems: list[ProblemOut]
