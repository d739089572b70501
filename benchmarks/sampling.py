"""Tokens per second of the own decode loop and of transformers' `generate`, in turn; turns with what was read kept.

Texts are sampled by models that were not trained, so that their lengths are a matter of chance alone: a token in a
hundred is an end.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from transformers import Qwen2ForCausalLM

from trainer_client.answers.decoding import Decoding, continued
from trainer_client.loading.tiny import character_tokenizer, tiny_config
from trainer_client.sampling.decoder import Decoder
from trainer_client.sampling.session import Ids, Session

_TURNS, _SAID, _REPLY = 6, 16, 30  # as in a reduction: an operation is short, the matrix that is shown is not
_NEVER = [-1]  # nobody ends before a turn is over: the same lengths are read and said on all sides
_TOKENIZER = character_tokenizer()


@dataclass(frozen=True)
class Batch:
    """Questions of one length, each asked so often, of a model that was not trained."""

    layers: int
    hidden: int
    questions: int
    samples: int
    length: int
    room: int

    @property
    def name(self) -> str:
        return f"{self.layers} layers, hidden {self.hidden}, {self.questions} questions x {self.samples}"

    @cached_property
    def model(self) -> Any:
        torch.manual_seed(0)
        return Qwen2ForCausalLM(tiny_config(self.hidden, self.layers)).eval()

    @cached_property
    def rows(self) -> list[Ids]:
        return [row for row in _texts(self.questions, self.length) for _ in range(self.samples)]

    def said(self, sampler: str, seed: int) -> float:
        """Return tokens per second."""
        how = Decoding(1.0, self.room, batch=len(self.rows), seed=seed, sampler=sampler)
        started = time.perf_counter()
        tokens = sum(map(len, continued(self.model, _TOKENIZER, self.rows, how)))
        return tokens / (time.perf_counter() - started)

    # -- turns: three ways to go on -----------------------------------------------------------------------------

    def kept(self) -> Callable[[list[Ids]], list[Ids]]:
        session = Session(Decoder(self.model), _NEVER, 1.0, keep=True)
        return lambda rows: [one.ids for one in session.go_on(rows, _SAID)]

    def anew(self) -> Callable[[list[Ids]], list[Ids]]:
        return lambda rows: [one.ids for one in Session(Decoder(self.model), _NEVER, 1.0).go_on(rows, _SAID)]

    def theirs(self) -> Callable[[list[Ids]], list[Ids]]:
        how = Decoding(1.0, _SAID, batch=len(self.rows), sampler="hf")
        # It ends some rows, and pads them while it goes on with the others: filled up, all are of one length.
        return lambda rows: [(ids + [50] * _SAID)[:_SAID] for ids in continued(self.model, _TOKENIZER, rows, how)]

    def played(self, turn: Callable[[list[Ids]], list[Ids]]) -> float:
        """Return the seconds of all turns."""
        started, rows = time.perf_counter(), self.rows
        for at in range(_TURNS):
            replies = _texts(len(rows), _REPLY, seed=at)
            rows = [row + ids + reply for row, ids, reply in zip(rows, turn(rows), replies, strict=True)]
        return time.perf_counter() - started


SAMPLED = [
    Batch(2, 64, 64, 8, 30, 32),
    Batch(2, 64, 4, 8, 30, 32),
    Batch(2, 64, 256, 1, 30, 32),
    Batch(4, 128, 16, 8, 30, 48),
    Batch(8, 128, 8, 8, 60, 48),
]
TURNS = [Batch(2, 64, 8, 8, 120, _SAID), Batch(8, 128, 8, 8, 120, _SAID)]


def bench_sampling(rounds: int, batches: Sequence[Batch]) -> Iterator[tuple[str, str]]:
    """Yield tokens per second of both, for models and groups of several sizes."""
    for batch in batches:
        rates = [(batch.said("hf", seed), batch.said("own", seed)) for seed in range(rounds)]
        theirs, own = (statistics.median(side) for side in zip(*rates, strict=True))
        figure = f"hf {theirs:,.0f}, own {own:,.0f} tokens/s: {spread([b / a for a, b in rates])}"
        yield f"sampling, {batch.name}", figure


def bench_turns(rounds: int, batches: Sequence[Batch]) -> Iterator[tuple[str, str]]:
    """Yield the seconds of six turns, with what was read kept, and read anew in each."""
    for batch in batches:
        ways = (batch.kept, batch.anew, batch.theirs)
        rows = [[batch.played(way()) for way in ways] for _ in range(rounds)]
        own, *others = (statistics.median(side) for side in zip(*rows, strict=True))
        for at, name in enumerate(("read anew by the own loop", "read anew by transformers")):
            figure = f"{others[at]:.3f} s, kept {own:.3f} s: {spread([row[at + 1] / row[0] for row in rows])}"
            yield f"{_TURNS} turns, {batch.name}: {name}", figure


def spread(ratios: Sequence[float]) -> str:
    """Return the median of ratios, and their range."""
    return f"x {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _texts(count: int, length: int, seed: int = 0) -> list[Ids]:
    drawn = torch.Generator().manual_seed(seed)
    return [torch.randint(3, 98, (length,), generator=drawn).tolist() for _ in range(count)]
