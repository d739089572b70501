"""reasoning-gym's own factory, composite and curricula on our stages: our ids, our splits, our judge."""

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.settings import Settings

reasoning_gym = pytest.importorskip("reasoning_gym")
from envserver.protocols.reasoning_gym_datasets import register  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def _registered() -> None:
    register()


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url="none")), "http://localhost") as client:
        yield client


def _made(stage: str, **more: Any) -> Any:
    return reasoning_gym.create_dataset("echelon_inverse", stage=stage, **more)


def test_every_curriculum_has_its_name_there_and_twice_is_once() -> None:
    assert register() == register()
    assert {"echelon_inverse", "echelon_rref", "echelon_arithmetic"} <= set(register())


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_an_item_is_the_problem_of_its_slot(client: TestClient, split: str) -> None:
    made = _made("shear", seed=7, size=12, split=split)
    asked = {"curriculum": "inverse", "stage": "shear", "seed": 7, "split": split, "slots": list(range(12))}
    posed = client.post("/sample", json=asked).json()["problems"]
    assert [entry["metadata"]["problem_id"] for entry in made] == [one["id"] for one in posed]
    assert made[3] == made[3]
    assert made[3]["question"] == posed[3]["messages"][-1]["content"]


def test_seeds_share_nothing_with_other_splits() -> None:
    """Shifted seeds of reasoning-gym's own data sets share nearly all of their items."""
    splits = {split: _made("diagonal", seed=1, size=100, split=split) for split in ("train", "dev", "test")}
    shifted = _made("diagonal", seed=2, size=100)
    asked = {name: {entry["question"] for entry in made} for name, made in splits.items()}
    assert not asked["train"] & asked["dev"]
    assert not asked["train"] & asked["test"]
    assert not {entry["question"] for entry in shifted} & (asked["dev"] | asked["test"])


def test_an_answer_earns_what_score_gives(client: TestClient) -> None:
    made = _made("shear", seed=7, size=4)
    for entry in made:
        for answer in (entry["answer"], "[[1, 0], [0, 1]]", "", None, f"{entry['answer']}</answer><answer>1"):
            item = {
                "id": entry["metadata"]["problem_id"],
                "completion": f"<think></think>\n<answer>{answer or ''}</answer>",
                "stage": "shear",
            }
            reply = client.post("/score", json={"curriculum": "inverse", "items": [item]}).json()
            assert made.score_answer(answer, entry) == reply["verdicts"][0]["reward"]
        assert made.score_answer(entry["answer"], entry) == 1.0
        assert made.score_answer("[[1, 0], [0, 1]]", entry) == 0.0
        assert made.score_answer(None, entry) == 0.0


def test_its_curricula_climb_our_stages() -> None:
    ladder = reasoning_gym.factory.create_curriculum("echelon_inverse")
    stages = []
    for _ in range(3):
        config = ladder.generate_configuration({"seed": 1, "size": 3})
        stages.append(reasoning_gym.create_dataset("echelon_inverse", **vars(config))[0]["metadata"]["difficulty"])
        ladder.increment_attr_level("stage")
    assert [one["stage"] for one in stages] == ["scalar", "diagonal", "shear"]


def test_it_mixes_with_its_own_data_sets() -> None:
    specs = [
        reasoning_gym.composite.DatasetSpec("echelon_inverse", 1, {"stage": "shear"}),
        reasoning_gym.composite.DatasetSpec("chain_sum", 1, {}),
    ]
    mixed = reasoning_gym.create_dataset("composite", size=20, seed=3, datasets=specs)
    sources = [entry["metadata"]["source_dataset"] for entry in mixed]
    assert set(sources) == {"echelon_inverse", "chain_sum"}
    assert all(mixed.score_answer(entry["answer"], entry) == 1.0 for entry in mixed)


def test_a_data_set_goes_to_another_process() -> None:
    made = _made("shear", seed=7, size=3)
    assert list(pickle.loads(pickle.dumps(made))) == list(made)


def test_what_is_for_tests_only_is_a_test_set() -> None:
    made = reasoning_gym.create_dataset("echelon_generalisation", size=2)
    assert [entry["metadata"]["split"] for entry in made] == ["test", "test"]
    with pytest.raises(ValueError, match="for tests only"):
        reasoning_gym.create_dataset("echelon_generalisation", split="train")


def test_a_right_answer_of_several_parts_is_worth_them_all() -> None:
    """0.7 + 0.2 + 0.1, added up exactly."""
    made = reasoning_gym.create_dataset("echelon_rref", seed=7, size=1)
    assert made.score_answer(made[0]["answer"], made[0]) == 1.0


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="played in turns"):
        reasoning_gym.create_dataset("echelon_row_operations")
    with pytest.raises(Exception, match="has no stage 'sheer'"):
        _made("sheer")
    assert len(_made("shear", split="test", size=100_000)) < 1_000
