"""Judged items as a server makes them."""

from collections.abc import Sequence

from curricula.rewards.reward import Reward
from envserver.store.rollout import Judged
from envserver.wire import RunContext, ScoreItem, VerdictOut
from generators.verdict import Outcome

BINARY = Reward(preset="binary")
PROBLEM = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"


def item(slot: int, sample: int = 0, text: str = "1/2") -> ScoreItem:
    return ScoreItem(id=PROBLEM.format(slot), completion=text, slot=slot, sample=sample, stage="scalar", tokens=3)


def verdict(of: ScoreItem, outcome: Outcome = "correct", reason: str = "") -> VerdictOut:
    reward = None if outcome == "unscored" else float(outcome == "correct")
    return VerdictOut(
        id=of.id,
        reward=reward,
        outcome=outcome,
        components={"correct": reward or 0.0},
        flags=["gave_up"] if outcome == "incorrect" else [],
        reason=reason,
        verify_ms=0.25,
    )


def judged(
    items: Sequence[ScoreItem],
    verdicts: Sequence[VerdictOut] | None = None,
    run: str = "a-run",
    attempt: int = 1,
    generation: int = 0,
) -> Judged:
    context = RunContext(run=run, attempt=attempt, phase="train", generation=generation)
    return Judged(context, "inverse@1", BINARY, items, verdicts or [verdict(one) for one in items], at=1.5)
