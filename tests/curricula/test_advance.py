"""Progress moves only by evidence on held-out problems; the same body always gives the same reply."""

from pathlib import Path

import pytest

import curricula
from curricula.advance import Advanced, advance
from curricula.curriculum import Curriculum
from curricula.errors import BadCurriculum, Stale
from curricula.pools import pool
from curricula.progress import MAX_BYTES, Progress
from curricula.reading import load_curricula, read_curriculum
from curricula.reports import HeldOut, NextLook, TrainingReport

INVERSE = load_curricula(Path(curricula.__file__).parent)["inverse"]
GOOD = TrainingReport(n=64, successes=60)
BAD = TrainingReport(n=64, successes=10)


def _start(curriculum: Curriculum = INVERSE) -> Progress:
    return Progress(curriculum=curriculum.reference)


def _answers(curriculum: Curriculum, look: NextLook, right: int, unscored: int = 0) -> list[HeldOut]:
    ids = pool(curriculum.stage(look.stage).stem, look.split)
    return [
        HeldOut(id=str(ids[slot]), sampled=None if i < unscored else i < unscored + right, greedy=True)
        for i, slot in enumerate(look.slots)
    ]


def _look(at: Advanced) -> NextLook:
    assert at.next_look is not None
    return at.next_look


def test_no_look_before_training_is_good() -> None:
    at = advance(INVERSE, _start(), {"scalar": BAD}, [])
    assert at.next_look is None
    assert at.decision.kind == "stay"
    assert "0.75" in at.decision.reason


def test_promotion() -> None:
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    assert _look(at).slots == tuple(range(32))
    done = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 32))
    assert done.decision.kind == "promoted"
    assert done.decision.evidence["successes"] == 32
    assert done.next_look is None
    assert INVERSE.frontier(done.progress) == "diagonal"
    assert done.progress.stage("scalar").passed_at == 64


def test_a_failed_look_waits_for_new_training_and_takes_new_problems() -> None:
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    failed = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 20))
    assert failed.decision.kind == "stay"
    assert failed.next_look is None
    assert advance(INVERSE, failed.progress, {}, []).next_look is None
    again = advance(INVERSE, failed.progress, {"scalar": GOOD}, [])
    assert _look(again).slots == tuple(range(32, 64))


def test_unscored_answers_are_asked_again() -> None:
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    part = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 27, unscored=5))
    assert _look(part).slots == (0, 1, 2, 3, 4)
    done = advance(INVERSE, part.progress, {}, _answers(INVERSE, _look(part), 5))
    assert done.decision.kind == "promoted"
    assert done.decision.evidence["trials"] == 32


def test_leaving_failures_unscored_is_no_way_to_pass() -> None:
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    for _ in range(2):
        at = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 27 if len(_look(at).slots) == 32 else 0, 5))
        assert _look(at).slots == (0, 1, 2, 3, 4)
    done = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 0, unscored=5))
    assert (done.decision.kind, done.decision.evidence["trials"], done.decision.evidence["successes"]) == (
        "stay",
        32,
        27,
    )
    assert done.decision.evidence["greedy_trials"] == 27


def test_the_pool_is_used_once_per_test_and_the_level_tightens() -> None:
    progress, seen, attempts = _start(), [], []
    for _ in range(len(pool(INVERSE.stages[0].stem, "dev")) // 32 + 1):
        at = advance(INVERSE, progress, {"scalar": GOOD}, [])
        seen.append(_look(at).slots)
        failed = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 20))
        attempts.append(failed.decision.evidence["needed"])
        progress = failed.progress
    first = [slot for look in seen[:-1] for slot in look]
    assert len(set(first)) == len(first)
    assert seen[-1] == seen[0]
    assert attempts[0] == 40
    assert attempts[-1] == 120


def test_results_nobody_asked_for_are_refused() -> None:
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    wrong = HeldOut(id=str(pool(INVERSE.stages[1].stem, "dev")[0]), sampled=True)
    with pytest.raises(Stale):
        advance(INVERSE, at.progress, {}, [wrong])
    with pytest.raises(Stale):
        advance(INVERSE, _start(), {}, [wrong])
    twice = _answers(INVERSE, _look(at), 32)
    with pytest.raises(Stale):
        advance(INVERSE, at.progress, {}, [*twice, twice[0]])
    with pytest.raises(Stale):
        advance(INVERSE, at.progress, {"scalar": TrainingReport(n=1, successes=2)}, [])


def test_pure_and_within_its_size() -> None:
    progress = _start()
    for stage in INVERSE.names:
        at = advance(INVERSE, progress, {stage: GOOD}, [])
        assert advance(INVERSE, Progress.model_validate_json(progress.model_dump_json()), {stage: GOOD}, []) == at
        assert len(at.progress.model_dump_json()) < MAX_BYTES
        progress = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 32)).progress
    done = advance(INVERSE, progress, {"scalar": GOOD}, [])
    assert done.decision.kind == "finished"
    assert done.next_look is None


