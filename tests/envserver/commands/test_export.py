"""Exports: frozen, judged, in the columns that others read; test problems give no solutions to learn from."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from envserver.cli import app
from generators.families import problem

RUNNER = CliRunner()


def _export(folder: Path, *options: str) -> Any:
    return RUNNER.invoke(app, ["export-dataset", str(folder), *options])


def _rows(folder: Path, split: str = "train") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECHELON_SETS", raising=False)


def test_solutions_are_right_distinct_and_of_train(tmp_path: Path) -> None:
    options = ("--curriculum", "gsm8k", "--stage", "story_2", "--stage", "aside_2", "--each", "30", "--layout", "sft")
    assert _export(tmp_path / "a", *options).exit_code == 0
    rows = _rows(tmp_path / "a")
    assert [row["stage"] for row in rows] == ["story_2"] * 30 + ["aside_2"] * 30
    for row in rows:
        posed = problem(row["id"])
        assert posed.id.split == "train"
        assert posed.judge(row["completion"][0]["content"]).outcome == "correct"
        assert row["prompt"][-1]["content"] == posed.messages[-1].content
    assert len({problem(row["id"]).content for row in rows}) == 60


def test_the_same_export_has_the_same_digest_and_never_overwrites(tmp_path: Path) -> None:
    options = ("--curriculum", "inverse", "--stage", "scalar", "--each", "20")
    for name in ("a", "b"):
        assert _export(tmp_path / name, *options).exit_code == 0
    cards = [json.loads((tmp_path / name / "card.json").read_text()) for name in ("a", "b")]
    assert cards[0]["digest"] == cards[1]["digest"]
    assert _rows(tmp_path / "a") == _rows(tmp_path / "b")
    assert not cards[0]["answers_inside"]
    again = _export(tmp_path / "a", *options)
    assert again.exit_code == 1
    assert "is not empty" in str(again.exception)
    assert _export(tmp_path / "c", *options, "--seed", "1").exit_code == 0
    assert _rows(tmp_path / "c") != _rows(tmp_path / "a")


def test_questions_hold_no_answer(tmp_path: Path) -> None:
    _export(tmp_path / "a", "--curriculum", "inverse", "--stage", "random_2x2", "--split", "test", "--each", "10")
    for row in _rows(tmp_path / "a", "test"):
        assert set(row) == {"id", "stage", "messages"}
        assert problem(row["id"]).right not in row["messages"][-1]["content"].split()  # type: ignore[attr-defined]


def test_no_solutions_of_test_problems(tmp_path: Path) -> None:
    refused = _export(tmp_path / "a", "--curriculum", "inverse", "--split", "test", "--layout", "sft")
    assert refused.exit_code == 1
    assert "train problems only" in str(refused.exception)
    assert not (tmp_path / "a").exists()


def _chat(answer: str, at: str) -> str:
    return problem(at).judge(f"<think></think><answer>{answer}</answer>").outcome


def test_a_curriculum_for_tests_gives_test_problems_only(tmp_path: Path) -> None:
    for layout in ("chat", "sft"):
        refused = _export(tmp_path / layout, "--curriculum", "generalisation", "--each", "2", "--layout", layout)
        assert refused.exit_code == 1
        assert "test problems only" in str(refused.exception)
    assert _export(tmp_path / "a", "--curriculum", "generalisation", "--each", "1", "--split", "test").exit_code == 0


def test_the_columns_of_verl_and_parquet(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    options = ("--curriculum", "inverse", "--stage", "scalar", "--each", "12", "--layout", "verl")
    assert _export(tmp_path / "a", *options, "--container", "parquet").exit_code == 0
    rows = parquet.read_table(tmp_path / "a" / "train.parquet").to_pylist()
    assert len(rows) == 12
    for index, row in enumerate(rows):
        assert set(row) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
        assert row["extra_info"]["index"] == index
        assert _chat(row["reward_model"]["ground_truth"], row["extra_info"]["id"]) == "correct"


def test_a_small_stage_gives_what_it_has(tmp_path: Path) -> None:
    done = _export(tmp_path / "a", "--curriculum", "inverse", "--stage", "scalar", "--split", "dev", "--each", "9000")
    assert done.exit_code == 0
    assert "which is all there are" in done.stdout


def test_wrong_names_are_told(tmp_path: Path) -> None:
    assert "did you mean 'inverse'" in str(_export(tmp_path / "a", "--curriculum", "invers").exception)
    assert "has no stage 'scaler'" in str(
        _export(tmp_path / "a", "--curriculum", "inverse", "--stage", "scaler").exception
    )
