"""How large progress can grow: it travels with every request, so what could outgrow its limit is refused at once."""

from curricula.curriculum import Curriculum
from curricula.policies import Learnability, LearningProgress, Policy
from curricula.pools import MEMORISABLE, listed

# Bytes of JSON with every number as long as a run of 10^9 samples can make it; the tests fill one up.
_HEAD, _STAGE, _LOOK = 600, 310, 300
_PER_SLOT = 5


def room(curriculum: Curriculum, policy: Policy | None = None) -> int:
    """Return how many bytes the progress of a learner may come to take, under a policy of its own if it has one."""
    names = sum(len(name) for name in curriculum.names)
    stages = len(curriculum.names)
    rows = [listed(stage.problem_id("train", 0, "x")) or 0 for stage in curriculum.stages if stage.sieve]
    bits = sum(2 * (count // 6 + 40) for count in rows)
    watched = curriculum.demotion.look if curriculum.demotion else 0
    look = _LOOK + _PER_SLOT * max(curriculum.promotion.look, watched, MEMORISABLE)
    # Any number of stages may be open with looks behind them where they are not passed in order.
    recent = (
        _PER_SLOT * curriculum.promotion.n // curriculum.promotion.look
        if curriculum.promotion.test == "mean_of_last"
        else 0
    )
    return (
        _HEAD + look + names + stages * (_STAGE + recent) + bits + _memory(policy or curriculum.policy, stages, names)
    )


def _memory(policy: Policy, stages: int, names: int) -> int:
    if isinstance(policy, LearningProgress):
        return names + stages * (8 + 7 * policy.window)
    return names + stages * (8 + (30 if isinstance(policy, Learnability) else 12))
