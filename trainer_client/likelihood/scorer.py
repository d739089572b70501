"""How likely a model finds a text behind another: one teacher-forced pass, in float32, over the text's tokens alone."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from trainer_client.errors import TrainerError
from trainer_client.likelihood.modes import Likelihood
from trainer_client.loading.models import mixed_precision

Pair = tuple[Sequence[int], Sequence[int]]
"""Token ids, and those behind them whose likelihood is asked."""


class Scorer:
    """A frozen model: one of its own, or the policy with its adapter off.

    The two parts of a pair are tokenised apart, so that the answer has the same tokens behind every text.
    """

    def __init__(self, model: Any, tokenizer: PreTrainedTokenizerBase, adapter_off: bool, batch: int = 64) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.adapter_off = adapter_off
        self.batch = batch

    def frozen(self) -> AbstractContextManager[None]:
        """Let the model be the base for a while."""
        return self.model.disable_adapter() if self.adapter_off else nullcontext()

    def encoded(self, text: str) -> list[int]:
        """Return the ids of a text as it stands in the middle of another; what spells a special token is not one."""
        found = self.tokenizer(text=text, add_special_tokens=False, split_special_tokens=True)
        return list(found["input_ids"])

    def likelihoods(self, pairs: Sequence[Pair]) -> list[Likelihood]:
        """Return the likelihood of each second part; pairs of like length are computed together."""
        # Every pair once: the same text in two batches would differ in its last bits, and be ranked by them.
        keys = [(tuple(before), tuple(behind)) for before, behind in pairs]
        order = sorted(dict.fromkeys(keys), key=lambda pair: len(pair[0]) + len(pair[1]))
        found: dict[Pair, Likelihood] = {}
        with torch.inference_mode(), self.frozen(), mixed_precision(self.model):
            for start in range(0, len(order), self.batch):
                part = order[start : start + self.batch]
                found |= zip(part, self._together(part), strict=True)
        return [found[key] for key in keys]

    def _together(self, pairs: Sequence[Pair]) -> list[Likelihood]:
        """Return the likelihoods of one batch, padded on the left, so that all second parts end together."""
        longest = max(len(before) + len(behind) for before, behind in pairs)
        kept = max(len(behind) for _, behind in pairs)
        device = self.model.device
        ids = torch.zeros(len(pairs), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, (before, behind) in enumerate(pairs):
            whole = [*before, *behind]
            ids[row, longest - len(whole) :] = torch.tensor(whole)
            mask[row, longest - len(whole) :] = 1
        ids, mask = ids.to(device), mask.to(device)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        logits = self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=kept + 1, use_cache=False
        ).logits[:, :-1]
        logps = torch.log_softmax(logits.float(), dim=-1).gather(-1, ids[:, -kept:, None])[..., 0].cpu()
        if bool(logps.isnan().any()):
            raise TrainerError("likelihood: the base says that probabilities are no numbers")
        return [Likelihood(tuple(logps[row, kept - len(behind) :].tolist())) for row, (_, behind) in enumerate(pairs)]
