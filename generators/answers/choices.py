"""Reading which of several choices is meant: `B`, `(b)`, `Option B`, `B) the text of it`, or that text alone."""

import re
from collections.abc import Sequence

from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable

MAX_TEXT = 4_000  # characters

_OPENING = re.compile(
    r"(?:#+ )?(?:so|thus|hence|therefore)?,? ?(?:it is |it's |the )?(?:(?:final |correct |right |best )?"
    r"(?:answer|option|choice|ending|letter|correct)(?: is)?:? ?)*",
    re.IGNORECASE,
)
_CLOTHES = re.compile(r"\\(?:text|textbf|mathbf|mathrm|boxed)(?=\{)|[*`{}\"]")
_LETTER = re.compile(
    r"[(\[]?([A-Za-z])(?:[)\].:,]*(?:\s+[-\u2013(]?\s*(.*?)\)?|\s*[-\u2013]\s*(.*))?|[)\]])", re.DOTALL
)
_SURE = re.compile(r"is (?:the )?(?:correct|right)(?: answer| choice| option)?|because\b.*", re.IGNORECASE | re.DOTALL)
_ALONE = re.compile(r"[(\[]?([A-Za-z])[)\].:,]*")


def letter(position: int) -> str:
    """Return the letter of a choice: A for 0."""
    return chr(ord("A") + position)


def read_choice(text: str, choices: Sequence[str]) -> int:
    """Return the position of the one choice that a text means; raises `Unreadable`."""
    if len(text) > MAX_TEXT:
        raise Unreadable("the answer is too long")
    said = _CLOTHES.sub("", unwrapped(text).replace("\\ ", " ")).strip()
    said = said[_OPENING.match(said).end() :].strip()  # type: ignore[union-attr]
    if not said:
        raise Unreadable("there is no choice in the answer", "gave_up")
    texts = [plain_choice(choice) for choice in choices]
    alone = _ALONE.fullmatch(said)  # a letter was asked for, whatever the choices say
    if alone is None and plain_choice(said) in texts:
        return texts.index(plain_choice(said))
    found = _LETTER.fullmatch(said)
    if found is None:
        raise Unreadable("the answer is neither the letter nor the text of one choice")
    position = ord(found[1].upper()) - ord("A")
    if position >= len(choices):
        raise Unreadable("the answer is a letter that no choice has")
    behind = found[2] or found[3] or ""
    sure = _SURE.fullmatch(behind.rstrip(". ")) is not None and not _another(behind, found[1], len(choices))
    if behind and plain_choice(behind) != texts[position] and not sure:
        several = plain_choice(behind) in texts or any(
            _ALONE.fullmatch(part) for part in re.split(r"\W+", behind) if part
        )
        raise Unreadable("more stands behind the letter than the text of its choice", *["several_answers"] * several)
    return position


def _another(reason: str, letter_: str, choices: int) -> bool:
    """Whether a reason names another choice, or says `answer` once more."""
    if reason[:7].lower() != "because":
        return False
    others = {letter(at) for at in range(choices)} - {letter_.upper(), "A", "I"}  # `a` and `I` are words
    return bool(re.search(r"\banswer\b", reason, re.IGNORECASE)) or bool(others & set(re.findall(r"\b[A-Z]\b", reason)))


def plain_choice(text: str) -> str:
    """Return a choice as it is compared: but for case, white space, quotes around it and a full stop at the end."""
    plain = " ".join(text.casefold().split()).strip(" \"'")
    return plain[:-1] if plain.endswith(".") and not plain.endswith("..") else plain
