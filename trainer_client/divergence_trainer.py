"""TRL's GRPOTrainer with other divergences from the reference than its own k3: the `loss` seam.

TRL's loss is computed as if there were none, and the term of `divergences.py` is added to it, averaged in the same way.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from accelerate.utils import gather_object

from trainer_client.client import EnvClient
from trainer_client.config import GrpoConfig
from trainer_client.divergences import FULL, SAMPLED, averaged
from trainer_client.estimators import mean
from trainer_client.length_groups import Tensors
from trainer_client.run_folder import RunFolder
from trainer_client.strategies import Strategy
from trainer_client.strategy_trainer import StrategyTrainer

_OF_TRL = frozenset({"k3", "k3_uncorrected"})


class DivergenceTrainer(StrategyTrainer):
    """GRPO whose policy is held near its reference by `grpo.divergence`, weighted with `grpo.beta`."""

    beta: float

    def __init__(self, grpo: GrpoConfig, strategy: Strategy, client: EnvClient, folder: RunFolder, **trl: Any) -> None:
        self.divergence = grpo.divergence
        self.alpha = grpo.alpha
        self._in_loss = False
        self._logps: torch.Tensor | None = None
        self._apart: torch.Tensor | None = None
        self._passes: list[tuple[Any, torch.Tensor]] = []
        super().__init__(strategy, client, folder, **trl)

    @property
    def _own(self) -> bool:
        """Whether the divergence is ours to compute."""
        return bool(self.args.beta) and self.divergence not in _OF_TRL

    @contextmanager
    def _without_trls(self) -> Iterator[None]:
        """Let TRL compute no divergence, nor what it would need for one."""
        before, self.beta = self.beta, 0.0
        try:
            yield
        finally:
            self.beta = before

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._passes = []
        with self._without_trls() if self._own and self.divergence in FULL else nullcontext():
            return super()._generate_and_score_completions(inputs)

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        rewards = super()._calculate_rewards(*args, **kwargs)
        if not (self._own and self.divergence == "k1_in_reward"):
            return rewards
        apart = self._distance().to(rewards.device)
        self._metrics["train"]["divergence"].append(float(apart.mean()))
        # One reward function: its column is the reward, NaN where nobody could judge.
        return rewards - self.args.beta * apart[:, None]

    def _distance(self) -> torch.Tensor:
        """Return Σ (log p - log q) over the tokens of every completion of all ranks."""
        (where, reference), *others = reversed(self._passes)
        if others:
            policy = others[0][1]
        else:
            with torch.no_grad():
                policy = self._get_per_token_logps_and_entropies(
                    self.model, *where, batch_size=self.args.per_device_train_batch_size
                )[0]
        mask = where[1][:, -where[2] :]
        return self.accelerator.gather(((policy - reference) * mask).sum(-1))

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        *args: Any,
        **more: Any,
    ) -> Tensors:
        logps, entropies, balance, *apart = super()._get_per_token_logps_and_entropies(
            model, input_ids, attention_mask, logits_to_keep, *args, **more
        )
        if self._in_loss:
            self._logps, self._apart = logps, apart[0] if apart else None
        else:
            self._passes.append(((input_ids, attention_mask, logits_to_keep), logps))
        return logps, entropies, balance

    def _forward(
        self, model: Any, ids: torch.Tensor, mask: torch.Tensor, width: int, *args: Any, **more: Any
    ) -> Tensors:
        """Return what TRL asks of a model and, in a loss that needs it, the divergence at every token."""
        if not (self._in_loss and self._own and self.divergence in FULL):
            return super()._forward(model, ids, mask, width, *args, **more)
        with torch.no_grad(), self._reference() as reference:
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

    @contextmanager
    def _reference(self) -> Iterator[Any]:
        """Yield the model that the policy is held near: the start model, or the policy with its adapter off."""
        if self.ref_model is not None:
            yield self.ref_model
        else:
            policy: Any = self.accelerator.unwrap_model(self.model)
            with policy.disable_adapter():
                yield policy

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if not self._own:
            return super().compute_loss(model, inputs, *args, **kwargs)
        self._in_loss = True
        try:
            with self._without_trls():
                loss = super().compute_loss(model, inputs, *args, **kwargs)
            return loss if self.divergence == "k1_in_reward" else loss + self.args.beta * self._penalty(inputs)
        finally:
            self._in_loss, self._logps, self._apart = False, None, None

    def _penalty(self, inputs: dict[str, Any]) -> torch.Tensor:
        mask = inputs["completion_mask"] * inputs.get("tool_mask", 1)
        if self.divergence in FULL:
            assert self._apart is not None
            apart = self._apart
        else:
            apart = SAMPLED[self.divergence].of(self._logps, inputs["ref_per_token_logps"])
        local = float((apart.detach() * mask).sum() / mask.sum().clamp(min=1))
        self._metrics["train"]["divergence"].append(mean(gather_object([local])))
        steps = self.current_gradient_accumulation_steps
        tokens = inputs["num_items_in_batch"].clamp(min=1) / self.accelerator.num_processes
        # dapo's number of tokens is that of the generation, of which an update may take a part.
        tokens = tokens * steps / self.args.steps_per_generation
        averages = averaged(apart, mask, self.loss_type, self.max_completion_length, tokens)
        return averages if self.loss_type == "dapo" else averages / steps
