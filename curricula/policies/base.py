"""What a policy is: pure functions. `weights` says what to sample, `after` what to remember of a batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from curricula.fields import Share, Strict
from curricula.reports import TrainingReport

M = TypeVar("M")


@dataclass(frozen=True)
class Standing(Generic[M]):
    """All that a policy may look at; `memory` is None until it has remembered something."""

    names: Sequence[str]
    passed: Sequence[bool]
    samples: int = 0
    horizon: int | None = None
    """The samples that the whole run is to see, where the learner has said so."""
    memory: M | None = None

    @property
    def frontier(self) -> int:
        """The place of the first stage that is not passed; the number of stages where all are."""
        return next((i for i, done in enumerate(self.passed) if not done), len(self.names))


class BasePolicy(Strict, ABC):
    """Tests the first stage that is not passed, and remembers nothing."""

    in_order: ClassVar[bool] = False
    """Whether stages are climbed one after another, so that no other than the tested one can be passed."""

    @abstractmethod
    def weights(self, at: Standing[Any]) -> list[float]:
        """Return one weight per stage, not all 0."""

    def tested(self, at: Standing[Any]) -> str | None:
        """Return the stage whose promotion is tested, None where all are passed."""
        return at.names[at.frontier] if at.frontier < len(at.names) else None

    def after(self, at: Standing[Any], batch: Mapping[str, TrainingReport]) -> Any:
        """Return what is remembered once a batch is reported; a batch has samples of every stage that is in it."""
        return None


class Floored(BasePolicy):
    """Gives every stage its part of a `floor`, so that none starves and none is unlearned unseen."""

    floor: Share = 0.1

    def floored(self, weights: Sequence[float]) -> list[float]:
        """Return weights that sum to 1, with the floor under them; all alike where all are 0."""
        total, count = sum(weights), len(weights)
        if not total:
            return [1.0 / count] * count
        return [self.floor / count + (1 - self.floor) * weight / total for weight in weights]
