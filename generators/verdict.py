"""The judgement on a finished answer, and how partial credit is kept honest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, get_args

Outcome = Literal["correct", "incorrect", "malformed", "truncated", "out_of_turns", "unscored"]
FORM = frozenset({"format"})
"""Components that say how an answer is put and not what it is worth: a cheap guess has them too, and keeps them."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Verdict:
    """The judgement on a finished answer. A failure of ours is never a verdict of `incorrect`.

    `components` are in [0, 1]; `flags` are signs of gaming; `reason` never states the answer;
    `answer_key` is equal for equal parsed answers, for majority votes, and None when none was read.
    """

    outcome: Outcome
    components: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    reason: str = ""
    answer_key: str | None = None


def rescaled(value: float, guess: float, exact: bool) -> float:
    """Rescale partial credit so that the best cheap guess, worth `guess`, earns nothing.

    The identity has three of four entries of a shear right, and that is how partial credit is gamed.
    """
    if guess >= 1.0:
        return float(exact)
    return max(0.0, (value - guess) / (1.0 - guess))


def answer_key(canonical: str) -> str:
    """Return a short hash that is equal for equal answers and tells nothing else."""
    return sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]
