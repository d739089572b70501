"""Where a completion keeps its answer: the conventions of the layouts."""

import re

from generators.answers.quantities import last_number
from generators.errors import Unreadable

_OPEN, _CLOSE = "<answer>", "</answer>"
# One thought, then one answer, nothing else: strict enough that no part can be farmed alone.
_FORMAT = re.compile(
    r"\s*+<think>(?P<think>[^<]*+(?:<(?!/?+(?:think|answer)>)[^<]*+)*+)</think>\s*+"
    r"<answer>[^<]*+(?:<(?!/?+(?:think|answer)>)[^<]*+)*+</answer>\s*+"
)
_BOX = re.compile(r"\\f?box(?:ed)?(?:\s?\{|\s(?=[-+0-9]))")
_LAST_BOXES = 16
_LAST_SAID, _LONGEST_SAID = 32, 4_000  # marks of an answer that are looked behind, and how far
_SENTENCE = re.compile(r"(?<=[.!?])\s|\n")
# No sentence ends behind `St.` or an initial.
_WORDS_END = re.compile(r"(?<!\bSt\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMt\.)(?<!\b[A-Z]\.)(?<=[.!?])\s|\n")
_SAID = re.compile(r"\banswer(?: to [a-z ]{1,30})?(?: is|:|=)(?: thus| therefore| then)?:?", re.IGNORECASE)


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


def tagged_answers(completion: str) -> list[str]:
    """Return what every closed answer block of a chat completion holds, behind its thoughts."""
    parts = completion.rpartition("</think>")[2].split(_CLOSE)[:-1]
    return [part.rpartition(_OPEN)[2] for part in parts if _OPEN in part]


def whole(completion: str) -> str:
    """Return all of a completion, for a reader that finds the answer by itself; raises `Unreadable` for none."""
    if not completion.strip():
        raise Unreadable("there is no answer", "gave_up")
    return completion


def hashed_answer(completion: str) -> str:
    """Return the first line with anything on it after the last `####`, the convention of GSM8K."""
    before, mark, after = completion.rpartition("####")
    if not mark:
        raise Unreadable("there is no ####", *([] if completion.strip() else ["gave_up"]))
    if not after.strip("# \n") and "####" in before:  # #### 18 ####
        after = before.rpartition("####")[2]
    return after.lstrip("# \n").partition("\n")[0]


def hashed_answers(completion: str) -> list[str]:
    """Return what stands behind every `####`, blanks made one."""
    return [" ".join(part.partition("\n")[0].split()) for part in completion.split("####")[1:]]


def boxed_answer(completion: str) -> str:
    r"""Return what stands in the last `\boxed{...}`, braces balanced; `\fbox` and `\boxed 5` count too."""
    found = list(_BOX.finditer(completion))
    if not found:
        raise Unreadable(r"there is no \boxed{}", *([] if completion.strip() else ["gave_up"]))
    return _boxed(completion, found[-1])


def boxed_answers(completion: str) -> list[str]:
    r"""Return what stands in the last 16 `\boxed{...}` of a completion; for one that is not closed, "?"."""
    found = []
    for box in list(_BOX.finditer(completion))[-_LAST_BOXES:]:
        try:
            found.append(_boxed(completion[: box.end() + _LONGEST_SAID], box))
        except Unreadable:
            found.append("?")
    return found


def _boxed(completion: str, box: "re.Match[str]") -> str:
    at = box.end()
    if not box.group().endswith("{"):
        return completion[at : at + _LONGEST_SAID].lstrip().partition(" ")[0].partition("$")[0]
    depth = 1
    for end in range(at, len(completion)):
        depth += (completion[end] == "{") - (completion[end] == "}")
        if depth == 0:
            return completion[at:end]
    raise Unreadable("a box is not closed")


def last_words(completion: str) -> str:
    """Return what follows the last mark of an answer, whatever it is; without any mark, the last line."""
    if "####" in completion:
        return hashed_answer(completion)
    if _BOX.search(completion):
        return boxed_answer(completion)
    found = list(_SAID.finditer(completion))
    if found:
        behind = completion[found[-1].end() : found[-1].end() + _LONGEST_SAID].strip()
        return _WORDS_END.split(behind, maxsplit=1)[0]
    return whole(completion).rstrip()[-_LONGEST_SAID:].rpartition("\n")[2]


def last_answer(completion: str) -> str:
    """Return what follows the last mark of an answer: ####, a box, `answer is`; without any, the last number."""
    if "####" in completion:
        return hashed_answer(completion)
    if _BOX.search(completion):
        return boxed_answer(completion)
    for found in reversed(list(_SAID.finditer(completion))[-_LAST_SAID:]):
        said = _SENTENCE.split(completion[found.end() : found.end() + _LONGEST_SAID].strip(), maxsplit=1)[0]
        if re.search(r"[0-9]", said):
            return said
    return last_number(completion)