MEMORISABLE = """
name: small
stages:
  - {name: tiny, family: matrix_inverse@1, params: {kind: scalar, bound: 9}}
  - {name: next, family: matrix_inverse@1, params: {kind: scalar, bound: 60}}
"""


def test_a_memorisable_stage_is_passed_but_never_promoted() -> None:
    small = read_curriculum(MEMORISABLE)
    whole = pool(small.stages[0].stem, "dev")
    assert len(whole) < 200
    at = advance(small, _start(small), {"tiny": GOOD}, [])
    assert _look(at).slots == tuple(range(len(whole)))
    failed = advance(small, at.progress, {}, _answers(small, _look(at), len(whole) // 2))
    assert failed.decision.kind == "stay"
    passed = advance(small, at.progress, {}, _answers(small, _look(at), len(whole)))
    assert passed.decision.kind == "memorised"
    assert small.frontier(passed.progress) == "next"


def test_a_stage_without_any_problem_is_refused_and_none_at_all_passes_nothing() -> None:
    tiny = read_curriculum(MEMORISABLE.replace("bound: 9", "bound: 2"))
    at = advance(tiny, _start(tiny), {"tiny": GOOD}, [])
    assert _look(at).split == "train"  # no dev content: the train pool has to be answered
    assert len(_look(at).slots) == len(pool(tiny.stages[0].stem, "train"))
    passed = advance(tiny, at.progress, {}, _answers(tiny, _look(at), len(_look(at).slots)))
    assert passed.decision.kind == "memorised"


def test_a_pool_smaller_than_a_look_is_one_look() -> None:
    small = read_curriculum(
        """
name: small
promotion: {look: 256}
stages: [{name: tiny, family: matrix_inverse@1, params: {kind: scalar, bound: 42}}]
"""
    )
    at = advance(small, _start(small), {"tiny": GOOD}, [])
    assert len(_look(at).slots) == len(pool(small.stages[0].stem, "dev")) < 256
    done = advance(small, at.progress, {}, _answers(small, _look(at), len(_look(at).slots)))
    assert done.decision.kind == "promoted"
    assert done.decision.evidence["attempt"] == 1


def test_a_fixed_policy_is_tested_on_its_stage() -> None:
    start = Progress.model_validate({"curriculum": INVERSE.reference, "policy": {"kind": "fixed", "stage": "shear"}})
    at = advance(INVERSE, start, {"shear": GOOD}, [])
    assert _look(at).stage == "shear"
    done = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 32))
    assert done.decision.kind == "promoted"
    assert advance(INVERSE, done.progress, {"shear": GOOD}, []).decision.kind == "finished"


def _passed() -> Progress:
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    return advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 32)).progress


def test_a_stage_that_is_forgotten_is_looked_at_lost_and_tested_anew_at_a_stricter_level() -> None:
    at = advance(INVERSE, _passed(), {"scalar": BAD, "diagonal": GOOD}, [])
    assert (_look(at).stage, _look(at).slots) == ("scalar", tuple(range(32, 64)))  # before the frontier's look
    assert "forgotten" in at.decision.reason
    lost = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 8))
    assert (lost.decision.kind, lost.decision.stage) == ("demoted", "scalar")
    assert INVERSE.frontier(lost.progress) == "scalar"
    assert lost.progress.stage("scalar").demotions == 1
    again = advance(INVERSE, lost.progress, {"scalar": GOOD}, [])
    assert again.decision.evidence["needed"] == 120


def test_hysteresis() -> None:
    """A passed stage between the bars is left alone; a bad batch alone, without bad answers on dev, loses nothing."""
    between = TrainingReport(n=64, successes=44)
    at = advance(INVERSE, _passed(), {"scalar": between}, [])
    assert at.next_look is None
    at = advance(INVERSE, _passed(), {"scalar": BAD}, [])
    kept = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 22))
    assert kept.decision.kind == "stay"
    assert "kept" in kept.decision.reason
    assert INVERSE.frontier(kept.progress) == "diagonal"


def test_a_few_bad_samples_ask_for_no_look() -> None:
    progress = _passed()
    for _ in range(3):
        at = advance(INVERSE, progress, {"scalar": TrainingReport(n=8, successes=0)}, [])
        progress = at.progress
        assert at.next_look is None
    assert advance(INVERSE, progress, {"scalar": TrainingReport(n=8, successes=0)}, []).next_look is not None


def test_a_curriculum_may_forbid_demotions() -> None:
    stubborn = read_curriculum(MEMORISABLE.replace("name: small", "name: small\ndemotion: null"))
    at = advance(stubborn, _start(stubborn), {"tiny": GOOD}, [])
    done = advance(stubborn, at.progress, {}, _answers(stubborn, _look(at), len(_look(at).slots)))
    assert advance(stubborn, done.progress, {"tiny": BAD}, []).next_look is None


