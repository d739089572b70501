"""Sets from a file of registrations to curricula over HTTP: by name only, and never by what a request says."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from curricula.errors import BadCurriculum
from envserver.app import create_app
from envserver.sets import read_registrations, served
from envserver.settings import Settings
from generators.data_sets.errors import BadDataSet
from generators.data_sets.registry import register

OWN = """
sums: {path: sums.jsonl, answers: number, columns: {question: prompt, answer: result}}
gsm8k: {format: gsm8k, path: school}
only_test: {path: held_out, answers: text}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file of registrations and what it names."""
    _write(tmp_path / "sums.jsonl", [{"prompt": f"{i} plus {i}?", "result": 2 * i} for i in range(300)])
    school = [{"question": f"How many is {i}?", "answer": f"<<{i}*1={i}>>\n#### {i}"} for i in range(200)]
    _write(tmp_path / "school" / "train.jsonl", school[:150])
    _write(tmp_path / "school" / "test.jsonl", school[150:])
    _write(
        tmp_path / "held_out" / "test.jsonl", [{"question": f"Who is {i}?", "answer": f"name {i}"} for i in range(9)]
    )
    (tmp_path / "sets.yaml").write_text(OWN)
    yield tmp_path
    register([], tmp_path)


def _write(file: Path, rows: list[dict[str, object]]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(
        create_app(Settings(sets=folder / "sets.yaml", cache=folder / "cache", reveal=True)),
        base_url="http://localhost",
    ) as http:
        yield http


def test_every_set_is_a_curriculum_and_optional_stages_join(client: TestClient) -> None:
    listed = {one["name"]: one for one in client.get("/curricula").json()}
    assert [stage["family"] for stage in listed["sums"]["stages"]] == ["dataset@1"]
    assert listed["only_test"]["test_only"]
    assert [stage["name"] for stage in listed["gsm8k"]["stages"]][-2:] == ["gsm8k_short", "gsm8k_all"]
    assert listed["gsm8k"]["left_out"] == {}
    assert listed["everything"]["stages"][-1]["name"] == "gsm8k"
    example = listed["gsm8k"]["stages"][-1]["example"]
    assert client.get("/problem", params={"id": example}).status_code == 200


def test_without_the_set_its_stages_are_left_out_and_the_digest_is_another(folder: Path) -> None:
    with_set = served(Settings(sets=folder / "sets.yaml", cache=folder / "cache"))["gsm8k"]
    without = served(Settings())["gsm8k"]
    assert set(without.left_out) == {"gsm8k_short", "gsm8k_all"}
    assert without.names == with_set.names[:-2]
    assert without.digest != with_set.digest
    changed = json.loads((folder / "school" / "train.jsonl").read_text().splitlines()[0])
    with (folder / "school" / "train.jsonl").open("a") as out:
        out.write(json.dumps({**changed, "question": "One more?"}) + "\n")
    assert served(Settings(sets=folder / "sets.yaml", cache=folder / "cache"))["gsm8k"].digest != with_set.digest


def test_an_epoch_asks_every_row_once_and_the_next_in_another_order(client: TestClient) -> None:
    size = int(client.get("/curricula").json()[0] is not None)
    body = {"curriculum": "sums", "stage": "all", "seed": 5}
    train = client.post("/sample", json={**body, "slots": [10**9], "pooled": True}).json()["problems"][0]["error"]
    size = int(train["message"].split("beyond the ")[1].split()[0])
    epochs = []
    for epoch in (0, 1):
        slots = list(range(epoch * size, (epoch + 1) * size))
        problems = client.post("/sample", json={**body, "slots": slots}).json()["problems"]
        epochs.append([one["id"] for one in problems])
    assert len(set(epochs[0])) == size
    assert set(epochs[0]) == set(epochs[1])
    assert epochs[0] != epochs[1]


def test_right_and_wrong_answers_and_the_solution(client: TestClient) -> None:
    request = {"curriculum": "gsm8k", "stage": "gsm8k_all", "slots": [0, 1, 2], "reveal": "worked"}
    problems = client.post("/sample", json=request).json()["problems"]
    items = [{"id": one["id"], "completion": one["revealed"]} for one in problems]
    items += [{"id": one["id"], "completion": "<think></think><answer>-7</answer>"} for one in problems]
    verdicts = client.post("/score", json={"items": items}).json()["verdicts"]
    assert [one["reward"] for one in verdicts] == [1, 1, 1, 0, 0, 0]


def test_held_out_answers_are_not_revealed(client: TestClient) -> None:
    for split in ("dev", "test"):
        request = {"curriculum": "gsm8k", "stage": "gsm8k_all", "slots": [0], "split": split}
        assert client.post("/sample", json=request).json()["problems"][0]["id"]
        assert client.post("/sample", json={**request, "reveal": "answer"}).status_code == 403
    assert client.post("/sample", json={"curriculum": "only_test", "slots": [0]}).status_code == 403


@pytest.mark.parametrize(
    "value", ["../../etc/passwd", "/etc/passwd", "openai/gsm8k", "http://x/y", "sums.jsonl", "SUMS", "a" * 60]
)
def test_no_request_names_a_place(client: TestClient, value: str) -> None:
    params = {"kind": "number", "set": value, "fingerprint": "f000000000000"}
    reply = client.post("/sample", json={"family": "dataset@1", "params": params, "slots": [0]})
    assert reply.status_code == 404
    assert reply.json()["error"]["code"] == "bad_id"


def test_a_fingerprint_may_be_left_to_the_server(client: TestClient) -> None:
    params = {"kind": "number", "set": "sums"}
    problem = client.post("/sample", json={"family": "dataset@1", "params": params, "slots": [0]}).json()["problems"][0]
    assert problem["id"].startswith("dataset@1/fingerprint=f")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mine: {answers: number}", "give either a path or a hub name"),
        ("mine: {path: a, hub: b/c, answers: number}", "give either a path or a hub name"),
        ("mine: {path: a}", "`answers` goes with the format `rows`"),
        ("mine: {path: a, format: gsm8k, answers: number}", "`answers` goes with the format `rows`"),
        ("mine: {path: a, answers: numbers}", "Input should be 'number'"),
        ("Mine: {path: a, answers: number}", "String should match pattern"),
        ("mine: {hub: ../x, answers: number}", "String should match pattern"),
        ("mine: {path: a, answers: number, trust_remote_code: true}", "Extra inputs are not permitted"),
        ("mine: &a {path: a, answers: number}\nmore: *a", "aliases are not allowed"),
        ("- mine", "valid dictionary"),
        ("mine: {", "sets.yaml"),
    ],
)
def test_registrations_are_checked(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "sets.yaml").write_text(text)
    with pytest.raises(BadDataSet) as caught:
        read_registrations(tmp_path / "sets.yaml")
    assert says in str(caught.value)


def test_a_set_cannot_take_the_name_of_a_curriculum(folder: Path) -> None:
    (folder / "sets.yaml").write_text(
        "inverse: {path: sums.jsonl, answers: number, columns: {question: prompt, answer: result}}"
    )
    with pytest.raises(BadDataSet, match="take another name"):
        served(Settings(sets=folder / "sets.yaml", cache=folder / "cache"))


def test_a_stage_that_is_not_optional_needs_its_set(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "name: own\nstages:\n  - {name: a, family: gsm8k@1, params: {kind: all, set: nowhere}}\n"
    )
    with pytest.raises(BadCurriculum, match=r"own.yaml:3: stages.0: a: no data set 'nowhere' is registered here"):
        served(Settings(curricula=tmp_path))


def test_a_user_without_a_home_starts_too(tmp_path: Path) -> None:
    """As in containers that run under a number that no user has: the cache is then where temporary files are."""
    nobody = "import pwd; pwd.getpwuid = lambda uid: {}[uid]; "
    nobody += "from envserver.settings import Settings; print(Settings().cache)"
    shown = subprocess.run(
        [sys.executable, "-c", nobody],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == str(tmp_path / "echelon")
