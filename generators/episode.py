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

    @property
    def turns(self) -> int:
        """The number of actions."""
        return len(self.observations) - 1

    def after(self, action: str) -> "Episode":
        """Return the episode one action later; raises `EpisodeOver`."""
        state = self.state.step(action)
        return Episode((*self.observations, state.observation), state)


def replay(problem: Problem, actions: Sequence[str]) -> Episode:
    """Fold the actions; raises `EpisodeOver` when there are more of them than turns."""
    episode = Episode((problem.observation,), problem)
    for action in actions:
        episode = episode.after(action)
    return episode


def resumed(problem_id: ProblemId, actions: Sequence[str], optional: int = 0) -> Episode:
    """Return the same as `replay`, from what is remembered of the actions before the last one, where that is short.

    The last `optional` actions do not count once the episode is over.
    """
    problem = build(problem_id)
    certain = len(actions) - optional
    if certain > problem.max_turns:
        raise EpisodeOver(f"there are {problem.max_turns} turns, not {certain}")
    short = sum(map(len, actions)) <= _SHORT * problem.max_turns
    episode = _remembered(problem_id, tuple(actions[:certain])) if short else replay(problem, actions[:certain])
    for at in range(certain, len(actions)):
        if episode.verdict is not None:
            break
        episode = _remembered(problem_id, tuple(actions[: at + 1])) if short else episode.after(actions[at])
    return episode


@lru_cache(maxsize=8_192)
def _remembered(problem_id: ProblemId, actions: tuple[str, ...]) -> Episode:
    if not actions:
        return replay(build(problem_id), ())
    return _remembered(problem_id, actions[:-1]).after(actions[-1])
