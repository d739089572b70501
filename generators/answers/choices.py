"""Reading which of several choices is meant: `B`, `(b)`, `Option B`, `B) the text of it`, or that text alone."""

import re
from collections.abc import Sequence

from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable

MAX_TEXT = 4_000  # characters

_LETTER = re.compile(
    r"(?:the )?(?:correct |right |best )?(?:(?:answer|option|choice|ending|letter)(?: is)?:? ?)*"
    r"[(\[]?([A-Za-z])[)\].:]*(?:\s+(.*))?",
    re.IGNORECASE | re.DOTALL,
)
_ALONE = re.compile(r"[(\[]?([A-Za-z])[)\].:]*")


def letter(position: int) -> str:
    """Return the letter of a choice: A for 0."""
    return chr(ord("A") + position)


def read_choice(text: str, choices: Sequence[str]) -> int:
    """Return the position of the one choice that a text means; raises `Unreadable`."""
    if len(text) > MAX_TEXT:
        raise Unreadable("the answer is too long")
    said = unwrapped(text)
    if not said.strip():
        raise Unreadable("there is no choice in the answer", "gave_up")
    texts = [_plain(choice) for choice in choices]
    if _plain(said) in texts:
        return texts.index(_plain(said))
    found = _LETTER.fullmatch(said.strip())
    if found is None:
        raise Unreadable("the answer is neither the letter nor the text of one choice")
    position = ord(found[1].upper()) - ord("A")
    if position >= len(choices):
        raise Unreadable("the answer is a letter that no choice has")
    if found[2] and _plain(found[2]) != texts[position]:
        several = _plain(found[2]) in texts or any(
            _ALONE.fullmatch(part) for part in re.split(r"\W+", found[2]) if part
        )
        raise Unreadable("more stands behind the letter than the text of its choice", *["several_answers"] * several)
    return position


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .\"'")
