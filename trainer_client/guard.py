"""A policy that earns nothing any more does not recover: notice it, and say where the last good weights are."""

from trainer_client.errors import TrainingCollapsed

_PATIENCE = 10


class CollapseGuard:
    """Raises after `_PATIENCE` generations in which every group is alike and nothing is right, once something was."""

    def __init__(self) -> None:
        self.best = 0.0
        self.dead = 0

    def watch(self, success: float, zero_variance_share: float) -> None:
        """Look at one generation; raises `TrainingCollapsed`."""
        self.best = max(self.best, success)
        gone = self.best > 0.1 and success < 0.01 and zero_variance_share > 0.95
        self.dead = self.dead + 1 if gone else 0
        if self.dead >= _PATIENCE:
            raise TrainingCollapsed(
                f"nothing right in {_PATIENCE} generations, where {self.best:.0%} was reached before: the learning "
                "rate is too high for this model (go on from an earlier checkpoint with a lower one)"
            )

    @property
    def state(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return {"best": self.best, "dead": self.dead}

    def restore(self, state: dict[str, float]) -> None:
        """Take over what a checkpoint kept."""
        self.best, self.dead = state["best"], int(state["dead"])
