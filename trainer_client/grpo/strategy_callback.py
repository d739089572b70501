"""Holds a strategy to TRL's loop: before each update what trains is set, after it what was measured is remembered."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from transformers import TrainerCallback

from trainer_client.grpo.profile import StepProfile
from trainer_client.grpo.trained import Trained
from trainer_client.strategies.plan import Moment


class StrategyCallback(TrainerCallback):
    """`moment` says where the run stands; `changed` is told at which step other weights train than before.

    The profile counts the whole step, from its first line to what is remembered after it.
    """

    def __init__(
        self, trained: Trained, moment: Callable[[], Moment], profile: StepProfile, changed: Callable[[], None]
    ) -> None:
        self.trained = trained
        self.moment = moment
        self.profile = profile
        self.changed = changed
        self._update = ExitStack()

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.profile.begin()
        if self.trained.enter(self.moment(), kwargs["optimizer"]):
            self.changed()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._update.enter_context(self.profile.part("optimizer"))
        # The schedule's own value: the groups' rates were changed at the update before.
        self.trained.pace(kwargs["optimizer"], kwargs["lr_scheduler"].get_last_lr()[0])

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.trained.updated(kwargs["optimizer"])
        self._update.close()
        self.profile.end()
