"""What to sample: each policy is a pure function from the ladder to weights over stages."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Staged(_Policy):
    """The first stage not yet passed, with rehearsal of the passed ones and a probe of the next."""

    kind: Literal["staged"] = "staged"
    frontier: Share = 0.7
    rehearsal: Share = 0.2
    probe: Share = 0.1

    def weights(self, names: Sequence[str], passed: Sequence[bool]) -> list[float]:
        """Return one weight per stage; shares without a stage fall to the others."""
        frontier = next((i for i, done in enumerate(passed) if not done), len(names))
        weights = [0.0] * len(names)
        done = [i for i, p in enumerate(passed) if p]
        for i in done:
            weights[i] += (self.rehearsal if frontier < len(names) else 1.0) / len(done)
        if frontier < len(names):
            weights[frontier] += self.frontier
        if frontier + 1 < len(names):
            weights[frontier + 1] += self.probe
        return weights if any(weights) else [float(i == frontier) for i in range(len(names))]

    def tested(self, names: Sequence[str], passed: Sequence[bool]) -> str | None:
        """Return the stage whose promotion is tested."""
        return _first_open(names, passed)


class Uniform(_Policy):
    """Every stage alike, from the first step on."""

    kind: Literal["uniform"] = "uniform"

    def weights(self, names: Sequence[str], passed: Sequence[bool]) -> list[float]:
        """Return one weight per stage."""
        return [1.0] * len(names)

    def tested(self, names: Sequence[str], passed: Sequence[bool]) -> str | None:
        """Return the stage whose promotion is tested."""
        return _first_open(names, passed)


class Fixed(_Policy):
    """One stage only: the control without a curriculum."""

    kind: Literal["fixed"] = "fixed"
    stage: str = Field(max_length=64)

    def weights(self, names: Sequence[str], passed: Sequence[bool]) -> list[float]:
        """Return one weight per stage."""
        return [float(name == self.stage) for name in names]

    def tested(self, names: Sequence[str], passed: Sequence[bool]) -> str | None:
        """Return the stage whose promotion is tested."""
        return None if passed[names.index(self.stage)] else self.stage


Policy = Annotated[Staged | Uniform | Fixed, Field(discriminator="kind")]


def _first_open(names: Sequence[str], passed: Sequence[bool]) -> str | None:
    return next((name for name, done in zip(names, passed, strict=True) if not done), None)
