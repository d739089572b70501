"""What authors of curricula have: `check` with lines, a schema that editors use, simulated learners."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

import curricula
from envserver.cli import app

SHIPPED = sorted(Path(curricula.__file__).parent.glob("*.yaml"))
OWN = """\
name: own
about: a test
policy: {kind: learnability, floor: 0.2}
promotion: {test: clopper_pearson, n: 64}
stages:
  - name: one
    family: matrix_inverse@1
    params: {kind: scalar, bound: 60}
  - name: two
    family: rref@1
    params: {kind: random, rows: 2, columns: 3}
    levels: {params: {bound: [2, 9]}}
"""


def _run(*words: str | Path) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (file := tmp_path / "own.yaml").write_text(OWN)
    return file


def test_what_is_right_is_described(own: Path) -> None:
    done = _run("check", own, *SHIPPED)
    assert done.exit_code == 0, done.output
    assert f"{own}: own@" in done.output
    assert "2 stages, policy learnability" in done.output
    assert all(f"{path}: {path.stem}@" in done.output for path in SHIPPED)


def test_all_that_is_wrong_is_said_with_its_line(own: Path) -> None:
    own.write_text(
        OWN.replace("floor: 0.2", "flour: 0.2").replace("bound: 60", "bound: [1]").replace("name: two", "name: Two")
    )
    done = _run("check", own)
    assert done.exit_code == 1
    told = done.stderr.splitlines()
    assert [line.removeprefix(f"{own}:").split(":")[0] for line in told] == sorted(
        line.removeprefix(f"{own}:").split(":")[0] for line in told
    )
    places = {line.split(": ")[1]: line.split(":")[1] for line in told}
    assert places["policy.learnability.flour"] == "3"
    assert places["stages.1.name"] == "9"
    assert any(place.startswith("stages.0.params.bound") and line == "8" for place, line in places.items())


def test_what_no_type_can_say_is_said_too(own: Path) -> None:
    own.write_text(
        OWN.replace("bound: 60", "bound: 1").replace("rows: 2", "rows: 20").replace("name: two", "name: one")
    )
    told = _run("check", own).stderr.splitlines()
    assert [line.removeprefix(f"{own}:").split(":")[0] for line in told] == ["6", "9", "9"]
    assert "bound is an integer from 2" in told[0]
    assert any("two stages have the same name" in line for line in told)
    assert any("rows is an integer" in line for line in told)


def test_a_stage_that_can_be_memorised_and_another_text_of_a_name_are_mentioned(own: Path) -> None:
    own.write_text(OWN.replace("bound: 60", "bound: 9").replace("name: own", "name: inverse"))
    done = _run("check", own)
    assert done.exit_code == 0
    assert "stage one has fewer than 200 held-out problems" in done.output
    assert "another text is served as inverse@" in done.output


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(_run("schema").output)


def test_the_schema_takes_what_is_served_and_refuses_what_is_not(schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    for text in (OWN, *(path.read_text() for path in SHIPPED)):
        jsonschema.validate(yaml.safe_load(text), schema)
    for old, new in (
        ("floor: 0.2", "flour: 0.2"),
        ("kind: learnability", "kind: clever"),
        ("bound: 60", "bound: 1"),
        ("bound: 60", "bond: 60"),
        ("kind: scalar", "kind: scaler"),
        ("name: own", "nom: own"),
        ("n: 64", "n: many"),
        ("params: {bound: [2, 9]}", "params: {}"),
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(OWN.replace(old, new, 1)), schema)


def test_the_schema_that_is_shipped_is_this_one(schema: Any) -> None:
    shipped = Path(__file__).parents[3] / "docs" / "curriculum.schema.json"
    assert json.loads(shipped.read_text(encoding="utf-8")) == schema, "make schema"


def test_policies_are_compared_in_a_table_and_as_numbers(tmp_path: Path) -> None:
    short = ["--steps", "6", "--runs", "2", "--prompts", "8", "--output", tmp_path / "out.json"]
    done = _run("simulate", "--policy", "staged", "--policy", '{"kind": "bandit", "floor": 0.3}', *short)
    assert done.exit_code == 0, done.output
    assert "| staged |" in done.output
    written = json.loads((tmp_path / "out.json").read_text())
    assert [one["policy"] for one in written] == ["staged", '{"kind": "bandit", "floor": 0.3}']
    assert len(written[0]["frontier"]) == 6
    assert all(sum(step) == pytest.approx(1, abs=1e-3) for step in written[0]["shares"])
    assert (
        _run("simulate", "--policy", "staged", *short).output == _run("simulate", "--policy", "staged", *short).output
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--policy", "clever"], "'clever' is no policy"), (["--start", "0.3, 2"], "--start is a list of chances")],
)
def test_what_cannot_be_simulated_is_said(words: list[str], says: str) -> None:
    done = _run("simulate", *words)
    assert done.exit_code == 1
    assert says in str(done.exception) + done.output