def test_what_is_missing_for_a_promotion_is_said_and_true() -> None:
    at = advance(INVERSE, _start(), {"scalar": BAD}, [])
    assert "training mean reaches 0.75; it is 0.156" in at.decision.reason
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    fewest = int(at.decision.evidence["fewest"])
    assert at.decision.evidence["look"] == 32
    short, enough = (
        advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), right)).decision.kind
        for right in (fewest - 1, fewest)
    )
    assert (short, enough) == ("stay", "promoted")


@pytest.mark.parametrize("test", ["beta", "clopper_pearson, n: 64", "mean_of_last, n: 64"])
def test_other_tests_promote_too(test: str) -> None:
    other = read_curriculum(MEMORISABLE.replace("name: small", f"name: small\npromotion: {{test: {test}}}"))
    progress = _start(other).with_stage("tiny", _start(other).stage("tiny").model_copy(update={"status": "memorised"}))
    kinds = []
    for _ in range(2):
        at = advance(other, progress, {"next": GOOD}, [])
        done = advance(other, at.progress, {}, _answers(other, _look(at), 31))
        progress = done.progress
        kinds.append(done.decision.kind)
        if kinds[-1] == "promoted":
            break
    assert kinds[-1] == "promoted"


def test_what_could_not_be_judged_demotes_nobody() -> None:
    at = advance(INVERSE, _passed(), {"scalar": BAD}, [])
    for _ in range(3):
        at = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 0, unscored=len(_look(at).slots)))
        if at.next_look is None:
            break
    assert at.decision.kind == "stay"
    assert at.decision.evidence["trials"] == 0
    assert at.progress.stage("scalar").status == "promoted"


def test_answers_may_come_in_pieces() -> None:
    at = advance(INVERSE, _start(), {"scalar": GOOD}, [])
    every = _answers(INVERSE, _look(at), 32)
    for first in range(0, 32, 4):
        at = advance(INVERSE, at.progress, {}, every[first : first + 4])
    assert at.decision.kind == "promoted"


@pytest.mark.parametrize("policy", [{"kind": "uniform"}, {"kind": "schedule", "shape": "classic"}])
def test_where_stages_are_not_climbed_in_order_any_that_is_ready_is_tested(policy: dict[str, str]) -> None:
    start = Progress.model_validate({"curriculum": INVERSE.reference, "policy": policy, "horizon": 10_000})
    at = advance(INVERSE, start, {"scalar": BAD, "shear": GOOD}, [])
    assert _look(at).stage == "shear"
    done = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 32))
    assert (done.decision.kind, INVERSE.frontier(done.progress)) == ("promoted", "scalar")


def test_the_bars_of_a_demotion_go_with_those_of_the_promotion() -> None:
    easy = read_curriculum(MEMORISABLE.replace("name: small", "name: small\npromotion: {p0: 0.3, p1: 0.5}"))
    assert easy.demotion is not None
    assert (easy.demotion.p0, easy.demotion.p1) == (0.24, 0.16)
    assert INVERSE.demotion is not None
    assert (INVERSE.demotion.p0, INVERSE.demotion.p1) == (0.6, 0.4)
    with pytest.raises(BadCurriculum, match="up and down"):
        read_curriculum(MEMORISABLE.replace("name: small", "name: small\ndemotion: {p0: 0.99, p1: 0.98}"))


def test_the_fewest_before_a_pool_begins_anew_is_of_the_stricter_test() -> None:
    progress = _start()
    for _ in range(len(pool(INVERSE.stages[0].stem, "dev")) // 32):
        at = advance(INVERSE, progress, {"scalar": GOOD}, [])
        failed = advance(INVERSE, at.progress, {}, _answers(INVERSE, _look(at), 20))
        progress = failed.progress
    opened = advance(INVERSE, progress, {"scalar": GOOD}, [])
    assert opened.decision.evidence["needed"] == 120
    assert failed.decision.evidence["fewest"] == opened.decision.evidence["fewest"]


def test_a_memorised_stage_may_be_looked_at_for_ever() -> None:
    small = read_curriculum(MEMORISABLE)
    whole = len(pool(small.stages[0].stem, "dev"))
    stage = _start(small).stage("tiny").model_copy(update={"status": "memorised"})
    progress = _start(small).with_stage("tiny", stage)
    for _ in range(1_024 // whole + 2):
        at = advance(small, Progress.model_validate_json(progress.model_dump_json()), {"tiny": BAD}, [])
        progress = advance(small, at.progress, {}, _answers(small, _look(at), whole - 1)).progress
        assert progress.stage("tiny").status == "memorised"
    at = advance(small, progress, {"tiny": BAD}, [])
    lost = advance(small, at.progress, {}, _answers(small, _look(at), whole // 2))
    assert (lost.decision.kind, lost.decision.reason) == ("demoted", f"forgotten: {whole // 2} of {whole} answered")
