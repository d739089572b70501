"""How components become the one number that trains: named parts, each a component with a weight and a gate.

{preset: binary}
{weights: {correct: 0.8, entries: 0.2}, gates: {entries: format}}
{preset: r1, weights: {entries: 0.5}, anneal: {entries: {scalar: 1, shear: 0}}}
{parts: {right: {component: correct}, short: {component: brevity, weight: 0.5, gate: correct}}, max_tokens: 512}
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from curricula.rewards.parts import COUNTING, Part, Weight
from curricula.rewards.presets import PRESETS, Preset

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Factor = Annotated[FiniteFloat, Field(ge=0, le=1)]
MAX_PARTS = 32


class Reward(BaseModel):
    """reward = sum over parts of factor · weight · component; a gated part counts only where its gate is open.

    A preset, `weights` (parts named as their components, with `gates`) and `parts` go together; names may not clash.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: Preset | None = None
    weights: dict[Name, Weight] = Field({}, max_length=MAX_PARTS)
    gates: dict[Name, str] = Field({}, max_length=MAX_PARTS)
    parts: dict[Name, Part] = Field({}, max_length=MAX_PARTS)
    anneal: dict[Name, dict[Name, Factor]] = Field({}, max_length=MAX_PARTS)
    """Per part, the factor from a stage on, in the order of the curriculum; before the first one named it is 1."""
    tolerance: Annotated[FiniteFloat, Field(gt=0)] = 0.1
    """Of the preset deepseekrl."""
    max_tokens: int | None = Field(None, ge=1, le=2**31)
    """The length at which `overlong` is 1 and `brevity` 0."""
    cache_tokens: int | None = Field(None, ge=1, le=2**31)
    """How many of them `overlong` rises over; None: the last fifth."""

    @model_validator(mode="after")
    def _whole(self) -> "Reward":
        given = [*(PRESETS[self.preset].parts if self.preset else ()), *self.weights, *self.parts]
        if not given:
            raise ValueError("give a preset, weights or parts")
        if twice := {name for name in given if given.count(name) > 1}:
            raise ValueError(f"two parts have the same name: {', '.join(sorted(twice))}")
        if missing := set(self.gates) - set(self.weights):
            raise ValueError(f"gate for a component without weight: {', '.join(sorted(missing))}")
        if missing := set(self.anneal) - set(given):
            raise ValueError(f"anneal for a part that is not there: {', '.join(sorted(missing))}")
        if self.names & COUNTING and self.max_tokens is None:
            raise ValueError(f"{', '.join(sorted(self.names & COUNTING))} goes by length: give max_tokens")
        if self.cache_tokens and self.cache_tokens > (self.max_tokens or 0):
            raise ValueError("cache_tokens are the last of max_tokens")
        return self

    @cached_property
    def named(self) -> Mapping[str, Part]:
        """Every part by its name."""
        short = {
            name: Part(component=name, weight=weight, gate=self.gates.get(name))
            for name, weight in self.weights.items()
        }
        return {**(PRESETS[self.preset].parts if self.preset else {}), **short, **self.parts}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every component that the reward reads."""
        read = [(part.component, *((part.gate.lstrip("!"),) if part.gate else ())) for part in self.named.values()]
        return frozenset(name for names in read for name in names)

    def factors(self, stages: Sequence[str], stage: str) -> dict[str, float]:
        """Return what is left of each annealed part at a stage."""
        passed = stages[: stages.index(stage) + 1]
        return {part: ([1.0] + [at[name] for name in passed if name in at])[-1] for part, at in self.anneal.items()}

    def of(self, components: Mapping[str, float], factors: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return what each part adds to the reward; a component that is not there counts 0."""
        found = {}
        for name, part in self.named.items():
            value = part.weight * components.get(part.component, 0.0) if part.open(components) else 0.0
            found[name] = value * factors.get(name, 1.0) if factors else value
        return found
