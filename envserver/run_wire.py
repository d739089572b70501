"""Requests and replies about runs: how a trainer announces one, what it says of its steps, what is kept of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from envserver.messages import Name
from generators.ids import MAX_SEED
from generators.verdict import Outcome

MAX_LOG_ROWS = 1_024

RunName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
Count = Annotated[int, Field(ge=0, lt=MAX_SEED)]
Attempt = Annotated[int, Field(ge=1, lt=2**31)]
Phase = Literal["train", "look", "eval"]
LogKind = Literal["metrics", "decision", "alarm", "probe", "strategy"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunContext(_Strict):
    """Where a scored rollout belongs; with slot, sample and id of its item, its identity."""

    run: RunName
    attempt: Attempt = 1
    phase: Phase
    generation: Count


class RunBegun(_Strict):
    """A run, or one more attempt at it, that goes on from a checkpoint before `generation`."""

    run: RunName
    attempt: Attempt = 1
    generation: Count = Field(
        0, description="the first one it scores: what earlier attempts scored of it is superseded"
    )
    curriculum: Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = Field(
        None, description="name@digest"
    )
    config: dict[str, object] = Field({}, description="the settings of the run; never a secret")


class RunEnded(_Strict):
    """How a run ended, with what its trainer has to say of it."""

    state: Literal["finished", "stopped", "failed"]
    note: dict[str, object] = {}


class LogRow(_Strict):
    """What a run says of one step; one row of a kind per step of an attempt."""

    attempt: Attempt = 1
    generation: Count
    step: Count
    kind: LogKind
    body: dict[str, object]


class LogRows(_Strict):
    """Rows of a run's log; sent again they change nothing."""

    rows: Annotated[list[LogRow], Field(fail_fast=True)] = Field(min_length=1, max_length=MAX_LOG_ROWS)


class LogOut(LogRow):
    """A row of the log, with the time it came; keys rise with it."""

    key: int
    at: float


class Kept(_Strict):
    """What was sent is kept; where nothing is kept, `stored` is false."""

    stored: bool


class RunOut(_Strict):
    """A run as it is known here; times are seconds since 1970."""

    run: str
    curriculum: str | None
    state: str
    attempts: int
    began: float
    seen: float = Field(description="when it was last heard of")
    note: dict[str, object] = {}
    config: dict[str, object] = Field({}, description="only where one run is asked for")


class RolloutQuery(_Strict):
    """Which rollouts; what is left out means any. Those that a later attempt superseded are left out unless asked."""

    run: RunName | None = None
    phase: Phase | None = None
    stage: Name | None = None
    outcome: Outcome | None = None
    flag: Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")] | None = None
    generation: Count | None = None
    superseded: bool = False
    before: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    most: Annotated[int, Field(ge=1, le=1_000)] = 100
