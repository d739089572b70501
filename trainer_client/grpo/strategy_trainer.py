"""TRL's GRPOTrainer with a strategy: which weights train, at which rates, and what a step takes.

What is trained on is `trainer_client/grpo/echelon_trainer.py`'s.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trl import GRPOTrainer

from envserver.intervals import mean
from trainer_client.client import EnvClient
from trainer_client.grpo.profile import SHOWN, StepProfile, peak_bytes
from trainer_client.grpo.strategy_callback import StrategyCallback
from trainer_client.grpo.trained import Trained
from trainer_client.loading.anatomy import all_weights
from trainer_client.loading.models import mixed_precision
from trainer_client.run.run_folder import RunFolder
from trainer_client.strategies import Strategy
from trainer_client.strategies.plan import Moment


class StrategyTrainer(GRPOTrainer):
    """GRPO on the weights that a strategy names."""

    def __init__(self, strategy: Strategy, client: EnvClient, folder: RunFolder, **trl: Any) -> None:
        self.client = client
        self.folder = folder
        self.remarks: list[str] = []
        """What was mended before the start, in sentences."""
        self.profile = StepProfile()
        super().__init__(**trl)
        self.trained = Trained(strategy, self.model)
        self.accelerator.backward = self.profile.counted("backward", self.accelerator.backward)
        self.add_callback(StrategyCallback(self.trained, self.moment, self.profile, self._log_rates))

    def moment(self) -> Moment:
        """Return where the run stands."""
        raise NotImplementedError

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        with self.timed("sampling"), mixed_precision(self.accelerator.unwrap_model(self.model)):
            found = super()._generate(*args, **kwargs)
        masks = found[2] or [[1] * len(ids) for ids in found[1]]
        self.profile.sampled(sum(map(sum, masks)))
        return found

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count the seconds of a block, without those of environment calls in it."""
        spent = self.client.seconds
        with self.profile.part(name):
            yield
        self.profile.less(name, self.client.seconds - spent)

    def create_optimizer(self, model: Any = None) -> Any:
        """Make the optimizer of the weights that may train, with a group for each part of the model."""
        if self.optimizer is None:
            kind, options = self.get_optimizer_cls_and_kwargs(self.args, self.model)
            options = {"weight_decay": self.args.weight_decay, **options}  # torch's own default is not 0
            self.optimizer: Any = kind(self.trained.groups, **options)
        return self.optimizer

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        self.trained.hold()
        with self.trained.thinned():
            return super().compute_loss(*args, **kwargs)

    def _log_rates(self) -> None:
        if self.accelerator.is_main_process and self.trained.plan.moves:
            rates = {part: round(rate, 6) for part, rate in self.trained.rates.items()}
            self.folder.append("strategy.jsonl", [{"step": self.state.global_step + 1, "rates": rates}])

    @property
    def cost(self) -> dict[str, Any]:
        """What the run took: weights, bytes, and the mean seconds of a step's parts."""
        rows = [row for row in self.folder.read("metrics.jsonl") if "seconds/step" in row]
        names = [f"seconds/{name}" for name in ("step", *SHOWN, "hidden")]
        sampled, sampling = (sum(row.get(name, 0.0) for row in rows) for name in ("tokens/sampled", "seconds/sampling"))
        return {
            "weights": all_weights(self.model),
            "trained": self.trained.count,
            "trained_at_once": self.trained.most.get("weights", 0),
            "optimizer_bytes": self.trained.most.get("optimizer_bytes", 0),
            "peak_bytes": peak_bytes(),
            "tokens_per_second": sampled / sampling if sampling else 0.0,
            "seconds": {name.rpartition("/")[2]: mean([row.get(name, 0.0) for row in rows]) for name in names},
        }

    def keep_pace(self) -> None:
        """Go on at this attempt's rate, which is lower than the checkpoint's after a collapse."""
        scheduler: Any = self.lr_scheduler
        factor = self.args.learning_rate / scheduler.base_lrs[0]
        scheduler.base_lrs = [rate * factor for rate in scheduler.base_lrs]
        scheduler._last_lr = [rate * factor for rate in scheduler.get_last_lr()]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            logs |= self.profile.taken(sum(self._metrics["train"].get("seconds/environment", ())))
        super().log(logs, start_time)

    def _clip_grad_norm(self, model: Any) -> Any:
        with self.profile.part("optimizer"):
            self.trained.measure()  # before they are cut to a norm of 1
            return super()._clip_grad_norm(model)
