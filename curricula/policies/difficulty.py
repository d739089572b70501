"""Follow a target difficulty that rises while more than half is right: AdaRFT (arXiv 2504.05520)."""

from collections.abc import Mapping
from math import tanh
from typing import Annotated, Literal

from pydantic import Field

from curricula.fields import Share, Strict
from curricula.policies.base import Floored, Standing
from curricula.reports import TrainingReport

_HARDEST = 100.0
_Degree = Annotated[float, Field(ge=0, le=_HARDEST)]


class Target(Strict):
    """The difficulty that is aimed at, from 0 to 100."""

    kind: Literal["difficulty"] = "difficulty"
    target: _Degree = 0.0


class Difficulty(Floored):
    """T <- clip(T + step · tanh(sensitivity · (success - aim))), and the stages next to T in proportion to nearness.

    The paper takes the problems whose difficulty is nearest to T. The stages of a curriculum are few and hold as many
    problems as one likes; they stand at equal distances from 0 to 100, and the two around T share a batch so that its
    mean difficulty is T.
    """

    kind: Literal["difficulty"] = "difficulty"
    floor: Share = 0.3
    step: float = Field(10.0, gt=0, le=_HARDEST)
    """The paper has 50; smaller steps did as well on simulated learners, and turn back sooner."""
    sensitivity: float = Field(2.0, gt=0, le=100)
    aim: float = Field(0.5, gt=0, lt=1)

    def weights(self, at: Standing[Target]) -> list[float]:
        """Return one weight per stage."""
        return self.floored(self._near(at))

    def after(self, at: Standing[Target], batch: Mapping[str, TrainingReport]) -> Target:
        """Move the target by the success of the stages that it aims at; those of the floor say nothing about it."""
        target = at.memory.target if at.memory else 0.0
        aimed = {name for name, near in zip(at.names, self._near(at), strict=True) if near}
        n = sum(seen.n for name, seen in batch.items() if name in aimed)
        if n:
            success = sum(seen.successes for name, seen in batch.items() if name in aimed) / n
            target += self.step * tanh(self.sensitivity * (success - self.aim))
        return Target(target=round(min(max(target, 0.0), _HARDEST), 6))

    def _near(self, at: Standing[Target]) -> list[float]:
        place = (at.memory.target if at.memory else 0.0) / _HARDEST * (len(at.names) - 1)
        return [max(0.0, 1 - abs(i - place)) for i in range(len(at.names))]
