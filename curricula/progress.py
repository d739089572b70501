"""Where one learner stands: plain JSON of sufficient statistics, carried by the learner."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curricula.policies import Policy
from curricula.promotion import EProcess

MAX_BYTES = 16 * 1024
MAX_ROUNDS = 3  # a problem that stays unscored counts as failed, or leaving out failures would be a way to pass
MAX_POOL = 1_024  # held-out problems per stage and split

Count = Annotated[int, Field(ge=0, lt=2**53)]
InPool = Annotated[int, Field(ge=0, le=MAX_POOL)]
StageName = Annotated[str, Field(max_length=64)]
Status = Literal["open", "promoted", "memorised"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Look(_Strict):
    """A look in progress: the dev slots still to be answered, and the answers so far."""

    slots: tuple[InPool, ...] = Field(max_length=MAX_POOL)
    rounds: Annotated[int, Field(ge=0, le=MAX_ROUNDS)] = 0  # how often it was asked
    trials: InPool = 0
    successes: InPool = 0
    greedy_trials: InPool = 0
    greedy: InPool = 0

    @model_validator(mode="after")
    def _adds_up(self) -> "Look":
        if max(self.successes, self.greedy_trials) > self.trials or self.greedy > self.greedy_trials:
            raise ValueError("more successes than trials")
        if self.trials + len(self.slots) > MAX_POOL or len(set(self.slots)) != len(self.slots):
            raise ValueError("more problems than a pool has")
        return self


class StageProgress(_Strict):
    """What is known about one stage."""

    status: Status = "open"
    seen: Count = 0
    successes: Count = 0
    last_mean: Annotated[float, Field(ge=0, le=1)] | None = (
        None  # of `correct`, in the last report; None once looked at
    )
    test: EProcess = EProcess()
    cursor: Count = 0  # first dev slot that the running test has not used
    look: Look | None = None
    passed_at: Count | None = None  # samples seen, over all stages


class Progress(_Strict):
    """Where one learner stands in one curriculum; `curriculum` is `name@digest`."""

    curriculum: str = Field(max_length=200)
    policy: Policy | None = None  # instead of the curriculum's own
    samples: Count = 0
    stages: dict[StageName, StageProgress] = Field({}, max_length=64)

    def stage(self, name: str) -> StageProgress:
        """Return what is known about a stage, also when that is nothing."""
        return self.stages.get(name, StageProgress())

    def with_stage(self, name: str, stage: StageProgress) -> "Progress":
        """Return this progress with one stage replaced."""
        return self.model_copy(update={"stages": {**self.stages, name: stage}})
