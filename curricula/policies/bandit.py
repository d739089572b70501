"""Sample what moves the policy most: SEC (arXiv 2505.14970), a bandit whose reward is the size of the advantages."""

from collections.abc import Mapping
from math import exp
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from curricula.fields import StageName, Strict
from curricula.policies.base import Floored, Standing
from curricula.reports import TrainingReport

_MOST = 1e6

Value = Annotated[FiniteFloat, Field(ge=-_MOST, le=_MOST)]


class Values(Strict):
    """What each stage is worth."""

    kind: Literal["bandit"] = "bandit"
    values: dict[StageName, Value] = Field({}, max_length=64)


class Bandit(Floored):
    """Q <- rate · mean |advantage| + (1 - rate) · Q, weight ∝ exp(Q / temperature); a stage not seen is worth 0."""

    kind: Literal["bandit"] = "bandit"
    rate: float = Field(0.5, gt=0, le=1)
    temperature: float = Field(0.1, ge=0.01, le=100)

    def weights(self, at: Standing[Values]) -> list[float]:
        """Return one weight per stage."""
        values = at.memory.values if at.memory else {}
        worth = [values.get(name, 0.0) for name in at.names]
        most = max(worth)
        return self.floored([exp((value - most) / self.temperature) for value in worth])

    def after(self, at: Standing[Values], batch: Mapping[str, TrainingReport]) -> Values:
        """Move the worth of what was sampled; of what was not, nothing new is known."""
        before = at.memory.values if at.memory else {}
        values = {name: before[name] for name in at.names if name in before}
        for name, seen in batch.items():
            gained = min(seen.mean_abs_advantage, _MOST)
            values[name] = round(self.rate * gained + (1 - self.rate) * values.get(name, 0.0), 6)
        return Values(values=values)
