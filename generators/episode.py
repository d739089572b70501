"""An episode is a fold of `step` over a list of actions: no session, any replica, any retry."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from generators.errors import EpisodeOver
from generators.families import build
from generators.ids import ProblemId
from generators.problem import Problem, State
from generators.verdict import Verdict

_SHORT = 100  # characters per turn, up to which it is remembered what actions lead to


@dataclass(frozen=True)
class Episode:
    """What a list of actions leads to. Always derived, never stored."""

    observations: tuple[str, ...]  # the question, then one reply per action
    state: State

    @property
    def verdict(self) -> Verdict | None:
        return self.state.verdict


def replay(problem: Problem, actions: Sequence[str]) -> Episode:
    """Fold the actions; raises `EpisodeOver` when there are more of them than turns."""
    state: State = problem
    observations = [state.observation]
    for action in actions:
        state = state.step(action)
        observations.append(state.observation)
    return Episode(tuple(observations), state)


def resumed(problem_id: ProblemId, actions: Sequence[str]) -> Episode:
    """Return the same as `replay`, from what is remembered of the actions before the last one, where that is short."""
    problem = build(problem_id)
    if len(actions) > problem.max_turns:
        raise EpisodeOver(f"there are {problem.max_turns} turns, not {len(actions)}")
    if sum(map(len, actions)) > _SHORT * problem.max_turns:
        return replay(problem, actions)
    return _remembered(problem_id, tuple(actions))


@lru_cache(maxsize=8_192)
def _remembered(problem_id: ProblemId, actions: tuple[str, ...]) -> Episode:
    if not actions:
        return replay(build(problem_id), ())
    before = _remembered(problem_id, actions[:-1])
    state = before.state.step(actions[-1])
    return Episode((*before.observations, state.observation), state)
