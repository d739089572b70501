"""Kept rollouts taken out, judged again, removed: by the commands, on a store that a server has written."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from envserver.app import create_app
from envserver.cli import app
from envserver.scoring import remembered_answer
from envserver.settings import Settings
from generators.families import problem

SHEAR = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A store with a run of four answers, two of them right, and an episode in another run."""
    address = f"sqlite:///{tmp_path}/kept.db"
    items = [
        {
            "id": SHEAR.format(slot),
            "completion": problem(SHEAR.format(slot)).reveal("answer"),
            "slot": slot,
            "tokens": 5,
        }
        for slot in range(2)
    ]
    items += [{"id": SHEAR.format(slot), "completion": "1,0;0,1", "slot": slot} for slot in (2, 3)]
    guess = {"id": "number_guessing@1/most=20,turns=6/train/0/chat", "actions": ["1", "2"], "truncated": True}
    with TestClient(create_app(Settings(database_url=address)), "http://localhost") as http:
        for run, sent in (("a-run", items), ("other", [guess])):
            context = {"run": run, "phase": "train", "generation": 0}
            curriculum = next(one["reference"] for one in http.get("/curricula").json() if one["name"] == "inverse")
            body = {"items": sent, "run": context} | ({"curriculum": curriculum} if run == "a-run" else {})
            reply = http.post("/score", json=body).json()
            assert reply["stored"], reply
    return address


def told(address: str, *words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"ECHELON_DATABASE_URL": address})


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_rollouts_are_exported_as_lines(address: str, tmp_path: Path) -> None:
    done = told(address, "export", "a-run", "--out", str(tmp_path / "out.jsonl"))
    assert done.exit_code == 0, done.output
    rows = lines((tmp_path / "out.jsonl").read_text())
    assert [row["outcome"] for row in rows] == ["correct", "correct", "incorrect", "incorrect"]
    assert (rows[0]["id"], rows[0]["tokens"], rows[2]["flags"]) == (SHEAR.format(0), 5, "identity_guess")
    assert [row["slot"] for row in lines(told(address, "export", "--flag", "identity_guess").output)] == [2, 3]
    [episode] = lines(told(address, "export", "other").output)
    assert json.loads(episode["messages"]) == {"actions": ["1", "2"]}


def test_rollouts_are_exported_as_parquet(address: str, tmp_path: Path) -> None:
    assert told(address, "export", "--out", str(tmp_path / "out.parquet")).exit_code == 0
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert len(table) == 5
    assert table == lines(told(address, "export").output)


def test_todays_verifier_says_the_same(address: str) -> None:
    done = told(address, "rescore")
    assert done.exit_code == 0, done.output
    assert "5 rollouts judged again: 0 have another outcome, 0 another reward, 0 could not be judged" in done.output


def test_another_verifier_is_found_out(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a later version took the identity for right."""
    from generators.linear_algebra.matrix_inverse.family import MatrixInverse

    monkeypatch.setattr(MatrixInverse, "fault", lambda self, given: "")
    remembered_answer.cache_clear()
    out = tmp_path / "changes.jsonl"
    done = told(address, "rescore", "a-run", "--out", str(out))
    assert done.exit_code == 1
    assert "2 have another outcome" in done.output
    assert "incorrect -> correct" in done.output
    assert [row["outcome"] for row in lines(out.read_text())] == [["incorrect", "correct"]] * 2
    assert told(address, "export", "a-run", "--outcome", "correct").output.count('"key"') == 2, "nothing is rewritten"
    remembered_answer.cache_clear()


def test_another_reward_on_the_same_answers(address: str) -> None:
    done = told(address, "rescore", "a-run", "--reward", '{"weights": {"format": 0.5}}')
    assert done.exit_code == 0, done.output
    assert "0 have another outcome, 4 another reward" in done.output
    assert told(address, "rescore", "--reward", "nonsense").exit_code == 1


def test_old_runs_are_pruned(address: str) -> None:
    assert "removed 0 runs" in told(address, "prune", "--days", "1").output
    assert "removed 2 runs with 5 rollouts" in told(address, "prune", "--days", "0").output


@pytest.mark.parametrize("words", [("export", "none"), ("rescore", "none"), ("export", "--outcome", "nice")])
def test_what_is_not_there_is_said(address: str, words: tuple[str, ...]) -> None:
    done = told(address, *words)
    assert done.exit_code != 0
    assert "Traceback" not in done.output
