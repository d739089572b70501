"""Sample what is solved half of the time: SFL (arXiv 2408.15099) with a posterior per stage instead of per level."""

from collections.abc import Mapping
from math import sqrt
from typing import Literal

from pydantic import Field

from curricula.fields import MOST, StageName, Strict, Weight
from curricula.policies.base import Floored, Standing
from curricula.reports import TrainingReport


class Counts(Strict):
    """Decayed successes and failures of each stage, in problems."""

    kind: Literal["learnability"] = "learnability"
    counts: dict[StageName, tuple[Weight, Weight]] = Field({}, max_length=64)


class Learnability(Floored):
    """Weight p(1 - p) + bonus · sd, with p the mean of a Beta posterior (uniform prior) whose counts decay.

    A group says no more than its mean does: it counts as one problem, won to the share of its samples that are right.
    """

    kind: Literal["learnability"] = "learnability"
    decay: float = Field(0.9, gt=0, le=1)
    """Of the counts, per report: what was seen 1/(1 - decay) reports ago counts a third."""
    bonus: float = Field(0.2, ge=0, le=10)
    """Of the posterior's standard deviation: curiosity about stages that were seldom seen of late."""

    def weights(self, at: Standing[Counts]) -> list[float]:
        """Return one weight per stage."""
        counts = at.memory.counts if at.memory else {}
        return self.floored([self._score(*counts.get(name, (0.0, 0.0))) for name in at.names])

    def after(self, at: Standing[Counts], batch: Mapping[str, TrainingReport]) -> Counts:
        """Let every count decay, and add the batch."""
        counts = dict(at.memory.counts) if at.memory else {}
        for name in at.names:
            won, lost = counts.get(name, (0.0, 0.0))
            seen = batch.get(name)
            new = seen.success * seen.problems if seen else 0.0
            old = (seen.problems if seen else 0.0) - new
            counts[name] = (_held(self.decay * won + new), _held(self.decay * lost + old))
        return Counts(counts=counts)

    def _score(self, won: float, lost: float) -> float:
        a, b = won + 1, lost + 1
        mean = a / (a + b)
        return mean * (1 - mean) + self.bonus * sqrt(mean * (1 - mean) / (a + b + 1))


def _held(count: float) -> float:
    return round(min(count, MOST), 4)
