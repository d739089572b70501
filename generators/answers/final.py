"""Where a completion keeps its answer: the conventions of the styles `chat` and `bare`."""

import re

from generators.errors import Unreadable

_OPEN, _CLOSE = "<answer>", "</answer>"
# One thought, then one answer, nothing else: strict enough that no part can be farmed alone.
_FORMAT = re.compile(
    r"\s*+<think>(?P<think>[^<]*+(?:<(?!/?+(?:think|answer)>)[^<]*+)*+)</think>\s*+<answer>[^<]*+</answer>\s*+"
)


def tagged_answer(completion: str) -> str:
    """Return what stands in the last `<answer>...</answer>`; raises `Unreadable` when there is none."""
    end = completion.rfind(_CLOSE)
    start = completion.rfind(_OPEN, 0, end) if end >= 0 else -1
    if start < 0:
        raise Unreadable("there is no <answer>...</answer>", *([] if completion.strip() else ["gave_up"]))
    return completion[start + len(_OPEN) : end]


def bare_answer(completion: str) -> str:
    """Return what stands after the last `=`; working may stand before it."""
    return completion.rpartition("=")[2]


def follows_format(completion: str) -> bool:
    """Whether a chat completion is exactly one `<think>` block and then one `<answer>` block."""
    return _FORMAT.fullmatch(completion) is not None


def answer_blocks(completion: str) -> int:
    """Return how many answer blocks a chat completion closes."""
    return completion.count(_CLOSE)
