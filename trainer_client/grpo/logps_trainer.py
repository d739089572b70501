"""TRL's GRPOTrainer with the `logps` seam: old, reference and current log-probabilities of a batch on one trunk.

TRL computes the old and the reference policy's after sampling, for other groups of rows than the loss takes. Here they
are computed in the loss's own batches when these come up for the first time. The old policy's are then the current
ones' first values, which costs nothing, since a generation's first update is made before any weight has moved; and the
reference's differ from the policy's by the weights that train alone, so that all of them share a frozen trunk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from math import isnan
from typing import Any

import torch
from accelerate.utils import gather_object

from trainer_client.client import EnvClient
from trainer_client.config import GrpoConfig
from trainer_client.errors import BadConfig, SeamBroken
from trainer_client.grpo.length_groups import Tensors, by_length
from trainer_client.grpo.reference import Reference
from trainer_client.grpo.strategy_trainer import StrategyTrainer
from trainer_client.grpo.trunk import TrunkCache, no_trunk, trunk_depth
from trainer_client.run.run_folder import RunFolder
from trainer_client.strategies import Strategy

_TOLERANCE = 1e-3  # nats, where kernels need not give the same bits twice; on a CPU none at all
_SAMPLED_APART = 0.01  # nats between what the own loop and the loss say of a token, in float32, at most


class LogpsTrainer(StrategyTrainer):
    """GRPO whose log-probabilities are computed when the loss asks for them. TRL itself is to be told beta=0."""

    def __init__(self, grpo: GrpoConfig, strategy: Strategy, client: EnvClient, folder: RunFolder, **trl: Any) -> None:
        self.weight = grpo.beta
        """Of the divergence from the reference."""
        self.current: torch.Tensor | None = None
        """The policy's log-probabilities in the loss that is computed, with their graph."""
        self._generating = False
        super().__init__(strategy, client, folder, **trl)
        policy = self.accelerator.unwrap_model(self.model)
        self.reference = Reference(policy, self.trained.parts) if self.weight else None
        self.trunk = TrunkCache(policy, self._depth(grpo, strategy, policy))
        self._proved = False

    def _depth(self, grpo: GrpoConfig, strategy: Strategy, policy: Any) -> int:
        """Return how much of the model is computed once; raises `BadConfig` where it was asked for and cannot be."""
        wanted = grpo.trunk_cache and (self.weight or grpo.iterations > 1)
        if not wanted and grpo.trunk_cache is not True:
            return 0  # what would be refused is not asked for: it takes a pass of the model
        if reason := no_trunk(strategy, policy):
            if grpo.trunk_cache is True:
                raise BadConfig(f"grpo.trunk_cache: {reason}")
            return 0
        return trunk_depth(strategy, self.trained.anatomy) if wanted else 0

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._generating = True
        try:
            return super()._generate_and_score_completions(inputs)
        finally:
            self._generating = False

    def _get_per_token_logps_and_entropies(self, model: Any, *args: Any, **kwargs: Any) -> Tensors:
        if self._generating and not self.use_vllm:
            return None, None, None  # what TRL wants for old ones: they are the loss's first values
        found = self.passed(model, *args, **kwargs)
        self.current = found[0]
        return found

    def passed(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        *args: Any,
        **kwargs: Any,
    ) -> Tensors:
        """Return what TRL computes of a batch, in groups of rows of like length."""
        groups = count()

        def one(ids: torch.Tensor, mask: torch.Tensor, width: int) -> Tensors:
            with self.trunk.group(next(groups)):
                return self._forward(model, ids, mask, width, *args, **kwargs)

        with self.profile.part("logps"):
            return by_length(one, input_ids, attention_mask, logits_to_keep)

    def _forward(self, model: Any, *args: Any, **kwargs: Any) -> Tensors:
        """Return what TRL computes of rows of like length."""
        return super()._get_per_token_logps_and_entropies(model, *args, **kwargs)

    def referred(self, *where: Any) -> torch.Tensor:
        """Return the reference's log-probabilities; `where` as in `passed`."""
        assert self.reference is not None
        with torch.no_grad(), self.reference.standing_in() as model:
            logps: torch.Tensor = self.passed(model, *where)[0]
        return logps

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Compute TRL's loss of a batch; what its later updates need as well is left in `inputs`."""
        with self._losing():
            with self.trunk.of(inputs.setdefault("trunk", {})):
                if self._refers and "ref_per_token_logps" not in inputs:
                    inputs["ref_per_token_logps"] = self.referred(*where(inputs))
                loss = self._loss(model, inputs, *args, **kwargs)
            assert self.current is not None
            said, self.current = self.current.detach(), None
            if self.trunk.repeated and not self._proved:
                self._prove(inputs, said)
        if "old_per_token_logps" not in inputs:
            self._compare(inputs, said)
            if self.num_iterations > 1:
                inputs["old_per_token_logps"] = said
        if (self.state.global_step + 1) % self.num_iterations == 0:
            inputs["trunk"].clear()  # nothing asks for it any more, and the next generation is sampled beside it
        return loss

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """Be in a loss: the passes within are those that it takes."""
        yield

    def _loss(self, *args: Any, **kwargs: Any) -> Any:
        """Return TRL's loss of a batch; `current` is what it was computed from."""
        return super().compute_loss(*args, **kwargs)

    @property
    def _refers(self) -> bool:
        """Whether the loss reads the reference's log-probabilities."""
        return bool(self.weight)

    def _compare(self, inputs: dict[str, Any], said: torch.Tensor) -> None:
        """Hold what the own loop said of its tokens against what the loss says of them.

        Raises `SeamBroken` where they are further apart than rounding takes them.
        """
        if "sampling_per_token_logps" not in inputs or self.use_vllm or self.trained.plan.thins:
            return
        mask = inputs["completion_mask"] * inputs.get("tool_mask", 1)
        apart = self._most(((said - inputs["sampling_per_token_logps"]).abs() * mask).max())
        self._metrics["train"]["sampling/apart"].append(apart)
        if said.device.type == "cpu" and not apart <= _SAMPLED_APART:
            raise SeamBroken(
                f"the own decode loop is {apart:.3g} nats from the model: nothing was trained on it; set "
                "grpo.sampler=hf, and tell us of this model"
            )

    def _most(self, apart: torch.Tensor) -> float:
        """Return the largest of all ranks, so that all of them stop alike; what is no number is larger than any."""
        values = gather_object([float(apart)])
        return max(values, key=lambda value: (isnan(value), value))

    def _prove(self, inputs: dict[str, Any], said: torch.Tensor) -> None:
        """Compute the batch once more without the trunk's memory, and compare; once a run.

        Raises `SeamBroken` where it is not the same.
        """
        with torch.no_grad():
            plain = self.passed(self.accelerator.unwrap_model(self.model), *where(inputs))[0]
        apart = self._most(((plain - said).abs() * inputs["completion_mask"]).max())
        if not apart <= (0.0 if said.device.type == "cpu" else _TOLERANCE):
            raise SeamBroken(
                f"the trunk that is computed once gives log-probabilities that are {apart:.3g} nats from the model's: "
                "nothing was trained on them; set grpo.trunk_cache=false, and tell us of this model"
            )
        self._proved = True


def where(inputs: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Return the ids, the mask and the completions' width of a batch."""
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
    return ids, mask, inputs["completion_ids"].size(1)
