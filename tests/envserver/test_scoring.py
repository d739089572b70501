"""Rewards by their parts, flags, canaries and restated problems, through HTTP."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.settings import Settings
from generators.canary import CANARY
from generators.families import family_named, problem
from generators.ids import ProblemId

SHEAR = "matrix_inverse@1/bound=40,kind=shear,n=2/train/3/chat"
ANNEALED = """
name: fading
style: bare
reward: {weights: {correct: 1, entries: 0.5}, anneal: {entries: {two: 0.5, three: 0}}}
stages:
  - {name: one, family: matrix_inverse@1, params: {kind: diagonal, n: 2, bound: 9}}
  - {name: two, family: matrix_inverse@1, params: {kind: shear, n: 2, bound: 40}}
  - {name: three, family: matrix_inverse@1, params: {kind: rank_one, n: 2, bound: 5}}
"""


def _score(client: TestClient, reward: Any = None, **item: Any) -> Any:
    response = client.post("/score", json={"items": [{"id": SHEAR, **item}], "reward": reward})
    assert response.status_code == 200, response.text
    return response.json()["verdicts"][0]


def test_the_reward_is_the_sum_of_its_parts(client: TestClient) -> None:
    verdict = _score(client, {"preset": "r1"}, completion=problem(SHEAR).reveal("worked"))
    assert verdict["parts"] == {"accuracy": 1, "format": 1, "language": 1}
    assert verdict["reward"] == 3
    assert verdict["components"]["language"] == 1
    wrong = _score(client, {"weights": {"entries": 1}, "gates": {"entries": "format"}}, completion="1,0;0,2")
    assert wrong["parts"] == {"entries": 0}


def test_a_reward_by_length_says_what_it_misses(client: TestClient) -> None:
    reward = {"preset": "overlong", "max_tokens": 100}
    assert _score(client, reward, completion="x", tokens=100)["reward"] == -2
    verdict = _score(client, reward, completion="x")
    assert (verdict["outcome"], verdict["reward"], verdict["error"]["code"]) == ("unscored", None, "no_length")


def test_parts_fade_with_the_stage_of_an_item(tmp_path: Path) -> None:
    (tmp_path / "fading.yaml").write_text(ANNEALED)
    with TestClient(create_app(Settings(curricula=tmp_path)), base_url="http://localhost") as client:
        answer = "1,0;0,5"
        item = {"id": "matrix_inverse@1/bound=9,kind=diagonal,n=2/train/0/bare", "completion": answer}
        items = [{**item, "stage": stage} for stage in ("one", "two", "three")] + [item]
        verdicts = client.post("/score", json={"items": items, "curriculum": "fading"}).json()["verdicts"]
    full, half, none, unknown = verdicts
    assert half["parts"]["entries"] == full["parts"]["entries"] / 2
    assert none["parts"]["entries"] == 0
    assert (unknown["outcome"], unknown["error"]["status"]) == ("unscored", 422)
    assert "stage" in unknown["error"]["message"]


def test_annealing_needs_a_curriculum(client: TestClient) -> None:
    reward = {"weights": {"correct": 1}, "anneal": {"correct": {"shear": 0.5}}}
    response = client.post("/score", json={"items": [{"id": SHEAR, "completion": "1"}], "reward": reward})
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("reward", "says"),
    [
        ("{preset: deepseekrl}", "compares inverses"),
        ("{weights: {entries: 1}, anneal: {entries: {nowhere: 0}}}", "no stage nowhere"),
        ("{weights: {elegance: 1}}", "no component elegance"),
    ],
)
def test_a_curriculum_whose_reward_reads_what_is_not_there_is_refused(tmp_path: Path, reward: str, says: str) -> None:
    stage = "{name: one, family: matrix_inverse@1, params: {kind: singular, n: 2, bound: 9}}"
    (tmp_path / "x.yaml").write_text(f"name: x\nreward: {reward}\nstages: [{stage}]\n")
    with pytest.raises(Exception, match=says):
        create_app(Settings(curricula=tmp_path))


def test_flags_come_with_any_family_and_with_episodes(client: TestClient) -> None:
    assert "code" in _score(client, completion="<answer>np.linalg.inv(A)</answer>")["flags"]
    rows = "row_reduction@1/bound=9,kind=inverse,n=2,turns=16/train/0/chat"
    verdict = _score(client, id=rows, actions=["\u6211\u4eec\u5148\u770b"] * 16)
    assert {"foreign_script", "gave_up"} <= set(verdict["flags"])
    endless = _score(client, completion="9" * 70_000)
    assert {"length_explosion", "repetition"} <= set(endless["flags"])


def test_a_canary_earns_no_more_than_its_form(client: TestClient) -> None:
    id = f"{SHEAR}+{CANARY}"
    asked = client.get("/problem", params={"id": id}).json()
    assert "29" not in asked["prompt"]
    assert "?" in asked["prompt"]
    reward = {"weights": {"correct": 1, "entries": 0.5, "closeness": 0.5}}
    for guess in problem(id).guesses.values():
        assert _score(client, reward, id=id, completion=guess)["reward"] == 0
    assert _score(client, reward, id=id, completion=problem(SHEAR).reveal("answer"))["reward"] == 2


@pytest.mark.parametrize("transform", ["rows", "columns", "transpose"])
def test_an_answer_must_turn_with_its_problem(client: TestClient, transform: str) -> None:
    id = f"{SHEAR}+{transform}"
    right, turned = problem(SHEAR).reveal("answer"), problem(id).reveal("answer")
    assert _score(client, id=id, completion=turned, original=right)["equivariant"] is True
    assert _score(client, id=id, completion=right, original=right)["equivariant"] is False
    wrong = "<answer>[[1, 2], [3, 4]]</answer>"
    _, carry = family_named("matrix_inverse").restated(ProblemId.parse(id))
    carried = problem(SHEAR).carried(wrong, carry)  # type: ignore[attr-defined]
    assert _score(client, id=id, completion=carried, original=wrong)["equivariant"] is True  # wrong alike
    assert _score(client, id=id, completion="none", original=right)["equivariant"] is None
    assert _score(client, id=id, completion=turned, original="none")["equivariant"] is None


def test_an_original_goes_with_a_restated_problem_only(client: TestClient) -> None:
    for id in (SHEAR, f"{SHEAR}+{CANARY}"):
        verdict = _score(client, id=id, completion="x", original="y")
        assert (verdict["reward"], verdict["error"]["status"]) == (None, 422)


def test_the_catalogue_tells_parts_and_canaries(client: TestClient) -> None:
    inverse = next(one for one in client.get("/curricula").json() if one["name"] == "inverse")
    assert inverse["parts"]["correct"] == {"component": "correct", "weight": 0.7, "gate": None}
    family = next(one for one in client.get("/families").json() if one["name"] == "matrix_inverse")
    assert CANARY in family["transforms"]["shear"]
    assert CANARY not in family["transforms"]["singular"]
