"""Where a thought and an answer stand in a completion of each layout, as the server writes and reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trainer_client.errors import BadConfig


@dataclass(frozen=True)
class Frame:
    """`opening` thought `between` answer `closing`; without a thought, `bare` stands before the answer.

    `mark` matches what separates the two where a model writes it a little otherwise.
    """

    opening: str
    between: str
    closing: str
    bare: str
    mark: re.Pattern[str]

    def before(self, thought: str) -> str:
        """Return what stands before the answer."""
        return f"{self.opening}{thought}{self.between}" if thought else self.bare

    def answer_of(self, revealed: str) -> str:
        """Return the answer of a completion as the server writes it, without a thought or behind one."""
        return revealed.removeprefix(self.bare).rpartition(self.between)[2].removesuffix(self.closing)

    def thought_of(self, completion: str) -> str | None:
        """Return the thought of a completion, None where it has no answer in its place."""
        found = list(self.mark.finditer(completion))
        return completion[: found[-1].start()].strip().removeprefix(self.opening).strip() if found else None


_FRAMES: Mapping[str, Frame] = {
    "chat": Frame(
        "<think>",
        "</think>\n<answer>",
        "</answer>",
        "<think></think>\n<answer>",
        re.compile(r"(?:</think>)?\s{0,9}<answer>"),
    ),
    "bare": Frame("", "=", "", "", re.compile("=")),
    "hashes": Frame("", "\n#### ", "", "#### ", re.compile("####")),
    "boxed": Frame("", r" \boxed{", "}", r"\boxed{", re.compile(r"\$?\\boxed\{")),
    "last": Frame(
        "",
        "\nThe answer is ",
        "",
        "The answer is ",
        re.compile(r"(?:\b(?:so|thus),? )?\bthe answer(?: is|:)", re.IGNORECASE),
    ),
}


def frame_of(style: str) -> Frame:
    """Return the frame of a style; raises `BadConfig` where answers have no place of their own in it."""
    layout = style.partition("+")[0]
    if layout not in _FRAMES:
        raise BadConfig(
            f"likelihood: in the style {style} an answer has no place of its own; take {', '.join(_FRAMES)}"
        )
    return _FRAMES[layout]
