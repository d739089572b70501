"""Policies: hand-computed rules, and what they do to a thousand simulated learners."""

from collections.abc import Mapping
from math import cos, exp, pi, sqrt, tanh
from typing import Any

import pytest
from pydantic import TypeAdapter

from curricula.errors import NoHorizon
from curricula.policies import (
    Bandit,
    Difficulty,
    Fixed,
    Learnability,
    LearningProgress,
    Policy,
    Schedule,
    Staged,
    Standing,
    Uniform,
)
from curricula.progress import MAX_BYTES, Progress
from curricula.reading import read_curriculum
from curricula.reports import TrainingReport
from curricula.simulate import Batch, Learner, simulate

# Seven stages whose pools are enumerated in no time; what a simulated learner can do is not the family's doing.
LADDER = read_curriculum(
    "name: ladder\nstages:\n"
    + "\n".join(
        f"- {{name: s{i}, family: matrix_inverse@1, params: {{kind: scalar, bound: {60 + i}}}}}" for i in range(7)
    )
)
NAMES = ("a", "b", "c", "d")
POLICIES: Mapping[str, Policy] = {
    "staged": Staged(),
    "uniform": Uniform(),
    "fixed": Fixed(stage="s2"),
    "learnability": Learnability(),
    "bandit": Bandit(),
    "difficulty": Difficulty(),
    "cosine": Schedule(shape="cosine"),
    "gaussian": Schedule(),
    "classic": Schedule(shape="classic"),
    "progress": LearningProgress(),
}


def _standing(memory: Any = None, **changes: Any) -> Standing[Any]:
    return Standing(NAMES, [False] * len(NAMES), memory=memory, **changes)


def _fed(policy: Policy, *batches: Mapping[str, TrainingReport]) -> Standing[Any]:
    at = _standing()
    for batch in batches:
        at = _standing(policy.after(at, batch))
    return at


def _report(right: int, of: int = 40, groups: int = 5, advantage: float = 0.0) -> TrainingReport:
    return TrainingReport(n=of, successes=right, groups=groups, mean_abs_advantage=advantage)


def test_learnability_by_hand() -> None:
    policy = Learnability(decay=0.5, bonus=0.0, floor=0.0)
    at = _fed(policy, {"a": _report(40)}, {"a": _report(40), "b": _report(20)})
    # Groups are the unit: five problems all won, decayed by a half, and five more; of b half of five.
    means = {"a": (2.5 + 5 + 1) / (7.5 + 2), "b": 0.5, "c": 0.5, "d": 0.5}
    learnable = [p * (1 - p) for p in means.values()]
    assert policy.weights(at) == pytest.approx([x / sum(learnable) for x in learnable])
    curious = Learnability(decay=0.5, bonus=1.0, floor=0.0)
    scores = [p * (1 - p) + sqrt(p * (1 - p) / (n + 3)) for p, n in zip(means.values(), (7.5, 5, 0, 0), strict=True)]
    assert curious.weights(at) == pytest.approx([x / sum(scores) for x in scores])


def test_the_bandit_by_hand() -> None:
    policy = Bandit(rate=0.5, temperature=0.25, floor=0.0)
    at = _fed(
        policy, {"a": _report(20, advantage=0.8)}, {"a": _report(20, advantage=0.4), "b": _report(1, advantage=0.2)}
    )
    worth = [0.5 * 0.4 + 0.5 * (0.5 * 0.8), 0.5 * 0.2, 0.0, 0.0]
    scale = [exp(q / 0.25) for q in worth]
    assert policy.weights(at) == pytest.approx([x / sum(scale) for x in scale])


def test_difficulty_by_hand() -> None:
    policy = Difficulty(step=20, floor=0.0)
    assert policy.weights(_standing()) == [1.0, 0.0, 0.0, 0.0]
    at = _fed(policy, {"a": _report(40), "d": _report(0)})  # d was drawn by a floor: it says nothing
    target = 20 * tanh(2 * 0.5)
    assert at.memory.target == pytest.approx(target, abs=1e-6)
    place = target / 100 * 3
    assert policy.weights(at) == pytest.approx([1 - place, place, 0, 0], abs=1e-6)
    assert _fed(policy, {"a": _report(0)}).memory.target == 0.0


