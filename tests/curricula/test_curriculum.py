"""Curriculum files: strict, checked before they are served, identified by their text."""

from pathlib import Path

import pytest

import curricula
from curricula.errors import BadCurriculum, Stale, UnknownCurriculum
from curricula.progress import Progress
from curricula.reading import load_curricula, read_curriculum

GOOD = """
name: small
about: a test
style: bare
reward: {weights: {correct: 1.0}}
policy: {kind: uniform}
stages:
  - {name: one, family: matrix_inverse@1, params: {kind: scalar, bound: 60}}
  - {name: two, family: matrix_inverse@1, params: {kind: diagonal, n: 2, bound: 9}}
"""


def test_the_digest_is_of_the_content_not_of_the_layout() -> None:
    small = read_curriculum(GOOD)
    assert small.reference == f"small@{small.digest}"
    assert read_curriculum(GOOD + "\n# a comment\n").digest == small.digest
    assert read_curriculum(GOOD.replace("bound: 60", "bound: 61")).digest != small.digest


def test_shipped_curricula_load_and_their_digest_is_published() -> None:
    loaded = load_curricula(Path(curricula.__file__).parent)
    assert set(loaded) == {
        "inverse",
        "linear_algebra",
        "rref",
        "hadamard",
        "arithmetic",
        "generalisation",
        "gsm8k",
        "everything",
        "program_synthesis",
        "row_operations",
    }
    assert [name for name, one in loaded.items() if one.test_only] == ["generalisation"]
    assert loaded["inverse"].names == (
        "scalar",
        "diagonal",
        "shear",
        "rank_one",
        "random_2x2",
        "perturbed_3x3",
        "random_3x3",
    )


def test_generalisation_shares_no_stage_with_what_is_trained() -> None:
    loaded = load_curricula(Path(curricula.__file__).parent)
    trained = {stage.stem for one in loaded.values() if not one.test_only for stage in one.stages}
    assert not trained & {stage.stem for stage in loaded["generalisation"].stages}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: scalar", "kind: scaler", "did you mean 'scalar'"),
        ("bound: 60", "bound: 60000", "bound is an integer from 2 to 999"),
        ("bound: 60", "bound: 60, m: 3", "unknown parameter 'm'"),
        ("bound: 60", 'bound: "60"', "bound is a number: write 60 without quotes"),
        (
            "kind: scalar, bound: 60",
            "kind: perturbed_decimal, n: 2, decimals: 4, spread: 560, tolerance: 56",
            "no inversion would be needed",
        ),
        ("matrix_inverse@1", "matrix_inverse@9", "version"),
        ("matrix_inverse@1", "matrix_inverse", "line 8: stages.0.family: a family is written with its version"),
        ("name: two", "name: one", "same name"),
        ("correct: 1.0", "corect: 1.0", "no component corect"),
        ("style: bare", "style: fancy", "unknown style"),
        ("kind: uniform", "kind: fixed, stage: three", "no stage 'three'"),
        ("kind: uniform", "kind: clever", "policy"),
        ("about: a test", "abuot: a test", "abuot"),
        ("about: a test", "about: a test\nname: again", "stands twice"),
        ("about: a test", "about: &x a test\ndigest: *x", "aliases"),
        ("about: a test", "about: [", "line"),
        ("about: a test", "digest: abc", "line 3: digest: is worked out"),
        ("about: a test", "about: !!python/object/apply:os.system [ls]", "line 3: tags are not allowed"),
    ],
)
def test_bad_files_say_where(old: str, new: str, says: str) -> None:
    with pytest.raises(BadCurriculum, match=says):
        read_curriculum(GOOD.replace(old, new, 1))


def test_what_follows_from_another_fault_is_not_said() -> None:
    with pytest.raises(BadCurriculum) as told:
        read_curriculum(GOOD + "promotion: {p0: 0.9, p1: 0.7}\n")
    assert len(str(told.value).splitlines()) == 1
    low = read_curriculum(GOOD + "promotion: {p0: 0.001, p1: 0.3}\n")
    assert low.demotion is None, "there is no room below"


def test_progress_of_another_text_is_stale() -> None:
    small = read_curriculum(GOOD)
    with pytest.raises(Stale):
        small.check(Progress(curriculum="small@0000000000000000"))
    with pytest.raises(UnknownCurriculum, match="did you mean 'one'"):
        small.stage("ome")


def test_names_are_unique_across_folders(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(BadCurriculum, match="already"):
        load_curricula(tmp_path)
