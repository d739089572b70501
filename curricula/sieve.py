"""Practice on a finite set: problems solved for good are set aside, and come back when they are forgotten.

What is known of each row is two bits: whether all samples were right when it was last met, and whether that was so
twice running, so that it is set aside. They travel in the progress as base64.
"""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from curricula.fields import Compact, Share, Strict

MAX_ROWS = 24_000
"""Of all stages of a curriculum that sieve, or their bits would not fit into the progress."""


def _bits(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except Error as error:
        raise ValueError("bits are written in base64") from error
    return text


Bits = Annotated[str, Field(max_length=8_192), AfterValidator(_bits)]


class Sieve(Strict):
    """Set a row aside once every sample of it was right twice running."""

    revisit: Share = 0.1
    """The share of draws that may meet what is set aside; a wrong answer there brings it back."""


class Sieved(Compact):
    """What is known of the rows of one stage."""

    solved: Bits = ""
    aside: Bits = ""

    def __contains__(self, row: int) -> bool:
        """Whether a row is set aside."""
        return _has(_read(self.aside), row)

    @property
    def count(self) -> int:
        """How many rows are set aside."""
        return sum(byte.bit_count() for byte in _read(self.aside))

    def after(self, solved: Iterable[int], missed: Iterable[int]) -> "Sieved":
        """Return what is known after a batch."""
        once, aside = _read(self.solved), _read(self.aside)
        for row in solved:
            if _has(once, row):
                _put(aside, row, True)
            _put(once, row, True)
        for row in missed:
            _put(once, row, False)
            _put(aside, row, False)
        return Sieved(solved=_written(once), aside=_written(aside))


def _read(text: str) -> bytearray:
    return bytearray(b64decode(text))


def _written(bits: bytearray) -> str:
    return b64encode(bytes(bits).rstrip(b"\0")).decode()


def _has(bits: bytearray, row: int) -> bool:
    at, bit = divmod(row, 8)
    return at < len(bits) and bool(bits[at] >> bit & 1)


def _put(bits: bytearray, row: int, value: bool) -> None:
    at, bit = divmod(row, 8)
    if at >= len(bits):
        bits.extend(bytes(at + 1 - len(bits)))
    bits[at] = bits[at] | 1 << bit if value else bits[at] & ~(1 << bit)
