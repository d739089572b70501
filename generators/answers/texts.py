"""Short answers in words, compared but for case, white space, articles and the punctuation around them."""

import re

from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable

MAX_TEXT = 1_000  # characters

_ARTICLE = re.compile(r"^(?:a|an|the) (?=.{3})")
_BEFORE = " \"'`*_([{\u201c\u2018\u00ab"
_BEHIND = " .,;:?\"'`*_)]}\u201d\u2019\u00bb\u2026"  # not the point of .5, nor the ! of 3!
_LOUD = re.compile(r"(?<=[^\W\d_])!+$")


def read_text(text: str) -> str:
    """Return an answer in the form in which answers are compared; raises `Unreadable` for none."""
    if len(text) > MAX_TEXT:
        raise Unreadable("the answer is too long")
    plain = " ".join(unwrapped(text).casefold().split()).lstrip(_BEFORE).rstrip(_BEHIND)
    plain = _LOUD.sub("", plain)
    plain = _ARTICLE.sub("", plain)
    if not plain:
        raise Unreadable("there is no text in the answer", "gave_up")
    return plain
