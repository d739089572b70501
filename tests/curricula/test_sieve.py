"""A finite set: what is solved for good is set aside, what is forgotten comes back, and it all fits into progress."""

from collections import Counter
from collections.abc import Iterator

import pytest

from curricula.advance import advance
from curricula.curriculum import Curriculum
from curricula.errors import BadCurriculum, Stale
from curricula.progress import MAX_BYTES, Progress
from curricula.reading import read_curriculum
from curricula.reports import TrainingReport
from curricula.sampling import Wish, drawing
from curricula.sieve import Sieved
from envserver.sets import serve_sets
from envserver.settings import Settings

ROWS = 90
TEXT = """
name: practice
stages:
  - {name: all, family: dataset@1, params: {set: sums, kind: number}, sieve: {revisit: 0.1}}
"""


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curriculum]:
    """A curriculum on a data set of a few sums, all of them for training."""
    folder = tmp_path_factory.mktemp("set")
    rows = "\n".join(f'{{"question": "What is {i} + 1?", "answer": "{i + 1}"}}' for i in range(ROWS))
    (folder / "sums").mkdir()
    (folder / "sums" / "train.jsonl").write_text(rows)
    (folder / "sets.yaml").write_text("sums: {path: sums, answers: number}\n")
    serve_sets(Settings(sets=folder / "sets.yaml", cache=folder / "cache"))
    yield read_curriculum(TEXT)
    serve_sets(Settings(cache=folder / "cache"))


def _ids(curriculum: Curriculum, progress: Progress, slots: range) -> list[str]:
    place = drawing(curriculum, progress, Wish("train", "chat"))
    return [str(place(slot).id) for slot in slots]


def _told(solved: list[str], missed: list[str]) -> dict[str, TrainingReport]:
    n = 4 * len(solved + missed)
    return {
        "all": TrainingReport(n=n, successes=4 * len(solved), groups=n // 4, solved=tuple(solved), missed=tuple(missed))
    }


def test_what_is_solved_twice_running_is_seldom_met_again_until_it_is_missed(few: Curriculum) -> None:
    start = Progress(curriculum=few.reference)
    epoch = sorted(set(_ids(few, start, range(600))))
    solved, open_ = epoch[: len(epoch) // 2], epoch[len(epoch) // 2 :]
    once = advance(few, start, _told(solved, open_), []).progress
    assert _ids(few, once, range(600)) == _ids(few, start, range(600))
    twice = advance(few, once, _told(solved, open_), []).progress
    assert twice.stage("all").sieved.count == len(solved)
    met = Counter(one in solved for one in _ids(few, twice, range(2_000)))
    assert 0.02 < met[True] / 2_000 < 0.09  # a tenth of the draws may meet one, and half of those do
    back = advance(few, twice, _told([], solved), []).progress
    assert back.stage("all").sieved.count == 0
    assert len(twice.model_dump_json()) < MAX_BYTES


def test_one_miss_between_two_solutions_starts_anew(few: Curriculum) -> None:
    now, one = Progress(curriculum=few.reference), _ids(few, Progress(curriculum=few.reference), range(1))
    for solved in (True, False, True):
        now = advance(few, now, _told(one if solved else [], [] if solved else one), []).progress
    assert now.stage("all").sieved.count == 0


def test_where_all_is_solved_there_still_is_practice(few: Curriculum) -> None:
    start = Progress(curriculum=few.reference)
    epoch = sorted(set(_ids(few, start, range(600))))
    done = advance(few, advance(few, start, _told(epoch, []), []).progress, _told(epoch, []), []).progress
    assert len(set(_ids(few, done, range(600)))) > len(epoch) // 2


def test_problems_of_others_are_refused(few: Curriculum) -> None:
    start = Progress(curriculum=few.reference)
    foreign = "matrix_inverse@1/bound=60,kind=scalar/train/0/bare"
    with pytest.raises(Stale, match="not one of its train problems"):
        advance(few, start, _told([foreign], []), [])


def test_a_set_fits_as_large_as_may_be() -> None:
    full = Sieved().after(range(20_000), []).after(range(20_000), [])
    assert full.count == 20_000
    assert 19_999 in full
    assert 20_000 not in full
    assert len(full.model_dump_json()) < 7_000


def test_only_data_sets_are_sieved() -> None:
    drawn = "name: x\nstages:\n- {name: a, family: matrix_inverse@1, params: {kind: scalar, bound: 60}, sieve: {}}\n"
    with pytest.raises(BadCurriculum, match=r"line 3: stages\.0: a: .*only a data set"):
        read_curriculum(drawn)


def test_rows_that_the_set_does_not_have_and_rows_told_twice_change_nothing(few: Curriculum) -> None:
    start = Progress(curriculum=few.reference)
    [one] = _ids(few, start, range(1))
    head, _, rest = one.partition("/train/")
    far = f"{head}/train/4000000000/{rest.rpartition('/')[2]}"
    with pytest.raises(Stale, match="not one of its train problems"):
        advance(few, start, _told([far], []), [])
    assert advance(few, start, _told([one, one], []), []).progress.stage("all").sieved.count == 0
