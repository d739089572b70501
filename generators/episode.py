"""An episode is a fold of `step` over a list of actions: no session, any replica, any retry."""

from collections.abc import Iterable
from dataclasses import dataclass

from generators.problem import Problem, State
from generators.verdict import Verdict


@dataclass(frozen=True)
class Episode:
    """What a list of actions leads to. Always derived, never stored."""

    observations: tuple[str, ...]  # the question, then one reply per action
    verdict: Verdict | None


def replay(problem: Problem, actions: Iterable[str]) -> Episode:
    """Fold the actions; raises `EpisodeOver` when there are more of them than turns."""
    state: State = problem
    observations = [state.observation]
    for action in actions:
        state = state.step(action)
        observations.append(state.observation)
    return Episode(tuple(observations), state.verdict)
