"""The demo and the commands, in a short form: every part runs as a user runs it, with too few steps to learn much."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trainer_client.cli import app
from trainer_client.config import TrainConfig, dump_config

SHORT = ["warmstart.steps=12", "warmstart.batch=32", "grpo.steps=2", "grpo.prompts=8", "grpo.samples=4", "eval.n=12"]


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output + (str(result.exception) if result.exit_code else "")


def test_demo_in_short(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    sets = [part for override in [*SHORT, "grpo.save_every=2"] for part in ("--set", override)]
    code, output = _run("demo", str(folder), "--seed", "5", *sets)
    assert code == 0, output
    assert (folder / "climb.png").read_bytes().startswith(b"\x89PNG")
    results = json.loads((folder / "results.json").read_text())
    assert set(results["test_sampled"]) == {"warm start", "control: warm start, T=0.1", "staged", "uniform", "fixed"}
    scalar = results["test_sampled"]["staged"]["scalar"]
    assert scalar["n"] == 12
    assert scalar["low"] <= scalar["rate"] <= scalar["high"]
    assert "Promotions of the staged arm" in output
    code, output = _run("demo", str(folder))
    assert code == 1
    assert "not empty" in output
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    code, output = _run("demo", str(tmp_path / "mine"), "--overwrite")
    assert code == 1
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_demo_of_tools_in_short(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    changed = [*SHORT, "grpo.save_every=2", "eval.stages=[one_left, next_operation]"]
    code, output = _run("demo", str(folder), "--tools", *(part for one in changed for part in ("--set", one)))
    assert code == 0, output
    results = json.loads((folder / "results.json").read_text())
    assert set(results["test_sampled"]) == {"warm start", "control: warm start, T=0.1", "staged"}
    assert set(results["test_sampled"]["staged"]) == {"one_left", "next_operation"}
    assert "Promotions of the staged arm:" in output


def test_eval_command(config: TrainConfig, warm: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(dump_config(config))
    out = tmp_path / "eval.json"
    code, output = _run("eval", str(file), "--model", str(warm), "--set", "eval.n=20", "--output", str(out))
    assert code == 0, output
    assert "| one" in output
    assert "greedy" in output
    assert json.loads(out.read_text())["model"]["test"]["T=1"]["one"]["n"] == 20


def test_warmstart_then_train_commands(config: TrainConfig, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(dump_config(config))
    code, output = _run("warmstart", str(tmp_path / "warm"), "--config", str(file), "--set", "warmstart.steps=5")
    assert code == 0, output
    run = tmp_path / "run"
    sets = ("--set", "grpo.steps=2", "--set", "strategy.kind=lora")
    code, output = _run("train", str(file), "--model", str(tmp_path / "warm"), "--run", str(run), *sets)
    assert code == 0, output
    assert (run / "final" / "adapter_model.safetensors").exists()
    code, output = _run("eval", str(file), "--model", str(run / "final"), "--set", "eval.n=4")
    assert code == 0, output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "--set", "grpo.stepps=3"), "did you mean 'steps'"),
        (("train", "--resume", "--run", "no/such/run"), "holds no run"),
        (("train", "--resume", "--set", "grpo.steps=3"), "keeps its configuration"),
        (("train", "--set", "server.url=http://127.0.0.1:9", "--set", "server.deadline_s=0.01"), "127.0.0.1:9"),
        (("eval",), "--model FOLDER"),
        (("eval", "--model", "x", "--output", "no/such/folder/x.json"), "no folder"),
        (("demo", "d", "--set", "grpo.stepps=3"), "did you mean 'steps'"),
        (("train", "--set", "server.url=localhost:8000"), "server.url"),
        (("train", "--set", "model.hidden=38"), "model.hidden"),
        (("train", "--set", "grpo.micro_batch=-4"), "grpo.micro_batch"),
    ],
)
def test_mistakes_are_explained(
    arguments: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = _run(*arguments)
    assert code == 1
    assert says in output


def test_a_model_or_curriculum_that_is_not_there(config: TrainConfig, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(dump_config(config))
    code, output = _run("train", str(file), "--run", str(tmp_path / "a"), "--model", str(tmp_path / "nothing"))
    assert code == 1
    assert "no tokenizer at" in output
    code, output = _run("train", str(file), "--run", str(tmp_path / "b"), "--set", "curriculum.name=invers")
    assert code == 1
    assert "no curriculum 'invers'" in output
    code, output = _run("train", str(file), "--run", str(tmp_path / "c"), "--set", "curriculum.policy.kind=unifrom")
    assert code == 1
    assert "curriculum.policy" in output
    assert not any((tmp_path / name).exists() for name in "abc")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    code, output = _run("warmstart", str(tmp_path / "mine"), "--config", str(file))
    assert code == 1
    assert (tmp_path / "mine" / "thesis.tex").exists()
