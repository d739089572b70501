"""Random numbers that never change: a counter stream over SHA-256.

Neither `random` nor numpy promises the same integers across versions, and `seed + index` makes neighbouring
seeds share their problems, so a stream starts from a hash of the whole key and counts blocks from there.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from struct import Struct
from typing import TypeVar

from generators.errors import EmptySplit

_WORDS = Struct(">4Q").unpack
_SPAN = 2**64

T = TypeVar("T")
_ROUNDS, _SMALL = 6, 64


class Stream:
    """An endless, reproducible sequence of draws; two keys share nothing."""

    __slots__ = ("_counter", "_key", "_words")

    def __init__(self, key: str) -> None:
        self._key = sha256(key.encode()).digest()
        self._counter = 0
        self._words: list[int] = []

    def word(self) -> int:
        """Return a uniform integer in [0, 2^64)."""
        if not self._words:
            block = sha256(self._key + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
            self._words = [*_WORDS(block)]
        return self._words.pop()

    def below(self, n: int) -> int:
        """Return a uniform integer in [0, n), without modulo bias; raises `ValueError` unless 0 < n <= 2^64."""
        if not 0 < n <= _SPAN:
            raise ValueError(f"{n} is not in (0, 2^64]")
        limit = _SPAN - _SPAN % n
        while (word := self.word()) >= limit:
            pass
        return word % n

    def integer(self, low: int, high: int) -> int:
        """Return a uniform integer in [low, high]."""
        return low + self.below(high - low + 1)

    def real(self) -> float:
        """Return a uniform float in [0, 1) with 53 bits."""
        return (self.word() >> 11) / 2**53

    def choice(self, options: Sequence[T]) -> T:
        """Return one of `options`, uniformly."""
        return options[self.below(len(options))]

    def until(self, draw: Callable[["Stream"], T | None], tries: int = 10_000) -> T:
        """Repeat `draw` until it returns something; raises `EmptySplit` after `tries` refusals."""
        for _ in range(tries):
            if (drawn := draw(self)) is not None:
                return drawn
        raise EmptySplit(f"nothing with these parameters was met in {tries} draws")


def permuted(key: str, at: int, n: int) -> int:
    """Return the image of `at` under a permutation of [0, n) that the key names, in constant time and memory.

    Drawn uniformly for small n; else a balanced Feistel network over the next even number of bits, walked until it
    falls below n (Black and Rogaway, Ciphers with Arbitrary Finite Domains, 2002); fewer than four walks on average.
    """
    if n <= _SMALL:
        order, stream = list(range(n)), Stream(key)
        for last in range(n - 1, 0, -1):
            other = stream.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order[at]
    half = max(1, ((n - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    while True:
        left, right = at >> half, at & mask
        for turn in range(_ROUNDS):
            block = sha256(f"{key}/{turn}/{right}".encode()).digest()
            left, right = right, left ^ (int.from_bytes(block[:8], "big") & mask)
        at = left << half | right
        if at < n:
            return at
