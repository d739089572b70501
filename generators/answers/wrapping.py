"""What models put around an answer: code fences, dollars, \\boxed{...}, bold, `Answer:`."""

import re

_PAIRS = (("```", "```"), ("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"))
_BRACED = (r"\boxed{", r"\text{", r"\mathrm{", r"\textbf{")
_LANGUAGE = re.compile(r"[a-z]{1,12}\n")
_PREFIX = re.compile(r"(?:\*\*)?(?:the )?(?:final )?answer(?: is)?\s?:?(?:\*\*)?\s", re.IGNORECASE)
_LAYERS = 6

SUBSCRIPTS = str.maketrans("\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089", "0123456789")


def unwrapped(text: str) -> str:
    """Return the text without up to six layers of wrapping; each layer takes time linear in the text."""
    for _ in range(_LAYERS):
        before = text
        text = _inner(text.strip())
        if text == before:
            break
    return text


def _inner(text: str) -> str:
    for opening, closing in _PAIRS:
        if len(text) > len(opening + closing) and text.startswith(opening) and text.endswith(closing):
            inside = text[len(opening) : -len(closing)]
            if opening not in inside:
                return _LANGUAGE.sub("", inside, count=1) if opening == "```" else inside
    for opening in _BRACED:
        if text.startswith(opening) and _closes_last(text, len(opening) - 1):
            return text[len(opening) : -1]
    if found := _PREFIX.match(text):
        return text[found.end() :]
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def _closes_last(text: str, start: int) -> bool:
    """Whether the brace at `start` is closed by the last character."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at == len(text) - 1
    return False
