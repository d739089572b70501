"""Answering a look: each of its problems once at temperature 1, which decides, and once greedily, for the record."""

from collections.abc import Sequence
from dataclasses import replace

from envserver.wire import HeldOut, NextLook, RunContext, VerdictOut
from trainer_client.answers.answering import Answering, Said
from trainer_client.answers.evaluator import Evaluator

_AGAIN = 2


def answer_look(
    look: NextLook, model: Answering, evaluator: Evaluator, context: RunContext, before: int = 0
) -> list[HeldOut]:
    """Return what the server says of a model's answers, None where it could not judge.

    `before` counts the looks of this generation: asked again in other company, a greedy answer may be another one.
    """
    problems = evaluator.problems(look.stage, look.split, look.slots)
    sampled, greedy = (
        _judged(_numbered(model.answer(problems, temperature, sample), 2 * before + sample), evaluator, context)
        for sample, temperature in enumerate((1.0, 0.0))
    )
    return [
        HeldOut(id=p.id, sampled=_right(s), greedy=_right(g)) for p, s, g in zip(problems, sampled, greedy, strict=True)
    ]


def _numbered(said: Sequence[Said], sample: int) -> list[Said]:
    return [replace(one, item=one.item.model_copy(update={"sample": sample})) for one in said]


def _judged(said: Sequence[Said], evaluator: Evaluator, context: RunContext) -> list[VerdictOut]:
    """Return the verdicts; what could not be judged is sent again as it is: another answer would be another chance."""
    verdicts = evaluator.judged(said, context)
    for _ in range(_AGAIN):
        missing = [i for i, verdict in enumerate(verdicts) if verdict.reward is None]
        if not missing:
            break
        for i, verdict in zip(missing, evaluator.judged([said[i] for i in missing], context), strict=True):
            verdicts[i] = verdict
    return verdicts


def _right(verdict: VerdictOut) -> bool | None:
    return None if verdict.reward is None else verdict.outcome == "correct"
