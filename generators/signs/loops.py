"""Whether a text goes round in a loop: its end is one short unit over and over, or it says next to nothing new."""

from zlib import compress

_END = 8  # characters that have to be found again before the end
_TIMES = 6
_LONGEST = 64  # characters of a unit
_SHORTEST = 32  # characters of a loop
_RULE = frozenset("-=_*#~.")  # a line of them is drawn, and no loop below this length
_LONG_RULE = 200
_WINDOW = 2_000  # characters that are held against their compressed selves
_LEAST = 256
_OVERHEAD, _RATIO = 30, 0.03  # what nothing compresses to, and what loops add to it; matrices and steps are at 0.07


def ends_in_loop(text: str, shortest: int = _SHORTEST) -> bool:
    """Whether a text ends with one unit of at most 64 characters, at least six times and `shortest` characters."""
    end = text.rstrip()[-_TIMES * _LONGEST - shortest - _LONG_RULE :]
    found = end.rfind(end[-_END:], 0, len(end) - 1) if len(end) >= shortest else -1
    if found < 0:
        return False
    period = len(end) - _END - found
    length = max(_TIMES * period, shortest)
    if length > len(end) or end[-length:-period] != end[-length + period :]:
        return False
    return period > 1 or not _harmless(end)


def _harmless(end: str) -> bool:
    """Whether one letter over and over is a rule, or the digits of a decimal."""
    letter = end[-1]
    before = end.rstrip(letter)
    if letter in _RULE:
        return len(end) - len(before) < _LONG_RULE
    return letter.isdigit() and before.rstrip("0123456789").endswith(".")


def says_little(text: str) -> bool:
    """Whether any 2,000 characters of a text, or all of a shorter one, hardly say more than a loop would."""
    data = text.encode("utf-8", "surrogatepass")
    parts = (data[at : at + _WINDOW] for at in range(0, max(1, len(data) - _WINDOW // 2), _WINDOW))
    return any(len(part) >= _LEAST and len(compress(part, 1)) < _OVERHEAD + _RATIO * len(part) for part in parts)
