"""Sets by name: shipped ones with published fingerprints, registered ones, and ids that name another text of a set."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from generators.data_sets.errors import BadDataSet
from generators.data_sets.registry import SHIPPED, register, registered, shipped, store_named
from generators.data_sets.rows import Source
from generators.errors import BadId, EmptySplit
from generators.families import FAMILIES, problem


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Path]:
    """A registered set `mine`."""
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps({"question": f"q {i}", "answer": i}) + "\n" for i in range(90)))
    register([Source("mine", path=str(file), answers="number")], tmp_path)
    yield file
    register([], tmp_path)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_sets_are_what_the_examples_name(name: str) -> None:
    store = store_named(name)
    assert shipped(name) == {"set": name, "fingerprint": store.fingerprint}
    assert not store.left_out
    assert store.sizes["train"] >= 15


def test_an_id_holds_set_fingerprint_and_row(mine: Path) -> None:
    store = registered()["mine"]
    for seed in (0, 5, store.sizes["train"] - 1):
        posed = problem(f"dataset@1/fingerprint={store.fingerprint},kind=number,set=mine/train/{seed}/chat")
        assert posed.content == store.rows("train")[seed].content
    with pytest.raises(EmptySplit, match=f"has {store.sizes['train']} train problems"):
        problem(f"dataset@1/fingerprint={store.fingerprint},kind=number,set=mine/train/{store.sizes['train']}/chat")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ("fingerprint=f000000000000,kind=number,set=mine", "has the fingerprint f"),
        ("fingerprint={print},kind=number,set=other", "no data set 'other' is registered here"),
        ("fingerprint={print},kind=choice,set=mine", "are of the type number, not choice"),
        ("fingerprint=x,kind=number,set=mine", "fingerprint is written"),
        ("kind=number,set=mine", "parameter 'fingerprint' is missing"),
    ],
)
def test_ids_of_other_data_are_refused(mine: Path, changed: str, says: str) -> None:
    fingerprint = registered()["mine"].fingerprint
    with pytest.raises(BadId, match=says):
        problem(f"dataset@1/{changed.format(print=fingerprint)}/train/0/chat")


def test_a_failed_registration_changes_nothing(mine: Path, tmp_path: Path) -> None:
    before = registered()["mine"]
    with pytest.raises(BadDataSet):
        register([Source("mine", path=str(tmp_path / "nowhere"), answers="number")], tmp_path)
    assert registered()["mine"] is before
    with pytest.raises(BadDataSet, match="already is a set"):
        register([Source("small_gsm8k", path=str(mine), answers="number")], tmp_path)


def test_the_families_of_sets_have_a_fingerprint_to_fill_in(mine: Path) -> None:
    fingerprint = registered()["mine"].fingerprint
    completed = FAMILIES["dataset"].completed({"kind": "number", "set": "mine"})
    assert completed == {"kind": "number", "set": "mine", "fingerprint": fingerprint}
    assert FAMILIES["dataset"].completed({**completed, "fingerprint": "f1"})["fingerprint"] == "f1"
