"""TRL's GRPOTrainer with other divergences from the reference than its own k3: the `loss` seam.

TRL's loss is computed as if there were none, and the term of `divergences.py` is added to it, averaged in the same way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from accelerate.utils import gather_object
from trl.trainer.utils import pad

from envserver.intervals import mean
from trainer_client.client import EnvClient
from trainer_client.config import GrpoConfig
from trainer_client.grpo.divergences import FULL, SAMPLED, averaged
from trainer_client.grpo.length_groups import Tensors
from trainer_client.grpo.logps_trainer import LogpsTrainer, where
from trainer_client.run.run_folder import RunFolder
from trainer_client.strategies import Strategy

_OF_TRL = frozenset({"k3", "k3_uncorrected"})


class DivergenceTrainer(LogpsTrainer):
    """GRPO whose policy is held near its reference by `grpo.divergence`, weighted with `grpo.beta`."""

    beta: float
    """TRL's weight of its own k3: not 0 only while it computes a loss with that."""

    def __init__(self, grpo: GrpoConfig, strategy: Strategy, client: EnvClient, folder: RunFolder, **trl: Any) -> None:
        self.divergence = grpo.divergence
        self.alpha = grpo.alpha
        self._in_loss = False
        self._apart: torch.Tensor | None = None
        self._said: tuple[list[list[int]], list[list[int]]] = ([], [])
        super().__init__(grpo, strategy, client, folder, **trl)

    @property
    def _own(self) -> bool:
        """Whether the divergence is ours to compute."""
        return bool(self.weight) and self.divergence not in _OF_TRL

    @property
    def _refers(self) -> bool:
        return bool(self.weight) and self.divergence not in FULL and self.divergence != "k1_in_reward"

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        found = super()._generate(*args, **kwargs)
        self._said = found[0], found[1]
        return found

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        rewards = super()._calculate_rewards(*args, **kwargs)
        if not (self._own and self.divergence == "k1_in_reward"):
            return rewards
        apart = self._distance().to(rewards.device)
        self._metrics["train"]["divergence"].append(float(apart.mean()))
        # One reward function: its column is the reward, NaN where nobody could judge.
        return rewards - self.weight * apart[:, None]

    def _distance(self) -> torch.Tensor:
        """Return Σ (log p - log q) over the tokens of every completion of all ranks."""
        device, filler = self.accelerator.device, self._tokenizer.pad_token_id
        sides = zip(("prompt", "completion"), self._said, ("left", "right"), strict=True)
        batch: dict[str, torch.Tensor] = {}
        for name, rows, side in sides:
            ids = [torch.tensor(row) for row in rows]
            batch[f"{name}_ids"] = pad(ids, filler, side).to(device)
            batch[f"{name}_mask"] = pad([torch.ones_like(row) for row in ids], 0, side).to(device)
        with torch.no_grad():
            policy = self.passed(self.model, *where(batch), batch_size=self.args.per_device_train_batch_size)[0]
        apart = (policy - self.referred(*where(batch))) * batch["completion_mask"]
        return self.accelerator.gather(apart.sum(-1))

    def _forward(
        self, model: Any, ids: torch.Tensor, mask: torch.Tensor, width: int, *args: Any, **more: Any
    ) -> Tensors:
        """Return what TRL asks of a model and, in a loss that needs it, the divergence at every token."""
        if not (self._in_loss and self._own and self.divergence in FULL):
            return super()._forward(model, ids, mask, width, *args, **more)
        assert self.reference is not None
        with torch.no_grad(), self.reference.standing_in() as reference:
            other = self._distribution(reference, ids, mask, width)
        self.trained.hold()  # switching an adapter off and on again thaws all of it
        own = self._distribution(model, ids, mask, width)
        logps = own.gather(-1, ids[:, -width:, None])[..., 0]
        entropy = -(own.detach().exp() * own.detach()).sum(-1)
        return logps, entropy, None, FULL[self.divergence].of(own, other, self.alpha)

    def _distribution(self, model: Any, ids: torch.Tensor, mask: torch.Tensor, width: int) -> torch.Tensor:
        """Return the log-probabilities of the whole vocabulary, rows x tokens x vocabulary, in float32."""
        with self.accelerator.autocast():
            logits = model(input_ids=ids, attention_mask=mask, logits_to_keep=width + 1).logits[:, :-1]
        return torch.log_softmax(logits.float() / self.temperature, dim=-1)

    def _get_per_token_logps_and_entropies(self, *args: Any, **kwargs: Any) -> Tensors:
        logps, entropies, balance, *apart = super()._get_per_token_logps_and_entropies(*args, **kwargs)
        self._apart = apart[0] if apart else None
        return logps, entropies, balance

    @contextmanager
    def _losing(self) -> Iterator[None]:
        self._in_loss, self.beta = True, 0.0 if self._own else self.weight
        try:
            yield
        finally:
            self._in_loss, self.beta, self._apart = False, 0.0, None

    def _loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        loss = super()._loss(model, inputs, *args, **kwargs)
        if not self._own or self.divergence == "k1_in_reward":
            return loss
        return loss + self.weight * self._penalty(inputs)

    def _penalty(self, inputs: dict[str, Any]) -> torch.Tensor:
        mask = inputs["completion_mask"] * inputs.get("tool_mask", 1)
        if self.divergence in FULL:
            assert self._apart is not None
            apart = self._apart
        else:
            apart = SAMPLED[self.divergence].of(self.current, inputs["ref_per_token_logps"])
        local = float((apart.detach() * mask).sum() / mask.sum().clamp(min=1))
        self._metrics["train"]["divergence"].append(mean(gather_object([local])))
        steps = self.current_gradient_accumulation_steps
        tokens = inputs["num_items_in_batch"].clamp(min=1) / self.accelerator.num_processes
        # dapo's number of tokens is that of the generation, of which an update may take a part.
        tokens = tokens * steps / self.args.steps_per_generation
        averages = averaged(apart, mask, self.loss_type, self.max_completion_length, tokens)
        return averages if self.loss_type == "dapo" else averages / steps
