"""How components become the one number that trains: a preset, or weights and gates."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

_PRESETS: Mapping[str, Mapping[str, float]] = {"binary": {"correct": 1.0}}

Weight = Annotated[FiniteFloat, Field(ge=-100, le=100)]


class Reward(BaseModel):
    """reward = sum of weight · component; a gated component counts only where its gate is 1.

    `{"preset": "binary"}`, or `{"weights": {"correct": 0.8, "entries": 0.2}, "gates": {"entries": "format"}}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: Literal["binary"] | None = None
    weights: dict[str, Weight] = {}
    gates: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_of_both(self) -> "Reward":
        if (self.preset is None) == (not self.weights):
            raise ValueError("give either a preset or weights")
        if missing := set(self.gates) - set(self.effective):
            raise ValueError(f"gate for a component without weight: {', '.join(sorted(missing))}")
        return self

    @property
    def effective(self) -> Mapping[str, float]:
        """The weights, also where a preset names them."""
        return _PRESETS[self.preset] if self.preset else self.weights

    @property
    def names(self) -> set[str]:
        """Every component that the reward reads."""
        return set(self.effective) | set(self.gates.values())

    def of(self, components: Mapping[str, float]) -> float:
        """Return the reward; a component that the family does not have counts 0."""
        total = 0.0
        for name, weight in self.effective.items():
            gate = self.gates.get(name)
            if gate is None or components.get(gate, 0.0) >= 1.0:
                total += weight * components.get(name, 0.0)
        return total
