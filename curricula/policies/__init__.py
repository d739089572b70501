"""What to sample: eight policies, each a pure function of where a learner stands; `docs/curricula.md` compares them."""

from typing import Annotated

from pydantic import Field

from curricula.policies.bandit import Bandit, Values
from curricula.policies.base import Standing
from curricula.policies.difficulty import Difficulty, Target
from curricula.policies.ladder import Fixed, Staged, Uniform
from curricula.policies.learnability import Counts, Learnability
from curricula.policies.learning_progress import LearningProgress, Recent
from curricula.policies.schedule import Schedule

Policy = Annotated[
    Staged | Uniform | Fixed | Learnability | Bandit | Difficulty | Schedule | LearningProgress,
    Field(discriminator="kind"),
]
Memory = Annotated[Counts | Values | Target | Recent, Field(discriminator="kind")]
"""What a policy remembers; its kind is the policy's."""

__all__ = [
    "Bandit",
    "Difficulty",
    "Fixed",
    "Learnability",
    "LearningProgress",
    "Memory",
    "Policy",
    "Schedule",
    "Staged",
    "Standing",
    "Uniform",
]
