"""What can go wrong with a problem, and whose fault it is.

GeneratorError
├── BadId            the caller's id is not the spelling of any problem; names the part that is wrong
├── Disabled         a family, in one of its styles, that this installation cannot judge; says why
├── EmptySplit       the parameters are legal, but hold no (such) problem of that split
├── EpisodeOver      an action after the last turn
├── Overtaxed        judging the answer took more than is allowed: `incorrect`, or crashing would be a way out
├── Unreadable       the text is not an answer; it becomes the outcome `malformed`, never an exception to callers
└── ContractBroken   a family does not keep what every family must promise
"""

from collections.abc import Iterable
from difflib import get_close_matches


class GeneratorError(Exception):
    """Root of everything raised on purpose by `generators`."""


class BadId(GeneratorError):
    """An id, or one part of it, that names no problem."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


class Disabled(GeneratorError):
    """Problems that this installation cannot judge, and so does not pose."""


class EmptySplit(GeneratorError):
    """No problem of the split asked for was met within the allowed redraws."""


class EpisodeOver(GeneratorError):
    """An action was sent to an episode that already has its verdict."""


class Unreadable(GeneratorError):
    """A completion holds no single readable answer. The message never quotes the right answer."""

    def __init__(self, message: str, *flags: str) -> None:
        super().__init__(message)
        self.flags = flags


class Overtaxed(GeneratorError):
    """An answer killed what judges it, twice. It is judged `incorrect` with a flag."""

    def __init__(self, message: str, *flags: str) -> None:
        super().__init__(message)
        self.flags = flags


class ContractBroken(GeneratorError):
    """A family failed `check_family`; the message lists every broken clause."""


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` when `given` resembles one of `known`, else the known names."""
    names = sorted(known)
    close = get_close_matches(given, names, n=1)
    if not names:
        return ""
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(names)})"
