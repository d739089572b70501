"""Completions of many prompts at once: greedy or at a temperature, without touching the training's random state."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from trainer_client.models import Prompt, mixed_precision, prompt_tokens


@dataclass(frozen=True)
class Decoding:
    """How to decode; temperature 0 is greedy."""

    temperature: float
    max_completion: int
    batch: int = 256
    seed: int = 0
    max_episode: int = 0
    """Tokens of all turns together, replies included; 0 where there is one turn."""


@dataclass(frozen=True)
class Completion:
    """One completion; `truncated` when the length limit ended it."""

    text: str
    truncated: bool
    length: int = 0
    """In tokens, or in characters where an endpoint does not say."""


def complete(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt], how: Decoding
) -> list[Completion]:
    """Return one completion per prompt, in order. The random state is forked and seeded from `how.seed`."""
    ends = end_tokens(model, tokenizer)
    found = continued(model, tokenizer, [prompt_tokens(prompt, tokenizer) for prompt in prompts], how)
    return [_completion(ids, ends, tokenizer) for ids in found]


@torch.no_grad()
def continued(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    ids: Sequence[list[int]],
    how: Decoding,
    stop: str | None = None,
) -> list[list[int]]:
    """Return the tokens that follow each row, up to the first end token and with it, in order.

    A row also ends where the text `stop` stands in what follows; then all of the batch's other rows go on.
    """
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))  # alike lengths together: less padding
    training = model.training
    model.eval()
    done: dict[int, list[int]] = {}
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), mixed_precision(model):
        torch.manual_seed(how.seed)
        for at in range(0, len(order), how.batch):
            rows = order[at : at + how.batch]
            done |= dict(zip(rows, _batch(model, tokenizer, [ids[i] for i in rows], how, stop), strict=True))
    model.train(training)
    return [done[i] for i in range(len(ids))]


def _batch(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    ids: list[list[int]],
    how: Decoding,
    stop: str | None,
) -> list[list[int]]:
    pad = int(tokenizer.pad_token_id)
    rows = pad_sequence([torch.tensor(x) for x in ids], batch_first=True, padding_value=pad, padding_side="left")
    lengths = torch.tensor([len(x) for x in ids])
    mask = torch.arange(rows.size(1)).unsqueeze(0) >= (rows.size(1) - lengths).unsqueeze(1)
    ends = end_tokens(model, tokenizer)
    config = GenerationConfig(
        max_new_tokens=how.max_completion,
        do_sample=how.temperature > 0,
        temperature=how.temperature or None,
        # The whole distribution, as in training: what is None here, a model's own generation config fills in.
        top_k=0,
        top_p=1.0,
        repetition_penalty=1.0,
        pad_token_id=pad,
        eos_token_id=ends,
        stop_strings=stop,
    )
    output = model.generate(
        input_ids=rows.to(model.device),
        attention_mask=mask.long().to(model.device),
        generation_config=config,
        tokenizer=tokenizer if stop else None,
    )
    return [_ended(row, ends) for row in output[:, rows.size(1) :].tolist()]


def _ended(row: list[int], ends: list[int]) -> list[int]:
    stop = next((i for i, token in enumerate(row) if token in ends), None)
    return row if stop is None else row[: stop + 1]


def _completion(ids: list[int], ends: list[int], tokenizer: PreTrainedTokenizerBase) -> Completion:
    ended = bool(ids) and ids[-1] in ends
    text = tokenizer.decode(ids[:-1] if ended else ids, skip_special_tokens=True)
    return Completion(str(text), not ended, len(ids))


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the tokens that end a turn: the tokenizer's, and those of the model's generation config."""
    declared = model.generation_config.eos_token_id if model.generation_config else None
    listed = declared if isinstance(declared, list) else [] if declared is None else [declared]
    return sorted({int(tokenizer.eos_token_id), *listed})
