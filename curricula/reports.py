"""What a learner reports and what it is told: the data of `advance`, without any family behind it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from curricula.progress import Count
from generators.ids import Split


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingReport(_Strict):
    """What training saw of one stage since the last call; unscored samples are left out."""

    n: Count
    successes: Count
    mean_reward: FiniteFloat = 0.0
    mean_abs_advantage: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    groups: Count = 0
    zero_variance_groups: Count = 0


class HeldOut(_Strict):
    """The result of one dev problem: sampled at temperature 1 and greedily; None where it could not be scored."""

    id: str = Field(max_length=512)
    sampled: bool | None
    greedy: bool | None = None


class NextLook(_Strict):
    """The problems to answer next, as slots of the stage's pool."""

    stage: str
    slots: tuple[int, ...]
    split: Split = "dev"


class Decision(_Strict):
    """What was decided, and on what evidence."""

    kind: Literal["promoted", "memorised", "stay", "finished"]
    stage: str
    reason: str
    evidence: dict[str, float] = {}
