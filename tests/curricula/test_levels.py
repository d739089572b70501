"""Difficulty within a stage: parameters rise together with success, and the last level is what is tested."""

from collections import Counter

import pytest

from curricula.advance import advance
from curricula.curriculum import Curriculum
from curricula.errors import BadCurriculum
from curricula.progress import Progress
from curricula.reading import read_curriculum
from curricula.reports import TrainingReport
from curricula.sampling import Wish, drawing

TEXT = """
name: rising
style: bare
stages:
  - name: echelon
    family: rref@1
    params: {kind: random, rows: 2}
    levels: {params: {bound: [2, 5, 9], columns: [2, 3]}, draw: inclusive, raise_at: 0.7, lower_below: 0.2}
  - {name: next, family: matrix_inverse@1, params: {kind: scalar, bound: 60}}
"""
GOOD, POOR, BAD = (TrainingReport(n=64, successes=n) for n in (60, 30, 5))


@pytest.fixture(scope="module")
def rising() -> Curriculum:
    return read_curriculum(TEXT)


def _levels(curriculum: Curriculum, progress: Progress, n: int = 600) -> Counter[tuple[object, object]]:
    place = drawing(curriculum, progress, Wish("train", "bare", 3))
    drawn = [place(slot) for slot in range(n)]
    params = [dict(one.id.params) for one in drawn if one.stage == "echelon"]
    return Counter((p["bound"], p["columns"]) for p in params)


def test_levels_rise_and_fall_with_the_training_mean(rising: Curriculum) -> None:
    progress = Progress(curriculum=rising.reference)
    reached = []
    for report in (GOOD, POOR, GOOD, GOOD, BAD, BAD, BAD):
        at = advance(rising, progress, {"echelon": report}, [])
        progress = at.progress
        reached.append(progress.stage("echelon").level)
    assert reached == [1, 1, 2, 2, 1, 0, 0]


def test_a_look_waits_for_the_last_level(rising: Curriculum) -> None:
    progress = Progress(curriculum=rising.reference)
    told = []
    for _ in range(3):
        at = advance(rising, progress, {"echelon": GOOD}, [])
        progress = at.progress
        told.append((at.next_look is not None, "last level" in at.decision.reason))
    assert told == [(False, True), (False, False), (True, False)]  # at level 2 new samples are asked for


def test_all_levels_so_far_or_the_newest_are_drawn(rising: Curriculum) -> None:
    start = Progress(curriculum=rising.reference)
    assert set(_levels(rising, start)) == {(2, 2)}
    top = start.with_stage("echelon", start.stage("echelon").model_copy(update={"level": 2}))
    mixed = _levels(rising, top)
    assert set(mixed) == {(2, 2), (5, 3), (9, 3)}
    assert max(mixed.values()) < 1.4 * min(mixed.values())
    newest = read_curriculum(TEXT.replace("inclusive", "newest"))
    assert set(_levels(newest, top.model_copy(update={"curriculum": newest.reference}))) == {(9, 3)}


def test_held_out_and_named_stages_are_at_the_last_level(rising: Curriculum) -> None:
    start = Progress(curriculum=rising.reference)
    for wish in (Wish("dev", "bare"), Wish("test", "bare"), Wish("train", "bare", stage="echelon")):
        params = dict(drawing(rising, start, wish)(0).id.params)
        assert (params["bound"], params["columns"]) == (9, 3)
    assert rising.stages[0].params["bound"] == 9


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("rows: 2}", "rows: 2, bound: 5}", "line 5: .*bound is a parameter that rises, to 9"),
        ("columns: [2, 3]", "columns: [2, 300]", "line 5: .*columns is an integer"),
        ("columns: [2, 3]", "columns: [200, 3]", "line 5: .*level 0: columns"),
        ("bound: [2, 5, 9], columns: [2, 3]", "bound: [9], columns: [3]", "two values or more"),
        ("lower_below: 0.2", "lower_below: 0.8", "lower_below"),
        ("raise_at", "rise_at", "line 8: .*rise_at"),
    ],
)
def test_impossible_levels_are_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(BadCurriculum, match=says):
        read_curriculum(TEXT.replace(old, new))


def test_a_passed_stage_whose_level_falls_is_looked_at(rising: Curriculum) -> None:
    start = Progress(curriculum=rising.reference)
    passed = start.stage("echelon").model_copy(update={"status": "promoted", "level": 2})
    at = advance(rising, start.with_stage("echelon", passed), {"echelon": BAD}, [])
    assert at.progress.stage("echelon").level == 1
    assert at.next_look is not None
    assert at.next_look.stage == "echelon"
