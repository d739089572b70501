"""A policy that earns nothing any more does not recover: notice it, and keep the last weights that were good."""

from collections.abc import Mapping
from typing import Any

from envserver.wire import TrainingReport
from trainer_client.errors import TrainingCollapsed

_PATIENCE = 10
_LEARNED, _GONE = 0.1, 0.01  # success of a stage that has been learned, and of one that has been lost


class CollapseGuard:
    """Raises after `_PATIENCE` generations in which what was once learned has gone, and no group tells answers apart.

    While it suspects (`dead` > 0) nothing is saved, so that the checkpoints before stay. One is good only when the
    generation after it was: its weights may be those that died.
    """

    def __init__(self) -> None:
        self.best: dict[str, float] = {}
        self.dead = 0
        self.saved = 0
        """The step of the newest checkpoint."""
        self.good = 0
        """The step of the newest one that is known to be good; 0 is the beginning."""

    def watch(self, training: Mapping[str, TrainingReport]) -> None:
        """Look at one generation; raises `TrainingCollapsed`. A stage that was never learned says nothing."""
        learned = [name for name in training if self.best.get(name, 0.0) > _LEARNED]
        for name, report in training.items():
            self.best[name] = max(self.best.get(name, 0.0), report.successes / report.n)
        if any(
            self.best[name] > _LEARNED and report.successes >= _GONE * report.n for name, report in training.items()
        ):
            self.good = self.saved
        if not learned:
            return
        groups = sum(report.groups for report in training.values())
        alike = sum(report.zero_variance_groups for report in training.values()) > 0.95 * groups
        gone = all(training[name].successes < _GONE * training[name].n for name in learned)
        self.dead = self.dead + 1 if gone and alike else 0
        if self.dead >= _PATIENCE:
            raise TrainingCollapsed(
                f"nothing right any more in {', '.join(learned)} for {_PATIENCE} generations: the learning rate is too "
                f"high for this model"
            )

    @property
    def remarks(self) -> list[str]:
        """What is to be known of a run that ended while it was suspected."""
        if not self.dead:
            return []
        return [
            f"**in the last {self.dead} generations nothing was right any more**, and the final weights are of such a "
            f"policy; the last good checkpoint is of step {self.good}"
        ]

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"best": self.best, "dead": self.dead, "saved": self.saved, "good": self.good}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self.best, self.dead = dict(state["best"]), int(state["dead"])
        self.saved, self.good = int(state["saved"]), int(state["good"])
