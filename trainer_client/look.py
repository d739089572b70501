"""Answering a look: each of its problems once at temperature 1, which decides, and once greedily, for the record."""

from envserver.wire import HeldOut, NextLook, RunContext, VerdictOut
from trainer_client.answering import Answering
from trainer_client.evaluate import Evaluator


def answer_look(look: NextLook, model: Answering, evaluator: Evaluator, context: RunContext) -> list[HeldOut]:
    """Return what the server says of a model's answers, None where it could not judge."""
    problems = evaluator.problems(look.stage, look.split, look.slots)
    sampled, greedy = (
        evaluator.judged(model.answer(problems, temperature, sample), context)
        for sample, temperature in enumerate((1.0, 0.0))
    )
    return [
        HeldOut(id=p.id, sampled=_right(s), greedy=_right(g)) for p, s, g in zip(problems, sampled, greedy, strict=True)
    ]


def _right(verdict: VerdictOut) -> bool | None:
    return None if verdict.reward is None else verdict.outcome == "correct"
