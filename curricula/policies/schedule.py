"""From easy to hard by the clock, whatever the learner can do: E2H Reasoner (arXiv 2506.06632)."""

from math import cos, exp, pi
from typing import Literal

from pydantic import Field

from curricula.errors import NoHorizon
from curricula.policies.base import BasePolicy, Standing


class Schedule(BasePolicy):
    """Weights that move over the run from the first stages to the last; easy ones fade, and never to 0.

    `t` is the share of the run's samples that was seen. Shapes: `cosine` mixes a falling and a rising ramp by
    a = (1 + cos(pi t))/2; `gaussian` is a bump at t^exponent (K - 1); `classic` takes one stage after another.
    """

    kind: Literal["schedule"] = "schedule"
    shape: Literal["cosine", "gaussian", "classic"] = "gaussian"
    exponent: float = Field(0.5, gt=0, le=10)
    """Of `gaussian`: below 1 the bump leaves the easy stages early."""
    width: float = Field(1.0, ge=0.05, le=64)
    """Of `gaussian`, in stages."""

    def weights(self, at: Standing[None]) -> list[float]:
        """Return one weight per stage; raises `NoHorizon` unless it is known how long the run is."""
        if not at.horizon:
            raise NoHorizon("the policy `schedule` needs `horizon` in the progress: the samples the run is to see")
        count, t = len(at.names), min(at.samples / at.horizon, 1.0)
        if self.shape == "classic":
            return [float(i == min(int(t * count), count - 1)) for i in range(count)]
        least = 2 / (count * (count + 1)) if count > 1 else 1.0
        if self.shape == "cosine":
            early = (1 + cos(pi * t)) / 2
            ramp = [early * (count - i) + (1 - early) * (i + 1) for i in range(count)]
            return [max(weight / sum(ramp), least) for weight in ramp]
        middle = t**self.exponent * (count - 1)
        bump = [exp(-((i - middle) ** 2) / (2 * self.width**2)) for i in range(count)]
        return [least + (1 - count * least) * weight / sum(bump) for weight in bump]
