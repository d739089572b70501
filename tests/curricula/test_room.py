"""Progress that is as full as it can be fits, for every curriculum that ships; one that could not is refused."""

from pathlib import Path

import pytest

import curricula
from curricula.curriculum import Curriculum
from curricula.errors import BadCurriculum
from curricula.policies import Bandit, Learnability, LearningProgress, Policy, Uniform
from curricula.policies.bandit import Values
from curricula.policies.learnability import Counts
from curricula.policies.learning_progress import Recent
from curricula.progress import Look, Progress, StageProgress
from curricula.promotion import Evidence
from curricula.reading import load_curricula, read_curriculum
from curricula.room import room

SHIPPED = load_curricula(Path(curricula.__file__).parent)


def _full(curriculum: Curriculum, policy: Policy) -> Progress:
    """Everything that a run of a billion samples may have left."""
    test = Evidence(attempt=12, looks=1_024, mass=1.2345678901234567e130, trials=1_024, successes=1_024)
    stage = StageProgress(
        status="memorised",
        level=12,
        seen=123_456_789,
        successes=123_456_789,
        fresh=(31, 31),
        last_mean=0.123456,
        test=test,
        watch=test,
        demotions=11,
        cursor=1_024,
        passed_at=1_234_567_890,
    )
    memory = {
        "learnability": Counts(counts=dict.fromkeys(curriculum.names, (12345.6789, 12345.6789))),
        "bandit": Values(values=dict.fromkeys(curriculum.names, -0.123456)),
        "progress": Recent(recent=dict.fromkeys(curriculum.names, (0.1234,) * getattr(policy, "window", 1))),
    }
    progress = Progress(
        curriculum=curriculum.reference,
        policy=policy,
        memory=memory.get(policy.kind),
        horizon=1_234_567_890,
        samples=1_234_567_890,
        stages=dict.fromkeys(curriculum.names, stage),
    )
    look = Look(slots=tuple(range(800, 800 + curriculum.promotion.look)), rounds=2, trials=7, successes=7)
    return progress.with_stage(curriculum.names[0], stage.model_copy(update={"look": look}))


@pytest.mark.parametrize(
    "policy", [Uniform(), Learnability(), Bandit(), LearningProgress(window=32)], ids=lambda p: p.kind
)
@pytest.mark.parametrize("name", SHIPPED)
def test_the_estimate_is_an_upper_bound_and_not_a_wild_one(name: str, policy: Policy) -> None:
    curriculum = SHIPPED[name]
    taken = len(_full(curriculum, policy).model_dump_json())
    assert taken <= room(curriculum, policy) < 3 * taken + 2_000


def test_too_many_stages_are_refused() -> None:
    stages = "\n".join(
        f"- {{name: s{i}, family: matrix_inverse@1, params: {{kind: scalar, bound: {i + 40}}}}}" for i in range(64)
    )
    with pytest.raises(BadCurriculum, match="take fewer stages"):
        read_curriculum(f"name: many\nstages:\n{stages}\n")
