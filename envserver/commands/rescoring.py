"""Kept rollouts judged again: with the verifier of today, and the reward of then or another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curricula.errors import CurriculumError
from curricula.rewards.reward import Reward
from envserver.errors import EXPECTED, error_body
from envserver.service import Service
from envserver.wire import RolloutOut, ScoreRequest, VerdictOut

_TINY = 1e-12  # what rounding may change of a reward


@dataclass(frozen=True)
class Change:
    """One rollout, before and now."""

    key: int
    problem: str
    moved: tuple[str, str]
    was: float | None
    now: float | None
    components: Mapping[str, tuple[float | None, float | None]]
    failed: bool
    """Whether it cannot be judged today."""

    @property
    def outcome(self) -> bool:
        """Whether the outcome is another one."""
        return not self.failed and self.moved[0] != self.moved[1]

    @property
    def reward(self) -> bool:
        """Whether the reward is another one."""
        if self.failed or (self.was is None and self.now is None):
            return False
        return self.was is None or self.now is None or abs(self.was - self.now) > _TINY

    @property
    def any(self) -> bool:
        """Whether anything is to be told of it."""
        return self.outcome or self.reward or self.failed or bool(self.components)

    def as_json(self) -> dict[str, Any]:
        """Return it as a row of a file."""
        return {
            "key": self.key,
            "id": self.problem,
            "outcome": self.moved,
            "reward": (self.was, self.now),
            "components": dict(self.components),
            "failed": self.failed,
        }


class Rescorer:
    """Judges one rollout after the other, by `reward` or by what rewarded each."""

    def __init__(self, service: Service, reward: Reward | None) -> None:
        self._service = service
        self._reward = reward

    def change(self, kept: RolloutOut) -> Change:
        """Return what is different now."""
        now = self._judged(kept)
        names = sorted({*kept.verdict.components, *now.components})
        pairs = {name: (kept.verdict.components.get(name), now.components.get(name)) for name in names}
        return Change(
            kept.key,
            kept.item.id,
            (kept.verdict.outcome, now.outcome),
            kept.verdict.reward,
            now.reward,
            {} if now.error else {name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
            now.error is not None,
        )

    def _judged(self, kept: RolloutOut) -> VerdictOut:
        reward = self._reward or Reward.model_validate(kept.rewarded_by)
        curriculum = (kept.curriculum or "").partition("@")[0]
        try:
            self._service.curriculum(curriculum)
        except CurriculumError:  # it is not served any more: its reward is kept, and that is all that is needed
            curriculum = ""
        request = ScoreRequest(items=[kept.item], reward=reward, curriculum=curriculum or None)
        try:
            return self._service.score(request).verdicts[0]
        except EXPECTED as error:  # as a reward that is annealed by the stages of a curriculum that is gone
            return VerdictOut(id=kept.item.id, reward=None, outcome="unscored", error=error_body(error))
