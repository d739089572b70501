"""Checkpoints that count only when they are whole, fall on generation boundaries, and go on exactly where they were."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.grpo.divergence_trainer import DivergenceTrainer
from trainer_client.grpo.guard import CollapseGuard
from trainer_client.run.run_folder import RunFolder, mark_complete

_STATE = "echelon.json"


class Remembering(Protocol):
    """What has a state that a checkpoint keeps, as JSON."""

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""


class ResumableTrainer(DivergenceTrainer):
    """GRPO whose checkpoints hold everything that a run depends on; `remembering` by the name it is kept under."""

    def __init__(
        self,
        config: TrainConfig,
        remembering: Mapping[str, Remembering],
        client: EnvClient,
        folder: RunFolder,
        **trl: Any,
    ) -> None:
        self.guard = CollapseGuard()
        self.remembering = {**remembering, "guard": self.guard}
        self._saved_before = 0
        super().__init__(config.grpo, config.strategy, client, folder, **trl)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        if self.guard.dead:
            return  # a policy that may be collapsing must not push the last good checkpoint out
        target = Path(self._get_output_dir(trial=trial)) / f"checkpoint-{self.state.global_step}"
        self.guard.saved = self.state.global_step
        if self.args.should_save:
            target.mkdir(parents=True, exist_ok=True)
            state = {
                **{name: one.state for name, one in self.remembering.items()},
                "strategy": self.trained.save(target),
                "world": self.accelerator.num_processes,
            }
            (target / _STATE).write_text(json.dumps(state))
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            mark_complete(target)
            self.folder.keep_checkpoints({self.guard.good, self.state.global_step, self._saved_before})
        self._saved_before = self.state.global_step

    def take_over(self, checkpoint: Path) -> None:
        """Load what a checkpoint came to, where nothing is trained any more."""
        self._load_from_checkpoint(str(checkpoint))
        self.trained.restore(json.loads((checkpoint / _STATE).read_text())["strategy"], checkpoint)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is None:
            return
        state = json.loads((Path(checkpoint) / _STATE).read_text())
        if state["world"] != self.accelerator.num_processes:
            changed = (
                f"this run went on {state['world']} processes before and goes on {self.accelerator.num_processes} now: "
                "the same problems, but other samples than without the interruption"
            )
            warnings.warn(changed, stacklevel=2)
            self.remarks.append(changed)
        for name, one in self.remembering.items():
            if name in state:
                one.restore(state[name])
            else:
                self.remarks.append(f"the checkpoint is of an earlier version and holds nothing of the {name}")
        if any(entry["to"] == self.state.global_step for entry in self.folder.rollbacks):
            self.guard.good = self.state.global_step  # its own state is from before that was known
        self.trained.restore(state["strategy"], Path(checkpoint))
        self.keep_pace()
        # TRL starts counting micro-steps at 0 after a resume, which would shift the phase of its generations.
        self._step = self.state.global_step * self.args.gradient_accumulation_steps
