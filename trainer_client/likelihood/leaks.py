"""Texts that say the answer instead of helping to it: y, a piece of it, or y backwards, where the question does not.

What is not seen: the answer in words, in another base, or in a code of its own. `p(y|a)` without the question shows
those, and `echelon-trainer prompt-model` reports it.
"""

import re

_TOKEN = re.compile(r"\d+(?:[./]\d+)*|[^\W\d_]+")
_SHORTEST = 3  # characters of an answer that is looked for without its blanks, or backwards
_PIECE = 0.5  # of the numbers of an answer that the question does not have


def leak(answer: str, question: str, text: str) -> bool:
    """Whether a text gives an answer away."""
    wanted, asked, said = (_TOKEN.findall(part) for part in (answer, question, text))
    if not wanted:
        return bool(answer.strip()) and answer.strip() in text and answer.strip() not in question
    if _holds(said, wanted) and not _holds(asked, wanted):
        return True
    plain, others = _plain(answer), _plain(question)
    if len(plain) >= _SHORTEST:
        both = (plain, plain[::-1])
        if any(form in _plain(text) and form not in others for form in both):
            return True
    telling = [token for token in dict.fromkeys(wanted) if token not in asked and len(token) > 1]
    given = [token for token in telling if token in said]
    return len(telling) > 1 and len(given) >= _PIECE * len(telling)


def _holds(tokens: list[str], wanted: list[str]) -> bool:
    return any(tokens[at : at + len(wanted)] == wanted for at in range(len(tokens) - len(wanted) + 1))


def _plain(text: str) -> str:
    return re.sub(r"[\s,;$\\{}]+", "", text).lower()
