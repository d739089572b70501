"""Replies about what is served: curricula, families, limits."""

from pydantic import BaseModel, ConfigDict, Field

from curricula.rewards.parts import Part
from envserver.sample_wire import ProblemOut
from generators.ids import Value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


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
    max_in_flight: int = Field(description="requests of a process, worked on or waiting; more are 429")
    max_answer_digits: int = Field(64, description="of a number in an answer; one with more is malformed")
    max_log_rows: int = 1_024
    store_timeout_s: float = Field(10.0, description="how long /score with a `run` waits for the store; then it is 503")
