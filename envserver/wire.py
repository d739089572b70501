"""Every request and reply body. No reply has a field for an answer, except what the caller may `reveal`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from curricula.progress import Progress
from curricula.reports import Decision, HeldOut, NextLook, TrainingReport
from curricula.rewards.parts import OF_FORM, Part
from curricula.rewards.reward import Reward
from envserver.messages import Action, FunctionCall, MessageIn, Name, TextPart, ToolCall
from generators.ids import MAX_LENGTH, MAX_SEED, Split, Value
from generators.problem import Reveal
from generators.verdict import Outcome

__all__ = [
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
    "Limits",
    "MessageIn",
    "MessageOut",
    "NextLook",
    "Part",
    "PlayItem",
    "PlayReply",
    "PlayRequest",
    "PlayedOut",
    "ProblemOut",
    "Progress",
    "Reveal",
    "Reward",
    "RunContext",
    "SampleReply",
    "SampleRequest",
    "ScoreItem",
    "ScoreReply",
    "ScoreRequest",
    "Split",
    "StageOut",
    "TextPart",
    "ToolCall",
    "TrainingReport",
    "VerdictOut",
]

MAX_SLOTS = 1_024
MAX_ITEMS = 1_024

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
    slots: list[Slot] = Field(min_length=1, max_length=MAX_SLOTS)
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


class PlayItem(_Strict):
    """An episode so far."""

    id: str = Field(max_length=4 * MAX_LENGTH)
    actions: list[Action] = Field([], max_length=1_024)


class PlayRequest(_Strict):
    """Episodes to go on with; each is replayed from its beginning."""

    items: list[PlayItem] = Field(min_length=1, max_length=MAX_ITEMS)


class PlayedOut(_Strict):
    """What is seen of an episode after its actions; no judgement."""

    id: str
    observations: list[str] = Field([], description="the question, then one reply per action")
    over: bool = False
    turns_left: int = 0
    error: ErrorBody | None = None


class PlayReply(_Strict):
    items: list[PlayedOut]


class RunContext(_Strict):
    """Where a scored rollout belongs; with slot, sample and id of its item, its identity."""

    run: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
    attempt: int = Field(1, ge=1)
    phase: Literal["train", "look", "eval"]
    generation: Slot


class ScoreItem(_Strict):
    """One finished answer: a text, chat messages (the last assistant message counts), or the actions of an episode.

    Actions are texts, tool calls, or chat messages, of which those of the assistant count.
    """

    id: str = Field(max_length=4 * MAX_LENGTH)
    completion: str | list[MessageIn] | None = None
    actions: list[Action] | None = Field(None, max_length=1_024)
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

    items: list[ScoreItem] = Field(min_length=1, max_length=MAX_ITEMS)
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
    stored: bool
    verdicts: list[VerdictOut]


class AdvanceRequest(_Strict):
    """What happened since the last call; the reply holds the new progress."""

    curriculum: Name
    progress: Progress | None = None
    training: dict[Name, TrainingReport] = Field({}, max_length=64)
    held_out: list[HeldOut] = Field([], max_length=MAX_ITEMS)


class AdvanceReply(_Strict):
    progress: Progress
    decision: Decision
    next_look: NextLook | None


class StageOut(_Strict):
    name: str
    about: str
    family: str
    params: dict[str, Value]
    example: str = Field(description="the id of its first train problem")
    max_turns: int = Field(1, description="of that problem; more than one is an episode")
    levels: dict[str, object] | None = Field(None, description="how training gets to `params`, where it does by levels")
    restatements: list[str] = Field([], description="what may follow a style of it, as in `chat+canary`")
    sieve: bool = Field(False, description="whether reports say which problems were solved, so that they are left out")


class CurriculumOut(_Strict):
    name: str
    reference: str
    about: str
    style: str
    test_only: bool = False
    left_out: dict[str, str] = Field({}, description="optional stages that are not there, with the reason")
    disabled: str = Field("", description="why none of its problems is posed here, where that is so")
    stages: list[StageOut]
    policy: dict[str, object]
    promotion: dict[str, object]
    demotion: dict[str, object] | None = None
    reward: dict[str, float] = Field(description="the weight of each part")
    parts: dict[str, Part] = Field({}, description="the parts of the reward, a preset written out")


class FamilyOut(_Strict):
    name: str
    version: int
    about: str
    styles: dict[str, str]
    components: dict[str, str]
    kinds: dict[str, dict[str, object]] = Field(description="JSON Schema of the parameters, per kind")
    transforms: dict[str, dict[str, str]] = Field(description="per kind, what may follow a style: `chat+transpose`")
    examples: dict[str, str] = Field(description="the id of a typical problem, per kind")
    example: ProblemOut


class Limits(_Strict):
    """What one request may hold; clients chunk by it."""

    max_body_bytes: int
    max_slots: int
    max_items: int
    max_completion_chars: int
    max_in_flight: int
