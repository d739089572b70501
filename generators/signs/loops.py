"""Whether a text goes round in a loop: its end is one short unit over and over, or it says next to nothing new."""

from zlib import compress

_END = 8  # characters that have to be found again before the end
_TIMES = 6
_LONGEST = 64  # characters of a unit
_SHORTEST = 32  # characters of a loop
_DENSE = 256  # characters from which a text is held against its compressed self
_RATIO = 0.1  # text says at least that much; the rows of a large matrix are at 0.2 and more


def ends_in_loop(text: str, shortest: int = _SHORTEST) -> bool:
    """Whether a text ends with one unit of at most 64 characters, at least six times and `shortest` characters."""
    end = text.rstrip()[-_TIMES * _LONGEST - shortest :]
    found = end.rfind(end[-_END:], 0, len(end) - 1) if len(end) >= shortest else -1
    if found < 0:
        return False
    period = len(end) - _END - found
    length = max(_TIMES * period, shortest)
    return length <= len(end) and end[-length:-period] == end[-length + period :]


def says_little(text: str) -> bool:
    """Whether a long text compresses to a tenth of itself."""
    data = text.encode("utf-8", "surrogatepass") if len(text) >= _DENSE else b""
    return bool(data) and len(compress(data, 1)) < _RATIO * len(data)
