"""Where one learner stands: plain JSON of sufficient statistics, carried by the learner."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from curricula.fields import MAX_POOL, Compact, Count, InPool, Share, StageName, Strict
from curricula.policies import Memory, Policy
from curricula.promotion import Evidence
from curricula.sieve import Sieved

MAX_BYTES = 16 * 1024
MAX_ROUNDS = 3  # a problem that stays unscored counts as failed, or leaving out failures would be a way to pass

Status = Literal["open", "promoted", "memorised"]


class Look(Compact):
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


class StageProgress(Compact):
    """What is known about one stage."""

    status: Status = "open"
    level: Annotated[int, Field(ge=0, le=63)] = 0
    """The hardest level of the stage that is practised, where it has several."""
    seen: Count = 0
    successes: Count = 0
    fresh: tuple[Count, Count] = (0, 0)
    """Samples and successes that are not in a `last_mean` yet."""
    last_mean: Share | None = None
    """The share of right training samples when there last were enough of them; None once it was acted upon."""
    test: Evidence = Evidence()
    """Of the promotion."""
    watch: Evidence = Evidence()
    """Of the demotion, once the stage is passed."""
    demotions: Count = 0
    cursor: Count = 0
    """The first dev slot that the running test has not used."""
    look: Look | None = None
    sieved: Sieved = Sieved()
    passed_at: Count | None = None
    """Samples seen, over all stages."""

    @model_validator(mode="after")
    def _adds_up(self) -> "StageProgress":
        if self.successes > self.seen or self.fresh[1] > self.fresh[0]:
            raise ValueError("more successes than samples")
        return self


class Progress(Strict):
    """Where one learner stands in one curriculum; `curriculum` is `name@digest`."""

    curriculum: str = Field(max_length=200)
    policy: Policy | None = None
    """Instead of the curriculum's own."""
    memory: Memory | None = None
    """What the policy remembers."""
    horizon: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    """The samples that the whole run is to see; a schedule needs it."""
    samples: Count = 0
    stages: dict[StageName, StageProgress] = Field({}, max_length=64)

    def stage(self, name: str) -> StageProgress:
        """Return what is known about a stage, also when that is nothing."""
        return self.stages.get(name, StageProgress())

    def with_stage(self, name: str, stage: StageProgress) -> "Progress":
        """Return this progress with one stage replaced."""
        return self.model_copy(update={"stages": {**self.stages, name: stage}})
