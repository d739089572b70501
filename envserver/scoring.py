"""One answer judged: the verdict, the signs of gaming, and what the parts of the reward come to."""

import logging
from functools import lru_cache
from time import perf_counter

from curricula.curriculum import Curriculum
from curricula.rewards.measures import MEASURES, Answered, measured
from curricula.rewards.reward import Reward
from envserver.episodes import judged_episode, spoken
from envserver.equivariance import equivariant
from envserver.errors import EXPECTED, Invalid, error_body
from envserver.wire import ErrorBody, MessageIn, ScoreItem, VerdictOut
from generators.canary import Canary
from generators.families import build, family_named
from generators.ids import MAX_LENGTH, ProblemId
from generators.problem import Problem
from generators.signs.signs import flagged
from generators.turn_based import TurnBased
from generators.verdict import Verdict

_log = logging.getLogger(__name__)


def scored(item: ScoreItem, reward: Reward, curriculum: Curriculum | None, most: int) -> VerdictOut:
    """Judge one answer of at most `most` characters; what goes wrong with it is in the reply, and no zero."""
    started = perf_counter()
    try:
        factors = _factors(item, reward, curriculum)
        answered = _answered(item, most)
        _refuse_unknown(reward.names, answered.problem.id.family)
        verdict = answered.verdict
        components = {**verdict.components, **measured(reward, answered)}
        turned = None if item.original is None else equivariant(answered, _short(item.original, most))
    except EXPECTED as error:
        return VerdictOut(id=item.id, reward=None, outcome="unscored", error=error_body(error))
    except Exception:  # a fault of ours in one judgement: never a zero, and never the end of the batch
        _log.exception("judging %s failed", item.id[:MAX_LENGTH])
        fault = ErrorBody(status=500, code="internal", message="the judge failed; this is the server's fault")
        return VerdictOut(id=item.id, reward=None, outcome="unscored", error=fault)
    parts = reward.of(components, factors)
    return VerdictOut(
        id=item.id,
        reward=sum(parts.values()),
        outcome=verdict.outcome,
        components=components,
        parts=parts,
        flags=list(verdict.flags),
        equivariant=turned,
        reason=verdict.reason,
        answer_key=verdict.answer_key,
        verify_ms=round(1_000 * (perf_counter() - started), 4),
    )


def _answered(item: ScoreItem, most: int) -> Answered:
    """Return what was said to a problem with the verdict on it, signs of gaming included."""
    problem = build(ProblemId.parse(item.id))
    family_named(problem.id.family).require(problem.id.layout)
    if (item.completion is None) == (item.actions is None):
        raise Invalid("give either a completion or actions")
    if isinstance(problem, TurnBased):
        text, verdict = spoken(item), judged_episode(problem, item)
    else:
        text = _last_text(item)
        verdict = _verdict(problem, text, item.truncated, most)
    asked = problem.hidden if isinstance(problem, Canary) else problem
    return Answered(asked, text[-most:], flagged(problem, text, verdict), item.tokens)


@lru_cache(maxsize=1_024)
def _refuse_unknown(names: frozenset[str], family: str) -> None:
    """Raise `Invalid` where a reward reads what a family does not have: a misspelled name is worth no zero."""
    if unknown := names - set(family_named(family).components) - set(MEASURES):
        raise Invalid(f"{family} has no component {', '.join(sorted(unknown))}, which the reward reads")


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise Invalid(f"`original` has at most {most} characters")
    return text


def _verdict(problem: Problem, text: str, truncated: bool, most: int) -> Verdict:
    if len(text) > most:
        # The writer's fault, so it is judged: an `unscored` would make endless answers free of charge.
        none = dict.fromkeys(family_named(problem.id.family).components, 0.0)
        return Verdict("malformed", none, (), f"an answer has at most {most} characters")
    return problem.judge(text, truncated)


def _factors(item: ScoreItem, reward: Reward, curriculum: Curriculum | None) -> dict[str, float] | None:
    """Return what is left of the annealed parts at the stage of an item."""
    if curriculum is None:
        return None
    if item.stage is not None:
        curriculum.stage(item.stage)
        return reward.factors(curriculum.order, item.stage) if reward.anneal else None
    if reward.anneal:
        raise Invalid("this reward is annealed by stage: say the item's `stage`")
    return None


def _last_text(item: ScoreItem) -> str:
    """Return the one text to judge: the completion, its last assistant message, or the only action."""
    if isinstance(item.completion, str):
        return item.completion
    spoken = [m for m in item.completion or item.actions or () if not isinstance(m, MessageIn) or m.role == "assistant"]
    last = spoken[-1] if spoken else ""
    text = last if isinstance(last, str) else last.text if isinstance(last, MessageIn) else None
    if text is None or (item.actions is not None and len(spoken) != 1):
        raise Invalid("a question is answered by one action")
    return text
