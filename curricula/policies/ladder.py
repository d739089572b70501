"""Policies that go by the ladder alone: staged, uniform, fixed."""

from typing import ClassVar, Literal

from pydantic import Field

from curricula.fields import Share
from curricula.policies.base import BasePolicy, Standing


class Staged(BasePolicy):
    """The first stage not yet passed, with rehearsal of the passed ones and a probe of the next."""

    in_order: ClassVar[bool] = True
    kind: Literal["staged"] = "staged"
    frontier: Share = 0.7
    rehearsal: Share = 0.2
    probe: Share = 0.1

    def weights(self, at: Standing[None]) -> list[float]:
        """Return one weight per stage; shares without a stage fall to the others."""
        frontier, count = at.frontier, len(at.names)
        weights = [0.0] * count
        done = [i for i, passed in enumerate(at.passed) if passed]
        for i in done:
            weights[i] += (self.rehearsal if frontier < count else 1.0) / len(done)
        if frontier < count:
            weights[frontier] += self.frontier
        if frontier + 1 < count:
            weights[frontier + 1] += self.probe
        return weights if any(weights) else [float(i == frontier) for i in range(count)]


class Uniform(BasePolicy):
    """Every stage alike, from the first step on."""

    kind: Literal["uniform"] = "uniform"

    def weights(self, at: Standing[None]) -> list[float]:
        """Return one weight per stage."""
        return [1.0] * len(at.names)


class Fixed(BasePolicy):
    """One stage only: the control without a curriculum."""

    in_order: ClassVar[bool] = True
    kind: Literal["fixed"] = "fixed"
    stage: str = Field(max_length=64)

    def weights(self, at: Standing[None]) -> list[float]:
        """Return one weight per stage."""
        return [float(name == self.stage) for name in at.names]

    def tested(self, at: Standing[None]) -> str | None:
        """Return the one stage, until it is passed."""
        return None if at.passed[at.names.index(self.stage)] else self.stage
