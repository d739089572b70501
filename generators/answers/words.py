"""Answers in words: a few fixed sentences, read in full or not at all, so that a negation never slips through."""

import re
from collections.abc import Mapping

MAX_WORDS = 120  # characters

_DECORATION = re.compile(r"\\(?:text|mathrm|textbf|mathbf|boxed)(?=\{)|[$`*{}\"'.!]|\\[,;: ]")
_SUBJECT = (
    r"(?:(?:so |therefore |thus )?(?:the |this |a )?(?:matrix|inverse|system|it|a|answer|there)"
    r"(?: of a| of the matrix| a)?(?: is| has| are| does)?:? )?"
)


def sayings(meanings: Mapping[str, tuple[str, ...]]) -> Mapping[str, re.Pattern[str]]:
    """Compile what each meaning may be said with; a subject (`the matrix is ...`) may stand before it."""
    return {meaning: re.compile(_SUBJECT + "(?:" + "|".join(said) + ")") for meaning, said in meanings.items()}


def said(text: str, known: Mapping[str, re.Pattern[str]]) -> str | None:
    """Return the meaning of a text that says one of `known` and nothing else."""
    if len(text) > MAX_WORDS:
        return None
    plain = " ".join(_DECORATION.sub(" ", text).lower().split())
    return next((meaning for meaning, pattern in known.items() if pattern.fullmatch(plain)), None)
