"""Sample what changes fastest, up or down: TSCL with windows (arXiv 1707.00183)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from curricula.fields import Share, StageName, Strict
from curricula.policies.base import Floored, Standing
from curricula.reports import TrainingReport

_WINDOW = 32


class Recent(Strict):
    """The success of each stage in the last reports that had samples of it, oldest first."""

    kind: Literal["progress"] = "progress"
    recent: dict[StageName, Annotated[tuple[Share, ...], Field(max_length=_WINDOW)]] = Field({}, max_length=64)


class LearningProgress(Floored):
    """Weight ∝ |slope| of a least-squares line through the last successes: what is learned, and what is forgotten.

    The paper takes the largest slope, or any stage at times; a batch has room for several. A stage seen fewer than
    three times weighs as much as the steepest.
    """

    kind: Literal["progress"] = "progress"
    window: int = Field(10, ge=3, le=_WINDOW)

    def weights(self, at: Standing[Recent]) -> list[float]:
        """Return one weight per stage."""
        recent = at.memory.recent if at.memory else {}
        slopes = [_slope(recent.get(name, ())) for name in at.names]
        steepest = max((abs(slope) for slope in slopes if slope is not None), default=0.0) or 1.0
        return self.floored([steepest if slope is None else abs(slope) for slope in slopes])

    def after(self, at: Standing[Recent], batch: Mapping[str, TrainingReport]) -> Recent:
        """Add the successes of a batch."""
        before = at.memory.recent if at.memory else {}
        recent = {name: before[name] for name in at.names if name in before}
        for name, seen in batch.items():
            recent[name] = (*recent.get(name, ()), round(seen.success, 4))[-self.window :]
        return Recent(recent=recent)


def _slope(points: Sequence[float]) -> float | None:
    """Return the slope per report, None for fewer than three points."""
    n = len(points)
    if n < 3:
        return None
    middle, mean = (n - 1) / 2, sum(points) / n
    return sum((i - middle) * (y - mean) for i, y in enumerate(points)) / sum((i - middle) ** 2 for i in range(n))
