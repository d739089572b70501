"""Completions of many prompts at once: greedy or at a temperature, without touching the training's random state."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from trainer_client.loading.models import Prompt, mixed_precision, prompt_tokens
from trainer_client.sampling.backend import chosen
from trainer_client.sampling.decoder import Decoder
from trainer_client.sampling.session import Ids, Session, Spoken


@dataclass(frozen=True)
class Decoding:
    """How to decode; temperature 0 is greedy."""

    temperature: float
    max_completion: int
    batch: int = 256
    seed: int = 0
    max_episode: int = 0
    """Tokens of all turns together, replies included; 0 where there is one turn."""
    sampler: str = "auto"
    """As `grpo.sampler`; what is not `own` is transformers' here."""


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
    ids: Sequence[Ids],
    how: Decoding,
    stop: str | None = None,
) -> list[Ids]:
    """Return the tokens that follow each row, up to the first end token and with it, in order.

    A row also ends where the text `stop` stands in what follows; then all of the batch's other rows go on, and
    transformers decodes.
    """
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))  # alike lengths together: less padding
    done: dict[int, Ids] = {}
    decoder = None if stop else _decoder(model, how)
    with _apart(model, how.seed):
        for at in range(0, len(order), how.batch):
            rows = order[at : at + how.batch]
            given = [ids[i] for i in rows]
            if decoder is None:
                found = _batch(model, tokenizer, given, how, stop)
            else:
                session = Session(decoder, end_tokens(model, tokenizer), how.temperature)
                found = [said.ids for said in session.go_on(given, how.max_completion)]
            done |= dict(zip(rows, found, strict=True))
    return [done[i] for i in range(len(ids))]


def conversing(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, how: Decoding
) -> Callable[[Sequence[Ids]], list[Spoken]]:
    """Return a function that continues texts turn by turn; the own loop reads of a text only what is new."""
    turns = count(how.seed)
    decoder = _decoder(model, how)
    if decoder is None:
        return lambda rows: spoken(continued(model, tokenizer, rows, replace(how, seed=next(turns))))
    session = Session(decoder, end_tokens(model, tokenizer), how.temperature, keep=True)

    def go_on(rows: Sequence[Ids]) -> list[Spoken]:
        with _apart(model, next(turns)):
            return session.go_on(rows, how.max_completion)

    return go_on


def spoken(rows: Sequence[Ids]) -> list[Spoken]:
    """Return what was said by somebody who does not tell how likely it was."""
    return [Spoken(ids, []) for ids in rows]


def _decoder(model: PreTrainedModel, how: Decoding) -> Decoder | None:
    return Decoder(model) if chosen(how.sampler, model)[0] == "own" else None


@contextmanager
def _apart(model: PreTrainedModel, seed: int) -> Iterator[None]:
    """Let a model be evaluated, with random numbers of its own."""
    training = model.training
    model.eval()
    devices = [model.device] if model.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices), mixed_precision(model):
            torch.manual_seed(seed)
            yield
    finally:
        model.train(training)


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
