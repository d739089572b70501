"""Where a thought and an answer stand in a completion of each layout, as the server writes and reads them."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainer_client.errors import BadConfig


@dataclass(frozen=True)
class Frame:
    """`opening` thought `between` answer `closing`; without a thought, `bare` stands before the answer."""

    opening: str
    between: str
    closing: str
    bare: str

    def before(self, thought: str) -> str:
        """Return what stands before the answer."""
        return f"{self.opening}{thought}{self.between}" if thought else self.bare

    def answer_of(self, revealed: str) -> str:
        """Return the answer of a completion without a thought."""
        return revealed.removeprefix(self.bare).removesuffix(self.closing)

    def thought_of(self, completion: str) -> str | None:
        """Return the thought of a completion, None where it has none in its place."""
        thought, between, _ = completion.rpartition(self.between)
        return thought.removeprefix(self.opening) if between else None


_FRAMES: Mapping[str, Frame] = {
    "chat": Frame("<think>", "</think>\n<answer>", "</answer>", "<think></think>\n<answer>"),
    "bare": Frame("", "=", "", ""),
    "hashes": Frame("", "\n#### ", "", "#### "),
    "boxed": Frame("", r" \boxed{", "}", r"\boxed{"),
    "last": Frame("", "\nThe answer is ", "", "The answer is "),
}


def frame_of(style: str) -> Frame:
    """Return the frame of a style; raises `BadConfig` where answers have no place of their own in it."""
    layout = style.partition("+")[0]
    if layout not in _FRAMES:
        raise BadConfig(
            f"likelihood: in the style {style} an answer has no place of its own; take {', '.join(_FRAMES)}"
        )
    return _FRAMES[layout]
