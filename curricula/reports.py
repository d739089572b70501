"""What a learner reports and what it is told: the data of `advance`, without any family behind it."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from curricula.fields import Count, Strict
from generators.ids import Split

ProblemKey = Annotated[str, Field(max_length=512)]


class TrainingReport(Strict):
    """What training saw of one stage since the last call; unscored samples are left out."""

    n: Count
    successes: Count
    mean_reward: FiniteFloat = 0.0
    mean_abs_advantage: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    groups: Count = 0
    zero_variance_groups: Count = 0
    solved: tuple[ProblemKey, ...] = Field((), max_length=4_096)
    """Of a stage that sieves its problems: the ids of those that every sample solved."""
    missed: tuple[ProblemKey, ...] = Field((), max_length=4_096)
    """The ids of the others."""

    @model_validator(mode="after")
    def _adds_up(self) -> "TrainingReport":
        if self.groups > self.n or self.zero_variance_groups > self.groups:
            raise ValueError("more groups than samples")
        return self

    @property
    def problems(self) -> float:
        """How many distinct problems there were: groups where they are told, else samples."""
        return float(self.groups or self.n)

    @property
    def success(self) -> float:
        """The share of samples that were right; 0 where there were none."""
        return self.successes / self.n if self.n else 0.0


class HeldOut(Strict):
    """The result of one dev problem: sampled at temperature 1 and greedily; None where it could not be scored."""

    id: ProblemKey
    sampled: bool | None
    greedy: bool | None = None


class NextLook(Strict):
    """The problems to answer next, as slots of the stage's pool."""

    stage: str
    slots: tuple[int, ...]
    split: Split = "dev"


class Decision(Strict):
    """What was decided, and on what evidence."""

    kind: Literal["promoted", "memorised", "demoted", "stay", "finished"]
    stage: str
    reason: str
    evidence: dict[str, float] = {}
