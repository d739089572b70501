"""Difficulty within a stage: parameters that rise together while the learner copes, as reasoning-gym's levels do.

What is tested is the last level. The rule that raises a level goes by training samples and promises nothing: it decides
what is practised, never what counts as passed.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from curricula.fields import Strict
from generators.ids import Value
from generators.stream import Stream


class Levels(Strict):
    """A parameter takes its l-th value at level l; one with fewer values keeps its last."""

    params: dict[str, Annotated[tuple[Value, ...], Field(min_length=1, max_length=64)]] = Field(min_length=1)
    draw: Literal["inclusive", "newest"] = "inclusive"
    """All levels reached so far alike, or the newest alone."""
    raise_at: float = Field(0.7, gt=0, le=1)
    """The share of right samples from which on the next level is added."""
    lower_below: float = Field(0.1, ge=0, lt=1)

    @model_validator(mode="after")
    def _several(self) -> "Levels":
        if self.last == 0:
            raise ValueError("a parameter that rises has two values or more")
        if self.lower_below >= self.raise_at:
            raise ValueError("lower_below is below raise_at")
        return self

    @property
    def last(self) -> int:
        """The number of the last level; the first is 0."""
        return max(map(len, self.params.values())) - 1

    def at(self, level: int) -> Mapping[str, Value]:
        """Return the rising parameters at a level."""
        return {name: values[min(level, len(values) - 1)] for name, values in self.params.items()}

    def moved(self, level: int, success: float) -> int:
        """Return the level after a mean over enough samples."""
        step = (success >= self.raise_at) - (success < self.lower_below)
        return min(max(level + step, 0), self.last)

    def drawn(self, reached: int, key: str) -> int:
        """Return the level of one sample; `key` names its slot."""
        reached = min(reached, self.last)
        return reached if self.draw == "newest" else Stream(f"level/{key}").below(reached + 1)
