"""Which scripts a text is written in: `LATIN`, `CYRILLIC`, `CJK`, by the first word of a letter's Unicode name."""

from functools import lru_cache
from unicodedata import category, name, normalize

_OF_MATHEMATICS = frozenset({"LATIN", "GREEK", "MATHEMATICAL", "DOUBLE-STRUCK", "BLACK-LETTER", "SCRIPT", "MODIFIER"})


@lru_cache(maxsize=4_096)
def script(letter: str) -> str:
    """Return the script of a letter; "" for what is none, or is at home in every text of mathematics."""
    if not category(letter).startswith("L"):
        return ""
    found = name(normalize("NFKC", letter)[0], "UNKNOWN").split()[0]  # a raised n is an n
    return "" if found in _OF_MATHEMATICS else found


def scripts(text: str) -> frozenset[str]:
    """Return the scripts of a text, beside those of mathematics."""
    return frozenset() if text.isascii() else frozenset(map(script, text)) - {""}


def share_of_letters(text: str, known: frozenset[str]) -> float:
    """Return which share of the letters is of known scripts; 1 for a text without letters, 0 for no text at all."""
    if text.isascii():
        return float(bool(text.strip()))
    letters = sum(map(str.isalpha, text))
    return 1.0 - strange_letters(text, known) / letters if letters else float(bool(text.strip()))


def strange_letters(text: str, known: frozenset[str]) -> int:
    """Return how many letters are of other scripts."""
    return 0 if text.isascii() else sum(1 for letter in text if script(letter) and script(letter) not in known)
