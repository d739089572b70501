"""`sets`, `register` and `leak-audit --set` as an operator meets them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from envserver.cli import app
from generators.data_sets.registry import register

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory of an operator, with a file of questions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECHELON_SETS", raising=False)
    monkeypatch.setenv("ECHELON_CACHE", str(tmp_path / "cache"))
    rows = [{"prompt": f"What is {i} plus {i + 1} in a warm summer?", "result": 2 * i + 1} for i in range(120)]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    yield tmp_path
    register([], tmp_path)


def _run(*arguments: str) -> Any:
    return RUNNER.invoke(app, list(arguments))


def _registered() -> Any:
    return _run("register", "mine", "mine.jsonl", "--answers", "number", "--question", "prompt", "--answer", "result")


def test_register_list_and_sample(folder: Path) -> None:
    done = _registered()
    assert done.exit_code == 0, done.exception
    assert "number; train " in done.stdout
    assert (folder / "sets.yaml").read_text().startswith("mine:")
    assert (
        "path: mine.jsonl" in (folder / "sets.yaml").read_text()
    )  # found from the folder of the file, wherever it goes
    assert _run("sets", "--sets", "sets.yaml").stdout.startswith("mine: number; train ")
    shown = RUNNER.invoke(app, ["sample", "--curriculum", "mine", "--worked"], env={"ECHELON_SETS": "sets.yaml"})
    assert shown.exit_code == 0
    assert "kind=number,set=mine/train/" in shown.stdout


def test_a_second_registration_keeps_the_first(folder: Path) -> None:
    _registered()
    again = _run("register", "more", "mine.jsonl", "--answers", "text", "--question", "prompt", "--answer", "result")
    assert again.exit_code == 0, again.exception
    assert _run("sets", "--sets", "sets.yaml").stdout.count("\n") == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("mine", "mine.jsonl", "--answers", "number"), "there is no column 'question' (there are: prompt, result)"),
        (("mine", "nowhere.jsonl", "--answers", "number"), "there is no file or folder"),
        (("mine", "mine.jsonl"), "say what the answers are: --answers number, choice"),
        (("mine", "mine.jsonl", "--format", "gsm8k", "--answers", "number"), "leave out --answers"),
        (("mine", "openai/gsm8k", "--format", "gsm8k"), "a name on the hub needs --hub"),
        (("mine", "mine.jsonl", "--format", "gsm8k"), "there is no column 'question'"),
        (("inverse", "mine.jsonl", "--answers", "text", "--question", "prompt", "--answer", "result"), "another name"),
    ],
)
def test_mistakes_are_one_line_and_register_nothing(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    refused = _run("register", *arguments)
    assert refused.exit_code == 1
    assert says in str(refused.exception)
    assert isinstance(refused.exception, SystemExit)
    assert not (folder / "sets.yaml").exists()


@pytest.mark.parametrize("name", ["Bad Name", "../cli/escaped", "small_gsm8k"])
def test_names_are_checked_before_anything_is_read_or_written(folder: Path, name: str) -> None:
    refused = _run("register", name, "mine.jsonl", "--answers", "number", "--question", "prompt", "--answer", "result")
    assert refused.exit_code == 1
    assert {file.name for file in folder.iterdir()} == {"mine.jsonl"}


def test_a_name_is_not_taken_twice_without_a_word(folder: Path) -> None:
    assert _registered().exit_code == _registered().exit_code == 0  # the same again is no change
    other = ("register", "mine", "mine.jsonl", "--answers", "text", "--question", "prompt", "--answer", "result")
    refused = _run(*other)
    assert refused.exit_code == 1
    assert "there already is a set 'mine' (mine.jsonl); --replace takes its place" in str(refused.exception)
    assert "number" in _run("sets", "--sets", "sets.yaml").stdout
    assert _run(*other, "--replace").exit_code == 0
    assert "text" in _run("sets", "--sets", "sets.yaml").stdout


def test_a_set_that_holds_nothing_out_says_so(folder: Path) -> None:
    (folder / "few.jsonl").write_text('{"question": "What is 1 plus 1?", "answer": 2}\n')
    done = _run("register", "few", "few.jsonl", "--answers", "number")
    assert done.exit_code == 0
    assert "note: there are no dev rows: nothing can be held out for looks and promotion" in done.stdout


def test_what_is_held_out_here_and_trained_on_there_is_a_leak(folder: Path) -> None:
    _registered()
    rows = (folder / "mine.jsonl").read_text()
    (folder / "other").mkdir()
    (folder / "other" / "test.jsonl").write_text(rows)
    _run("register", "other", "other", "--answers", "number", "--question", "prompt", "--answer", "result")
    audit = _run("leak-audit", "--set", "other", "--sets", "sets.yaml")
    assert audit.exit_code == 1
    assert "are in the train split of the set mine" in audit.stdout


def test_near_duplicates_across_splits_are_shown(folder: Path) -> None:
    _registered()
    audit = _run("leak-audit", "--set", "mine", "--sets", "sets.yaml")
    assert audit.exit_code == 0
    assert "of them the same but for numbers" in audit.stdout
    assert "in a warm summer" in audit.stdout
    assert "no set 'other' is registered" in str(_run("leak-audit", "--set", "other", "--sets", "sets.yaml").exception)