def test_schedules_by_hand() -> None:
    with pytest.raises(NoHorizon):
        Schedule().weights(_standing())
    half = _standing(samples=50, horizon=100)
    early = (1 + cos(pi / 2)) / 2
    ramp = [early * (4 - i) / 10 + (1 - early) * (i + 1) / 10 for i in range(4)]
    assert Schedule(shape="cosine").weights(half) == pytest.approx([max(x, 0.1) for x in ramp])
    bump = [exp(-((i - 0.5**0.5 * 3) ** 2) / 0.5) for i in range(4)]
    least = 2 / 20
    assert Schedule(width=0.5).weights(half) == pytest.approx([least + (1 - 4 * least) * x / sum(bump) for x in bump])
    classic = [Schedule(shape="classic").weights(_standing(samples=at, horizon=100)) for at in (0, 25, 74, 75, 500)]
    assert [weights.index(1.0) for weights in classic] == [0, 1, 2, 3, 3]


def test_slopes_by_hand() -> None:
    policy = LearningProgress(window=3, floor=0.0)
    at = _fed(policy, *({"a": _report(r), "b": _report(20), "c": _report(40 - r)} for r in (0, 30, 10, 20, 30)))
    # The last three of a rise by 0.25 a report, of c they fall as fast; b stands still; d was never seen.
    assert policy.weights(at) == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])


def test_a_policy_does_not_read_what_another_one_remembered() -> None:
    progress = Progress(curriculum=LADDER.reference, policy=Bandit(), memory=Difficulty().after(_standing(), {}))
    assert len(set(LADDER.weights(progress))) == 1


@pytest.mark.parametrize("name", POLICIES)
def test_simulated_runs(name: str) -> None:
    """Many runs each: the same by seed, also with progress through JSON at every moment, small, nobody starves."""
    policy = POLICIES[name]
    adapter: TypeAdapter[Policy] = TypeAdapter(Policy)
    assert adapter.validate_json(adapter.dump_json(policy)) == policy

    def carried(progress: Progress) -> Progress:
        text = progress.model_dump_json()
        assert len(text) < MAX_BYTES
        weights = LADDER.weights(progress)
        met = weights if name not in ("fixed", "classic") else [1.0]
        if name == "staged":  # all there are, up to the one after the frontier
            met = weights[: LADDER.names.index(LADDER.frontier(progress)) + 2]
        assert min(met) / sum(weights) > 0.01
        return Progress.model_validate_json(text)

    batch = Batch(16, 4)
    for seed in range(20):
        trace = simulate(LADDER, policy, Learner(), 20, seed, batch, carried)
        assert simulate(LADDER, policy, Learner(), 20, seed, batch) == trace
    assert trace.steps[-1].samples == 20 * 64


@pytest.mark.parametrize("name", ["staged", "learnability", "bandit", "progress", "uniform"])
def test_what_was_passed_is_kept(name: str) -> None:
    """Rehearsal: a stage that was passed falls to 0.6, the bar of a demotion, in none of ten long runs."""
    for seed in range(10):
        trace = simulate(LADDER, POLICIES[name], Learner(), 150, seed)
        assert trace.promoted
        assert trace.retention > 0.6


def test_without_rehearsal_it_is_forgotten_noticed_and_taken_up_again() -> None:
    """The planted fault: a staged policy that only ever looks ahead, and a learner who forgets fast."""
    ahead = Staged(frontier=0.9, rehearsal=0.02, probe=0.08)
    kept, lost = (simulate(LADDER, policy, Learner(forgetting=0.06), 200, 1) for policy in (Staged(), ahead))
    assert lost.demoted > 0
    assert lost.retention < kept.retention
    again = [step.passed[0] for step in lost.steps]
    fell = next((i for i in range(1, len(again)) if again[i - 1] and not again[i]), None)
    assert fell is None or sum(step.shares[0] for step in lost.steps[fell + 1 : fell + 4]) > 1.5


def test_measures_of_a_run() -> None:
    """A learner who knows everything: every stage is passed at its first look, and all practice is on mastered ones."""
    trace = simulate(LADDER, Staged(), Learner(start=(0.99,)), 12, 0)
    assert trace.climbed > 0.5
    assert trace.on_mastered == pytest.approx(1.0)
    assert trace.retention > 0.9
    assert trace.alike > 0.7
