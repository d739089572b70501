"""Texts that go on: a batch is continued until every text has come to an end, and again after the next reply.

Rows with one beginning share it, rows that are done leave the batch, and what was read is kept for the next turn.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import torch
from torch.nn.utils.rnn import pad_sequence

from trainer_client.sampling.decoder import Decoder
from trainer_client.sampling.draw import drawn
from trainer_client.sampling.keys_values import Own, Shared

_LEAVE = 0.75  # rows that are done leave when fewer than this share still go on: moving keys and values costs too

Ids = list[int]


@dataclass(frozen=True)
class Spoken:
    """What follows a text: tokens, up to the first one that ends it and with it, and their log-probabilities."""

    ids: Ids
    logps: list[float]


Done = Callable[[int, Ids], None]
"""Told of a row that has come to its end while others go on: its number, and what follows it."""


class Session:
    """Continues texts by one decoder; with `keep` a text that is given again, longer, is not read again."""

    def __init__(self, decoder: Decoder, ends: Collection[int], temperature: float, keep: bool = False) -> None:
        self.decoder = decoder
        self.temperature = temperature
        self.keep = keep
        self._ends = torch.tensor(sorted(ends), device=decoder.device)
        self._known: list[Ids] = []
        """The texts that are held, as far as they were read."""
        self._shared: Shared | None = None
        self._own: Own | None = None

    @torch.inference_mode()
    def go_on(self, rows: Sequence[Ids], room: int, done: Done | None = None) -> list[Spoken]:
        """Return what follows each row, at most `room` tokens."""
        logits, shared, own = self._read(rows, room)
        spoken, own = self._spoken(logits, shared, own, room, done)
        if self.keep:
            self._shared, self._own = shared, own
            # The last token was drawn and not read.
            self._known = [[*row, *said.ids[:-1]] for row, said in zip(rows, spoken, strict=True)]
        return spoken

    # -- what is given -------------------------------------------------------------------------------------------

    def _read(self, rows: Sequence[Ids], room: int) -> tuple[torch.Tensor, Shared, Own]:
        found = self._recalled(rows)
        if found is None:
            return self._read_anew(rows, room)
        assert self._shared is not None
        assert self._own is not None
        chosen = torch.tensor(found, device=self.decoder.device)
        new = [row[len(self._known[at]) :] for row, at in zip(rows, found, strict=True)]
        own = self._own.chosen(chosen, self._own.longest + max(map(len, new)) + room)
        shared = self._shared.chosen(chosen)
        tokens, counts = self._laid(new)
        return self.decoder.go_on(tokens, counts, shared, own), shared, own

    def _read_anew(self, rows: Sequence[Ids], room: int) -> tuple[torch.Tensor, Shared, Own]:
        """Read every distinct row once."""
        distinct = {key: at for at, key in enumerate(dict.fromkeys(map(tuple, rows)))}
        tokens, counts = self._laid([list(key) for key in distinct])
        logits, layers = self.decoder.read(tokens, counts)
        of = torch.tensor([distinct[tuple(row)] for row in rows], device=self.decoder.device)
        return logits[of], Shared(layers, counts, of), Own.empty(layers, len(rows), room)

    def _recalled(self, rows: Sequence[Ids]) -> list[int] | None:
        """Return which of the texts that are held each row goes on from; None where one is not known.

        Rows come in the order in which they came before, without those that have ended.
        """
        found, at = [], 0
        for row in rows:
            while at < len(self._known) and not _begins(row, self._known[at]):
                at += 1
            if at == len(self._known):
                return None
            found.append(at)
            at += 1
        return found

    def _laid(self, rows: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return rows as a matrix padded on the right, and their lengths."""
        laid = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
        return laid.to(self.decoder.device), torch.tensor([len(row) for row in rows], device=self.decoder.device)

    # -- what is said --------------------------------------------------------------------------------------------

    def _spoken(
        self, logits: torch.Tensor, shared: Shared, own: Own, room: int, done: Done | None
    ) -> tuple[list[Spoken], Own]:
        """Return what follows each row, and what is held of all of them then."""
        rows = len(logits)
        whole, began, device = own, own.lengths.clone(), self.decoder.device
        live = torch.arange(rows, device=device)  # the rows that are in the batch
        going = torch.ones(rows, dtype=torch.bool, device=device)  # of these, the ones that have not ended
        said = torch.zeros(rows, room, dtype=torch.long, device=device)
        likely = torch.zeros(rows, room, device=device)
        lengths = torch.full((rows,), room, device=device)
        ones = torch.ones_like(live)
        for at in range(room):
            token, logp = drawn(logits, self.temperature)
            said[live, at], likely[live, at] = token, logp
            ended = going & torch.isin(token, self._ends)
            if bool(ended.any()):
                lengths[live[ended]] = at + 1
                going = going & ~ended
                _tell(done, live[ended], said, at + 1)
                left = int(going.sum())
                if not left:
                    break
                if left < _LEAVE * len(live):
                    own = self._left(whole, own, live, going, room - at)
                    shared = shared.chosen(going.nonzero()[:, 0])
                    live, token = live[going], token[going]
                    going = going[going]
            if at + 1 < room:
                logits = self.decoder.go_on(token[:, None], ones[: len(live)], shared, own)
        if self.keep:
            if own is not whole:
                whole.take_back(own, torch.arange(len(live), device=device), live)
            # What a row read behind its own end, while it was still in the batch, is not its own.
            whole.limit(began + lengths - 1)
        return _rows(said, likely, lengths), whole

    def _left(self, whole: Own, own: Own, live: torch.Tensor, going: torch.Tensor, room: int) -> Own:
        """Return what is held of the rows that go on; of the others it is put aside, where it will be needed."""
        if self.keep and own is not whole:
            gone = (~going).nonzero()[:, 0]
            whole.take_back(own, gone, live[gone])
        return own.chosen(going.nonzero()[:, 0], own.longest + room)


def _begins(row: Ids, known: Ids) -> bool:
    return len(known) < len(row) and row[: len(known)] == known


def _tell(done: Done | None, rows: torch.Tensor, said: torch.Tensor, length: int) -> None:
    if done is not None:
        for row, ids in zip(rows.tolist(), said[rows, :length].tolist(), strict=True):
            done(row, ids)


def _rows(said: torch.Tensor, likely: torch.Tensor, lengths: torch.Tensor) -> list[Spoken]:
    counts, ids, logps = lengths.tolist(), said.tolist(), likely.tolist()
    return [Spoken(ids[row][:n], logps[row][:n]) for row, n in enumerate(counts)]
