"""Keys and values of many texts: those of a beginning that several of them share are held once.

A text is a shared beginning and a part of its own behind it. Beginnings are padded on the right to one width, and so
are own parts, whose lengths differ as soon as a conversation has several turns. Nothing is masked by its position in
memory: a place counts for a text if it lies below that text's length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

_STRIDE = 32  # own parts are looked at in multiples of so many places: matrices that are too small are slow

Layer = tuple[torch.Tensor, torch.Tensor]
"""Keys and values, each texts x heads x places x numbers."""


def padded(lengths: torch.Tensor, width: int, like: torch.Tensor) -> torch.Tensor:
    """Return what is added to scores, texts x width: 0 below each length, and minus infinity from there on."""
    beyond = torch.arange(width, device=like.device) >= lengths.unsqueeze(-1)
    return like.new_zeros(beyond.shape).masked_fill_(beyond, float("-inf"))


@dataclass
class Shared:
    """Beginnings: `layers` as beginnings x heads x places x numbers; which one each text has, and its place there."""

    layers: Sequence[Layer]
    lengths: torch.Tensor
    of: torch.Tensor
    """The beginning of each text."""

    def __post_init__(self) -> None:
        keys = self.layers[0][0]
        self.mask = padded(self.lengths, keys.size(2), keys)[:, None, None]
        counts = torch.bincount(self.of, minlength=len(self.lengths))
        self.most = int(counts.max())
        """The most texts that share a beginning."""
        order = self.of.argsort(stable=True)
        first = counts.cumsum(0) - counts
        place = torch.empty_like(self.of)
        place[order] = torch.arange(len(self.of), device=self.of.device) - first[self.of[order]]
        self._slots = self.of * self.most + place
        # The usual case, every beginning with as many texts and these beside each other, needs no moving about.
        self._even = bool((self._slots == torch.arange(len(self.of), device=self.of.device)).all())
        self._even &= len(self.of) == len(self.lengths) * self.most

    def together(self, rows: torch.Tensor) -> torch.Tensor:
        """Return rows of texts as beginnings x texts of each; places without a text are 0."""
        shape = (len(self.lengths), self.most, *rows.shape[1:])
        if self._even:
            return rows.view(shape)
        laid = rows.new_zeros((shape[0] * shape[1], *shape[2:]))
        laid[self._slots] = rows
        return laid.view(shape)

    def apart(self, laid: torch.Tensor) -> torch.Tensor:
        """Return beginnings x texts as rows of texts again."""
        rows = laid.reshape(-1, *laid.shape[2:])
        return rows if self._even else rows[self._slots]

    def chosen(self, rows: torch.Tensor) -> "Shared":
        """Return the beginnings of some texts; one that nobody has any more is dropped."""
        held, of = self.of[rows].unique(return_inverse=True)
        if len(held) == len(self.lengths):
            return Shared(self.layers, self.lengths, of)
        layers = [(keys[held], values[held]) for keys, values in self.layers]
        return Shared(layers, self.lengths[held], of)


class Own:
    """What each text has behind its beginning; places are written once, and read below `lengths`."""

    def __init__(self, layers: list[Layer], lengths: torch.Tensor) -> None:
        self.layers = layers
        self.lengths = lengths
        self.longest = int(lengths.max()) if len(lengths) else 0

    @classmethod
    def empty(cls, like: Sequence[Layer], texts: int, places: int) -> "Own":
        """Return room for so many texts, with heads and numbers as in `like`."""
        made = []
        for pair in like:
            heads, numbers = pair[0].size(1), pair[0].size(3)
            made.append(tuple(pair[0].new_zeros(texts, heads, _rounded(places), numbers) for _ in range(2)))
        lengths = torch.zeros(texts, dtype=torch.long, device=made[0][0].device)
        return cls([(keys, values) for keys, values in made], lengths)

    @property
    def places(self) -> int:
        """How many there is room for."""
        return self.layers[0][0].size(2)

    def write(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> Layer:
        """Put texts x places x heads x numbers behind what each text has, and return all there is so far.

        Lengths do not change before `grew`. What is padding is written too, and is written over later.
        """
        held = self.layers[layer]
        count = keys.size(1)
        rows = torch.arange(len(self.lengths), device=keys.device).unsqueeze(-1)
        at = self.lengths.unsqueeze(-1) + torch.arange(count, device=keys.device)
        held[0][rows, :, at] = keys
        held[1][rows, :, at] = values
        width = min(self.places, _rounded(self.longest + count))
        return held[0][:, :, :width], held[1][:, :, :width]

    def mask(self, count: int) -> torch.Tensor:
        """Return what is added to the scores of `count` new places, texts x count x places: each sees itself."""
        width = min(self.places, _rounded(self.longest + count))
        ends = self.lengths.unsqueeze(-1) + torch.arange(1, count + 1, device=self.lengths.device)
        return padded(ends, width, self.layers[0][0])

    def grew(self, counts: torch.Tensor, most: int) -> None:
        """Count what was written: `counts` of each text, of which `most` is the largest."""
        self.lengths = self.lengths + counts
        self.longest = self.longest + 1 if most == 1 else int(self.lengths.max())

    def chosen(self, rows: torch.Tensor, places: int) -> "Own":
        """Return some texts, in that order, with room for so many places."""
        lengths = self.lengths[rows]
        held = int(lengths.max()) if len(rows) else 0
        found = Own.empty(self.layers, len(rows), max(places, held))
        for (keys, values), (more_keys, more_values) in zip(found.layers, self.layers, strict=True):
            keys[:, :, :held] = more_keys[rows, :, :held]
            values[:, :, :held] = more_values[rows, :, :held]
        found.lengths, found.longest = lengths, held
        return found

    def take_back(self, other: "Own", rows: torch.Tensor, into: torch.Tensor) -> None:
        """Put texts of another, `rows` there, over the texts `into` here, which has room for them."""
        width = int(other.lengths[rows].max()) if len(rows) else 0
        for (keys, values), (more_keys, more_values) in zip(self.layers, other.layers, strict=True):
            keys[into, :, :width] = more_keys[rows, :, :width]
            values[into, :, :width] = more_values[rows, :, :width]
        self.lengths[into] = other.lengths[rows]
        self.longest = int(self.lengths.max())

    def limit(self, lengths: torch.Tensor) -> None:
        """Forget what lies behind these lengths."""
        self.lengths, self.longest = lengths, int(lengths.max())


def _rounded(places: int) -> int:
    return -(-places // _STRIDE) * _STRIDE
