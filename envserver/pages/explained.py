"""Each component of a verdict with what it means, and each part of the reward with what it adds."""

from collections.abc import Mapping
from typing import NamedTuple

from curricula.rewards.measures import MEASURES
from curricula.rewards.parts import Part
from curricula.rewards.reward import Reward
from envserver.wire import VerdictOut


class Component(NamedTuple):
    """What was measured, in [0, 1]."""

    name: str
    value: float
    about: str


class Added(NamedTuple):
    """What a part of the reward adds, and how it comes about."""

    name: str
    adds: float
    rule: str


class Explained(NamedTuple):
    """A verdict, piece by piece."""

    components: list[Component]
    parts: list[Added]


def explained(verdict: VerdictOut, components: Mapping[str, str], reward: Reward) -> Explained:
    """Return what a verdict is made of."""
    measured = [Component(name, value, about(name, components)) for name, value in verdict.components.items()]
    parts = [Added(name, adds, _rule(reward.named.get(name))) for name, adds in verdict.parts.items()]
    return Explained(measured, parts)


def about(name: str, components: Mapping[str, str]) -> str:
    """Return what a component of a family, or of any completion, means."""
    return components.get(name) or (MEASURES[name].about if name in MEASURES else "")


def _rule(part: Part | None) -> str:
    if part is None:
        return ""
    gate = part.gate or ""
    only = f", only where {gate.lstrip('!')} is {'not full' if gate.startswith('!') else 'full'}" if gate else ""
    return f"{part.weight:g} * {part.component}{only}"
