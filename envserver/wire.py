"""What requests and replies hold, all of it to be had here. No reply has an answer, except what may be `reveal`ed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from curricula.progress import Progress
from curricula.reports import Decision, HeldOut, NextLook, TrainingReport
from curricula.rewards.parts import OF_FORM, Part
from curricula.rewards.reward import Reward
from envserver.catalogue_wire import CurriculumOut, FamilyOut, Limits, StageOut
from envserver.messages import Action, FunctionCall, MessageIn, Name, TextPart, ToolCall
from envserver.run_wire import (
    MAX_LOG_ROWS,
    Kept,
    LogKind,
    LogOut,
    LogRow,
    LogRows,
    Phase,
    RolloutQuery,
    RunBegun,
    RunContext,
    RunEnded,
    RunOut,
)
from envserver.sample_wire import MAX_SLOTS, ErrorBody, MessageOut, ProblemOut, SampleReply, SampleRequest, Slot
from generators.ids import MAX_LENGTH, Split
from generators.problem import Reveal
from generators.verdict import Outcome

__all__ = [
    "MAX_LOG_ROWS",
    "MAX_SLOTS",
    "OF_FORM",
    "Action",
    "AdvanceReply",
    "AdvanceRequest",
    "CurriculumOut",
    "Decision",
    "ErrorBody",
    "FamilyOut",
    "FunctionCall",
    "HeldOut",
    "Kept",
    "Limits",
    "LogKind",
    "LogOut",
    "LogRow",
    "LogRows",
    "MessageIn",
    "MessageOut",
    "NextLook",
    "Part",
    "Phase",
    "PlayItem",
    "PlayReply",
    "PlayRequest",
    "PlayedOut",
    "ProblemOut",
    "Progress",
    "Reveal",
    "Reward",
    "RolloutOut",
    "RolloutQuery",
    "RunBegun",
    "RunContext",
    "RunEnded",
    "RunOut",
    "SampleReply",
    "SampleRequest",
    "ScoreItem",
    "ScoreReply",
    "ScoreRequest",
    "Slot",
    "Split",
    "StageOut",
    "TextPart",
    "ToolCall",
    "TrainingReport",
    "VerdictOut",
]

MAX_ITEMS = 1_024


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlayItem(_Strict):
    """An episode so far."""

    id: str = Field(max_length=4 * MAX_LENGTH)
    actions: Annotated[list[Action], Field(fail_fast=True)] = Field([], max_length=1_024)


class PlayRequest(_Strict):
    """Episodes to go on with; each is replayed from its beginning."""

    items: Annotated[list[PlayItem], Field(fail_fast=True)] = Field(min_length=1, max_length=MAX_ITEMS)


class PlayedOut(_Strict):
    """What is seen of an episode after its actions; no judgement."""

    id: str
    observations: list[str] = Field([], description="the question, then one reply per action")
    over: bool = False
    turns_left: int = 0
    error: ErrorBody | None = None


class PlayReply(_Strict):
    items: list[PlayedOut]


class ScoreItem(_Strict):
    """One finished answer: a text, chat messages (the last assistant message counts), or the actions of an episode.

    Actions are texts, tool calls, or chat messages, of which those of the assistant count.
    """

    id: str = Field(max_length=4 * MAX_LENGTH)
    completion: str | Annotated[list[MessageIn], Field(fail_fast=True)] | None = None
    actions: Annotated[list[Action], Field(fail_fast=True)] | None = Field(None, max_length=1_024)
    truncated: bool = Field(False, description="a limit ended it, not the model; an episode is judged where it stands")
    tokens: int | None = Field(None, ge=0, le=2**31, description="of the completion; rewards that go by length need it")
    original: str | None = Field(
        None, description="of a restated problem, the completion to the one it restates: is this what that turns into?"
    )
    stage: Name | None = None
    slot: Slot = 0
    sample: Slot = 0


class ScoreRequest(_Strict):
    """Answers to judge; the reward is the curriculum's, or an explicit one, else `binary`."""

    items: Annotated[list[ScoreItem], Field(fail_fast=True)] = Field(min_length=1, max_length=MAX_ITEMS)
    curriculum: Name | None = Field(None, description="name@digest")
    reward: Reward | None = None
    run: RunContext | None = None


class VerdictOut(_Strict):
    """One judgement; `reward` is null where nothing could be judged, and then no zero must be made of it."""

    id: str
    reward: float | None
    outcome: Outcome
    components: dict[str, float] = {}
    parts: dict[str, float] = Field({}, description="what each part of the reward adds to it; they sum to `reward`")
    flags: list[str] = []
    equivariant: bool | None = Field(
        None, description="whether this is what `original` turns into; null: not to be said"
    )
    reason: str = ""
    answer_key: str | None = None
    verify_ms: float = 0.0
    queue_ms: float = 0.0
    error: ErrorBody | None = None


class ScoreReply(_Strict):
    stored: bool = Field(description="whether the verdicts are kept; without a `run`, or a store, they are not")
    verdicts: list[VerdictOut]


class RolloutOut(_Strict):
    """A kept rollout: what was judged, by which reward, and the verdict."""

    key: int = Field(description="rises with time")
    run: str
    attempt: int
    phase: Phase
    generation: int
    curriculum: str | None
    rewarded_by: dict[str, object]
    item: ScoreItem
    verdict: VerdictOut
    at: float = Field(description="seconds since 1970")


class AdvanceRequest(_Strict):
    """What happened since the last call; the reply holds the new progress."""

    curriculum: Name
    progress: Progress | None = None
    training: dict[Name, TrainingReport] = Field({}, max_length=64)
    held_out: Annotated[list[HeldOut], Field(fail_fast=True)] = Field([], max_length=MAX_ITEMS)


class AdvanceReply(_Strict):
    progress: Progress
    decision: Decision
    next_look: NextLook | None
