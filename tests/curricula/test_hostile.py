"""Progress, reports and files that nobody honest writes: a clear refusal or no harm, never a crash or gigabytes."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from curricula.errors import BadCurriculum
from curricula.reading import read_curriculum
from envserver.app import create_app
from envserver.settings import Settings

HUGE = 2**53 - 1
OPEN = """
name: open
promotion: {test: %s}
stages:
  - {name: one, family: matrix_inverse@1, params: {kind: scalar, bound: 60}}
  - {name: two, family: rref@1, params: {kind: random, rows: 2, columns: 3}, levels: {params: {bound: [2, 9]}}}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("curricula")
    for test in ("beta", "e_process"):
        text = (OPEN % test).replace("name: open", f"name: {test}")
        (folder / f"{test}.yaml").write_text(text)
    return TestClient(create_app(Settings(curricula=folder)), "http://localhost", raise_server_exceptions=False)


PROGRESS: list[dict[str, Any]] = [
    {"stages": {"one": {"test": {"trials": HUGE}}}},
    {"stages": {"one": {"test": {"trials": 1_024, "successes": 1_024, "looks": 1_024, "mass": 1e300}}}},
    {"stages": {"one": {"test": {"attempt": 2**31}, "cursor": HUGE, "last_mean": 1.0}}},
    {"stages": {"one": {"status": "promoted", "watch": {"attempt": 2**31}, "cursor": 1_024, "last_mean": 0.0}}},
    {"stages": {"one": {"fresh": [31, 40]}}},
    {"stages": {"one": {"seen": HUGE, "successes": HUGE}}},
    {"stages": {"two": {"level": 63}}},
    {"stages": {"one": {"look": {"slots": [1, 2], "rounds": 3}}, "two": {"look": {"slots": [5]}}}},
    {"stages": {"one": {"sieved": {"solved": "AAAA", "aside": "////"}}}},
    {
        "policy": {"kind": "learnability", "decay": 1},
        "memory": {"kind": "learnability", "counts": {"one": [2.0**53] * 2}},
    },
    {"policy": {"kind": "bandit"}, "memory": {"kind": "bandit", "values": {"nobody": -1e6, "one": 1e6}}},
    {"policy": {"kind": "bandit"}, "memory": {"kind": "difficulty", "target": 100}},
    {"policy": {"kind": "progress"}, "memory": {"kind": "progress", "recent": {"one": [], "two": [1.0] * 32}}},
    {"policy": {"kind": "schedule"}},
    {"policy": {"kind": "schedule"}, "horizon": 1, "samples": HUGE},
    {"policy": {"kind": "fixed", "stage": "nobody"}},
]
REPORTS: list[dict[str, Any]] = [
    {"n": 64, "successes": 60, "groups": 8},
    {"n": 64, "successes": 0},
    {"n": HUGE, "successes": HUGE, "groups": HUGE},
    {"n": 8, "successes": 8, "groups": HUGE},
    {"n": 8, "successes": 8, "mean_abs_advantage": 1e300},
    {"n": 8, "successes": 8, "solved": ["matrix_inverse@1/bound=60,kind=scalar/train/4000000000/chat"]},
]


@pytest.mark.parametrize("name", ["beta", "e_process"])
@pytest.mark.parametrize("changed", PROGRESS, ids=range(len(PROGRESS)))
def test_odd_progress_is_refused_or_goes_on(client: TestClient, name: str, changed: dict[str, Any]) -> None:
    [served] = [one for one in client.get("/curricula").json() if one["name"] == name]
    progress = {"curriculum": served["reference"], **changed}
    sampled = client.post("/sample", json={"curriculum": name, "progress": progress, "slots": [0, 1, 2]})
    assert sampled.status_code in (200, 404, 422), sampled.text
    for report in REPORTS:
        told = client.post("/advance", json={"curriculum": name, "progress": progress, "training": {"one": report}})
        assert told.status_code in (200, 404, 409, 422), (report, told.text)
        if told.status_code == 200:  # what we give we take back
            again = client.post("/advance", json={"curriculum": name, "progress": told.json()["progress"]})
            assert again.status_code == 200, (report, again.text)


BAD = [
    ("about: 2024-13-45", ""),  # a date is a text here
    ("about: !!binary aGVs", "tags"),
    ("about: !!int foo", "tags"),
    ("about: ? [a]", ""),
    ("? [a, b]\n: c", "a key is one word"),
    ("about: " + "9" * 5_000, "line 2"),
    ('about: "\\ud800"', "half a character"),
    ("about: " + "[" * 3_000, ""),
    ("<<: {name: y}", ""),
]


@pytest.mark.parametrize(("line", "says"), BAD, ids=range(len(BAD)))
def test_odd_files_are_read_or_refused(line: str, says: str) -> None:
    text = f"name: x\n{line}\nstages:\n- {{name: a, family: matrix_inverse@1, params: {{kind: scalar, bound: 60}}}}\n"
    told = ""
    try:
        read_curriculum(text)
    except BadCurriculum as error:
        told = str(error)
    assert says in told


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "name: x", "\ufeffname: x\nstages: null", "stages:\n-\n- null", "a: b: c", "\0"]
)
def test_what_is_no_curriculum_at_all(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadCurriculum):
        read_curriculum(text)


def test_the_line_of_a_key_that_stands_twice_is_that_of_the_second() -> None:
    with pytest.raises(BadCurriculum, match="line 3: the key 'name' stands twice"):
        read_curriculum("name: x\nabout: y\nname: z\nstages: []\n")


def test_a_test_that_could_never_decide_is_refused() -> None:
    with pytest.raises(BadCurriculum, match=r"promotion\.n asks for 1024 held-out problems, and there are 4"):
        read_curriculum(OPEN % "clopper_pearson, n: 1024")


def test_a_fixed_policy_on_a_stage_that_is_left_out_is_refused() -> None:
    text = (OPEN % "beta").replace("promotion", "policy: {kind: fixed, stage: gone}\npromotion")
    text += "  - {name: gone, family: gsm8k@1, params: {kind: all, set: nowhere}, optional: true}\n"
    with pytest.raises(BadCurriculum, match=r"line 3: policy\.stage: there is no stage 'gone'"):
        read_curriculum(text)
