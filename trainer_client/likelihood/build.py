"""The scoring that a configuration asks for, and what it needs."""

from typing import Any

from transformers import PreTrainedTokenizerBase

from trainer_client.answers.decoding import Decoding
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.grpo.scoring import Scoring
from trainer_client.likelihood.framing import frame_of
from trainer_client.likelihood.scorer import Scorer
from trainer_client.likelihood.scoring import LikelihoodScoring
from trainer_client.loading.models import load_model, load_tokenizer
from trainer_client.sampling.names import of_others


def scoring_of(
    config: TrainConfig, client: EnvClient, policy: Any, tokenizer: PreTrainedTokenizerBase, style: str
) -> Scoring:
    """Return how the completions of a run are scored; a base of its own is loaded here."""
    rollouts = config.grpo.rollouts_logged
    if config.likelihood is None:
        return Scoring(client, rollouts)
    base = config.likelihood.base
    own = (load_model(base), load_tokenizer(base)) if base else (policy, tokenizer)
    scorer = Scorer(*own, adapter_off=base is None)
    how = Decoding(
        0.0, config.grpo.max_completion, config.eval.batch, config.seed, sampler=of_others(config.grpo.sampler)
    )
    return LikelihoodScoring(config.likelihood, scorer, frame_of(style), how, client=client, rollouts=rollouts)
