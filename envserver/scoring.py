"""One answer judged: the verdict, the signs of gaming, and what the parts of the reward come to."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from math import fsum
from time import perf_counter

from curricula.curriculum import Curriculum
from curricula.rewards.measures import MEASURES, Answered, measured
from curricula.rewards.reward import Reward
from envserver.episodes import judged_episode, said_in, spoken, spoken_actions
from envserver.equivariance import equivariant
from envserver.errors import EXPECTED, Invalid, error_body
from envserver.wire import ErrorBody, MessageIn, ScoreItem, VerdictOut
from generators.canary import Canary
from generators.families import family_named, problem
from generators.ids import MAX_LENGTH
from generators.problem import Problem
from generators.signs.signs import flagged
from generators.turn_based import TurnBased
from generators.verdict import Verdict

_log = logging.getLogger(__name__)
_SHORT = 200  # characters


@dataclass(frozen=True)
class Judging:
    """What is the same for all items of a request; answers and turns of more than `most` characters are malformed."""

    reward: Reward
    curriculum: Curriculum | None
    most: int
    queue_ms: float = 0.0


def scored(item: ScoreItem, how: Judging) -> VerdictOut:
    """Judge one answer; what goes wrong with it is in the reply, and no zero."""
    started = perf_counter()
    reward, most = how.reward, how.most
    try:
        factors = _factors(item, reward, how.curriculum)
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
        reward=fsum(parts.values()),
        outcome=verdict.outcome,
        components=components,
        parts=parts,
        flags=list(verdict.flags),
        equivariant=turned,
        reason=verdict.reason,
        answer_key=verdict.answer_key,
        verify_ms=round(1_000 * (perf_counter() - started), 4),
        queue_ms=how.queue_ms,
    )


def _answered(item: ScoreItem, most: int) -> Answered:
    """Return what was said to a problem with the verdict on it, signs of gaming included."""
    posed = problem(item.id)
    family_named(posed.id.family).require(posed.id.layout)
    if (item.completion is None) == (item.actions is None):
        raise Invalid("give either a completion or actions")
    if isinstance(posed, TurnBased):
        text = spoken(item)
        said = text if isinstance(item.completion, str) else max(spoken_actions(said_in(item)), key=len, default="")
        judged = _endless(posed, most) if len(said) > most else judged_episode(posed, item)
        verdict = flagged(posed, text[-most:], judged)
    else:
        text = _last_text(item)
        known = remembered_answer if len(text) <= _SHORT else judged_answer
        verdict = known(item.id, text, item.truncated, most)
    asked = posed.hidden if isinstance(posed, Canary) else posed
    return Answered(asked, text[-most:], verdict, item.tokens)


def judged_answer(id: str, text: str, truncated: bool, most: int) -> Verdict:
    """Return the verdict on a text with its signs of gaming; one of more than `most` characters is malformed."""
    posed = problem(id)
    return flagged(posed, text, _endless(posed, most) if len(text) > most else posed.judge(text, truncated))


def _endless(posed: Problem, most: int) -> Verdict:
    """Return the verdict on more text than is read: the writer's fault, for an `unscored` would be free of charge."""
    none = dict.fromkeys(family_named(posed.id.family).components, 0.0)
    return Verdict("malformed", none, (), f"an answer, or a turn, has at most {most} characters")


# Of a group's answers many are alike where they are short, and a verdict is a function of these alone.
remembered_answer = lru_cache(maxsize=4_096)(judged_answer)


@lru_cache(maxsize=1_024)
def _refuse_unknown(names: frozenset[str], family: str) -> None:
    """Raise `Invalid` where a reward reads what a family does not have: a misspelled name is worth no zero."""
    if unknown := names - set(family_named(family).components) - set(MEASURES):
        raise Invalid(f"{family} has no component {', '.join(sorted(unknown))}, which the reward reads")


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise Invalid(f"`original` has at most {most} characters")
    return text


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
