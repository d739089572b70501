"""Runs: the same twice, the same after a kill at any step or a server that goes away for a while."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from envserver.wire import VerdictOut
from trainer_client.cli import app
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, dump_config
from trainer_client.errors import (
    BadConfig,
    BadRun,
    EnvironmentFailed,
    ServerRefused,
    ServerUnreachable,
    TrainingCollapsed,
)
from trainer_client.grpo.guard import CollapseGuard
from trainer_client.run.run_folder import RunFolder
from trainer_client.server_process import free_port, running_server
from trainer_client.strategies import Lora
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model, train


def _weights(run: Path) -> str:
    """Return a hash of the final weights."""
    return sha256((run / "final" / "model.safetensors").read_bytes()).hexdigest()


def _ids(run: Path) -> list[tuple[int, str, str]]:
    return [(row["step"], row["id"], row["completion"]) for row in RunFolder(run).read("rollouts.jsonl")]


def _decisions(run: Path) -> list[dict[str, Any]]:
    return RunFolder(run).read("decisions.jsonl")


def _same(one: Path, two: Path) -> None:
    assert _ids(one) == _ids(two)
    assert _decisions(one) == _decisions(two)
    assert _weights(one) == _weights(two)


@pytest.fixture(scope="module")
def straight(config: TrainConfig, env: EnvClient, warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run without any disturbance."""
    folder = tmp_path_factory.mktemp("straight") / "run"
    model = config.model.model_copy(update={"path": str(warm)})
    train(config.model_copy(update={"run": folder, "model": model}), env)
    return folder


def _process(config: TrainConfig, resume: bool = False) -> "subprocess.Popen[bytes]":
    file = config.run.with_name(f"{config.run.name}.yaml")
    file.write_text(dump_config(config))
    command = [sys.executable, "-m", "trainer_client", "train", str(file), *(["--resume"] if resume else [])]
    with config.run.with_name(f"{config.run.name}.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def _ended_well(process: "subprocess.Popen[bytes]", config: TrainConfig) -> bool:
    if process.wait() == 0:
        return True
    raise AssertionError(config.run.with_name(f"{config.run.name}.log").read_text())


def _wait_until(process: "subprocess.Popen[bytes]", reached: Callable[[], bool]) -> None:
    while not reached():
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"ended early, with {process.returncode}")


def _reached(run: Path, attempt: int, step: int) -> bool:
    """Whether that attempt, and not an earlier one, has logged the step: it cuts the logs back before it counts."""
    counted = run / "attempt"
    return counted.exists() and counted.read_text() == str(attempt) and _steps(run) >= step


def _steps(run: Path) -> int:
    rows = RunFolder(run).read("metrics.jsonl")
    return rows[-1]["step"] if rows else 0


def test_a_run_leaves_what_it_should(straight: Path, config: TrainConfig) -> None:
    metrics = RunFolder(straight).read("metrics.jsonl")
    assert [row["step"] for row in metrics] == list(range(1, config.grpo.steps + 1))
    assert metrics[-1]["samples"] == config.grpo.steps * config.grpo.prompts * config.grpo.samples
    assert {"reward", "success", "frac_reward_zero_std", "component/entries", "seconds/environment"} <= set(metrics[0])
    assert RunFolder(straight).config().grpo == config.grpo
    assert _decisions(straight), "the run is long enough for a look"
    assert (straight / "climb.png").read_bytes().startswith(b"\x89PNG")
    assert "| stage | promoted at step |" in (straight / "summary.md").read_text()
    assert {p.name for p in (straight / "checkpoints").iterdir()} == {"checkpoint-10", "checkpoint-12"}
    step_ids = [[row[1] for row in _ids(straight) if row[0] == step] for step in range(1, 13)]
    assert all(len(set(ids)) == config.grpo.rollouts_logged // config.grpo.samples for ids in step_ids)


def test_the_same_seed_gives_the_same_run(straight: Path, settings: TrainConfig, env: EnvClient) -> None:
    train(settings, env)
    _same(straight, settings.run)


def test_another_seed_gives_another_run(straight: Path, settings: TrainConfig, env: EnvClient) -> None:
    train(settings.model_copy(update={"seed": 1}), env)
    assert not {row[1] for row in _ids(straight)} & {row[1] for row in _ids(settings.run)}
    assert _weights(settings.run) != _weights(straight)


def test_killed_and_resumed_is_the_same_as_never_killed(straight: Path, settings: TrainConfig) -> None:
    """Killed before the first checkpoint, and again between two."""
    for attempt, step in enumerate((1, 3)):
        process = _process(settings, resume=attempt > 0)
        _wait_until(process, partial(_reached, settings.run, attempt + 1, step))
        process.kill()
        process.wait()
    process = _process(settings, resume=True)
    assert _ended_well(process, settings)
    assert (settings.run / "attempt").read_text() == "3"
    _same(straight, settings.run)


def test_a_half_written_checkpoint_does_not_count(straight: Path, settings: TrainConfig, env: EnvClient) -> None:
    train(settings, env)
    last = settings.run / "checkpoints" / "checkpoint-12"
    (last / "COMPLETE").unlink()
    (last / "optimizer.pt").write_bytes(b"half")
    for name in ("metrics.jsonl", "rollouts.jsonl"):
        with (settings.run / name).open("a") as log:
            log.write('{"step": 12, "cut')
    train(settings, env, resume=True)
    _same(straight, settings.run)


def test_a_server_that_goes_away_and_comes_back_changes_nothing(
    straight: Path, settings: TrainConfig, curricula: Path, tmp_path: Path
) -> None:
    port, extra = free_port(), {"ECHELON_CURRICULA": str(curricula)}
    moved = settings.model_copy(
        update={"server": settings.server.model_copy(update={"url": f"http://127.0.0.1:{port}"})}
    )
    with running_server(tmp_path / "first.log", port, extra):
        process = _process(moved)
        _wait_until(process, lambda: _steps(moved.run) >= 1)
    with running_server(tmp_path / "second.log", port, extra):
        assert _ended_well(process, moved)
    _same(straight, moved.run)


def test_resuming_what_is_not_there_and_restarting_what_is(
    settings: TrainConfig, straight: Path, env: EnvClient
) -> None:
    with pytest.raises(BadRun, match="already holds a run"):
        train(settings.model_copy(update={"run": straight}), env)
    with pytest.raises(BadRun, match="holds no run"):
        RunFolder(settings.run).config()


def test_what_only_the_trainer_finds_leaves_no_run_behind(settings: TrainConfig, env: EnvClient) -> None:
    grpo = settings.grpo.model_copy(update={"trunk_cache": True, "steps": 2})
    with pytest.raises(BadConfig, match=r"grpo\.trunk_cache"):
        train(settings.model_copy(update={"grpo": grpo}), env)
    train(settings.model_copy(update={"grpo": grpo.model_copy(update={"trunk_cache": "auto"})}), env)


def test_what_a_run_took_is_known_when_it_is_concluded_later(
    settings: TrainConfig, straight: Path, env: EnvClient
) -> None:
    """As after a kill behind the last step."""
    shutil.copytree(straight, settings.run)
    before = json.loads((settings.run / "cost.json").read_text())
    (settings.run / "cost.json").unlink()
    train(settings, env, resume=True)
    after = json.loads((settings.run / "cost.json").read_text())
    assert after["trained_at_once"] == before["trained_at_once"] > 0


def test_a_resumed_run_keeps_its_model(straight: Path) -> None:
    done = CliRunner().invoke(app, ["train", "--run", str(straight), "--resume", "--model", "other"])
    assert done.exit_code != 0
    assert "keeps its model" in done.output


def test_the_command_loads_no_library_to_say_what_it_does() -> None:
    probe = "import sys, trainer_client.cli; print([m for m in ('torch', 'peft', 'transformers') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_lora_trains_only_its_adapter(settings: TrainConfig, env: EnvClient, warm: Path) -> None:
    lora = settings.model_copy(update={"strategy": Lora(rank=4, alpha=8)})
    trainer = train(lora, env)
    base = load_file(warm / "model.safetensors")
    for name, weight in trainer.model.base_model.model.state_dict().items():
        plain = name.replace(".base_layer", "")
        if plain in base:
            assert torch.equal(weight.cpu(), base[plain]), name
    adapter = load_file(lora.run / "final" / "adapter_model.safetensors")
    assert any(weight.abs().max() > 0 for name, weight in adapter.items() if "lora_B" in name)
    assert "weights trained" in (lora.run / "summary.md").read_text()


@pytest.fixture(scope="module")
def able(config: TrainConfig, env: EnvClient, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A model that knows the curriculum `few`."""
    folder = tmp_path_factory.mktemp("able")
    start = config.model_copy(update={"curriculum": config.curriculum.model_copy(update={"name": "few"})})
    warmstart(start, env, start_model(start, folder), folder / "warm")
    return start.model_copy(update={"model": start.model.model_copy(update={"path": str(folder / "warm")})})


@pytest.fixture
def reckless(able: TrainConfig, tmp_path: Path) -> TrainConfig:
    """A rate that destroys the model in one step."""
    grpo = {"steps": 24, "learning_rate": 1.0, "save_every": 1, "prompts": 16, "temperature": 2.0}
    return able.model_copy(update={"run": tmp_path / "run", "grpo": able.grpo.model_copy(update=grpo)})


def test_a_collapse_goes_back_to_a_good_checkpoint_at_a_lower_rate(reckless: TrainConfig, env: EnvClient) -> None:
    """The checkpoint that was written after the fatal step is not the one to go back to."""
    settings = reckless.model_copy(update={"grpo": reckless.grpo.model_copy(update={"rollbacks": 8})})
    trainer = train(settings, env)
    rolled = trainer.folder.rollbacks
    assert 1 <= len(rolled) <= 8
    assert all(entry["to"] < entry["at"] - 10 for entry in rolled)
    assert rolled[0]["to"] == 0
    rows = trainer.folder.read("metrics.jsonl")
    assert [row["step"] for row in rows if "loss" in row] == list(range(1, 25))
    # The first step is of the attempt that began there last.
    began = max(at for at, entry in enumerate(rolled, start=1) if entry["to"] == 0)
    assert rows[0]["learning_rate"] == pytest.approx(0.3**began)
    assert rows[-1]["success"] > 0
    summary = (settings.run / "summary.md").read_text()
    assert summary.count("**collapsed** at step") == len(rolled)
    assert "nothing right any more in" in summary


def test_a_run_that_collapses_too_often_stops_and_says_so(reckless: TrainConfig, env: EnvClient) -> None:
    settings = reckless.model_copy(update={"grpo": reckless.grpo.model_copy(update={"rollbacks": 0})})
    with pytest.raises(TrainingCollapsed, match="learning rate is too high"):
        train(settings, env)
    assert "**stopped**: nothing right" in (settings.run / "summary.md").read_text()


def test_weights_that_are_no_numbers_are_a_collapse(reckless: TrainConfig, env: EnvClient) -> None:
    grpo = reckless.grpo.model_copy(update={"learning_rate": 1e39, "rollbacks": 1, "steps": 4})
    settings = reckless.model_copy(update={"grpo": grpo})
    with pytest.raises(TrainingCollapsed, match="no finite number"):
        train(settings, env)
    assert [entry["to"] for entry in RunFolder(settings.run).rollbacks] == [0]
    assert not any((settings.run / "checkpoints").iterdir())


def test_two_ranks_go_back_together_and_stop_together(reckless: TrainConfig) -> None:
    grpo = reckless.grpo.model_copy(update={"learning_rate": 1e39, "rollbacks": 1, "steps": 4})
    file = reckless.run.with_name("two.yaml")
    file.write_text(dump_config(reckless.model_copy(update={"grpo": grpo})))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [*launch, "-m", "trainer_client", "train", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode != 0
    assert done.stderr.count("echelon-trainer: a weight is no finite number") >= 1
    assert len(RunFolder(reckless.run).rollbacks) == 1
    assert (reckless.run / "attempt").read_text() == "2"


@pytest.mark.parametrize("beta", [0.0, 0.2])
def test_rows_that_could_not_be_judged_train_nothing(settings: TrainConfig, env: EnvClient, beta: float) -> None:
    """If the server judged nothing, the weights stay as they are, also with a KL term, and no zero is counted."""

    class Unjudged(EnvClient):
        def score(self, *args: Any, **kwargs: Any) -> list[VerdictOut]:
            verdicts = super().score(*args, **kwargs)
            return [v.model_copy(update={"reward": None, "outcome": "unscored"}) for v in verdicts]

    with Unjudged(settings.server.url) as client:
        grpo = settings.grpo.model_copy(update={"steps": 2, "beta": beta})
        trainer = train(settings.model_copy(update={"grpo": grpo}), client)
    before = load_file(Path(settings.model.path) / "model.safetensors")
    after = trainer.model.state_dict()
    assert all(torch.equal(weight, after[name].cpu()) for name, weight in before.items())
    assert RunFolder(settings.run).read("metrics.jsonl")[-1]["samples"] == 0


def test_a_server_that_stays_away_ends_the_run_with_its_name(settings: TrainConfig) -> None:
    class Failing(EnvClient):
        def score(self, *args: Any, **kwargs: Any) -> list[VerdictOut]:
            raise ServerUnreachable("nobody is there")

    with Failing(settings.server.url) as client, pytest.raises(EnvironmentFailed, match="nobody is there"):
        train(settings, client)


def test_batches_that_do_not_divide_are_refused(settings: TrainConfig, env: EnvClient) -> None:
    for change, says in (({"micro_batch": 5}, "do not divide"), ({"iterations": 2, "save_every": 3}, "multiple")):
        bad = settings.model_copy(update={"grpo": settings.grpo.model_copy(update=change)})
        with pytest.raises(BadConfig, match=says):
            train(bad, env)
    assert not settings.run.exists()


def test_micro_batches_and_inner_iterations_resume_exactly(settings: TrainConfig, env: EnvClient) -> None:
    grpo = settings.grpo.model_copy(update={"micro_batch": 8, "iterations": 2, "steps": 12, "save_every": 2})
    one = settings.model_copy(update={"grpo": grpo, "run": settings.run.with_name("one")})
    two = settings.model_copy(update={"grpo": grpo, "run": settings.run.with_name("two")})
    train(one, env)
    process = _process(two)
    _wait_until(process, lambda: _steps(two.run) >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    train(two, env, resume=True)
    _same(one.run, two.run)


def test_a_curriculum_that_changed_under_a_run_is_said_before_anything_is_touched(
    settings: TrainConfig, env: EnvClient
) -> None:
    train(settings, env)
    file = settings.run / "curriculum.json"
    described = json.loads(file.read_text())
    assert described["reference"] == env.curriculum("easy").reference
    file.write_text(json.dumps({**described, "reference": "easy@0000000000000000"}))
    before = {name: (settings.run / name).read_bytes() for name in ("metrics.jsonl", "attempt", "rollouts.jsonl")}
    with pytest.raises(BadRun, match="begun with easy@0000000000000000, and the server has easy@"):
        train(settings, env, resume=True)
    assert before == {name: (settings.run / name).read_bytes() for name in before}


@pytest.mark.parametrize(
    ("policy", "alike", "says"),
    [
        ({"kind": "fixed", "stage": "nope"}, "keep", "no stage 'nope'"),
        ({"kind": "schedule"}, "refill", "a schedule goes by samples"),
        ({"kind": "clever"}, "keep", "policy"),
    ],
)
def test_a_policy_that_cannot_be_leaves_no_run_behind(
    settings: TrainConfig, env: EnvClient, policy: dict[str, str], alike: str, says: str
) -> None:
    bad = settings.model_copy(
        update={
            "curriculum": settings.curriculum.model_copy(update={"policy": policy}),
            "grpo": settings.grpo.model_copy(update={"alike": alike}),
        }
    )
    with pytest.raises((BadConfig, ServerRefused), match=says):
        train(bad, env)
    assert not settings.run.exists()


def test_resuming_a_finished_run_only_finishes_it(settings: TrainConfig, env: EnvClient) -> None:
    """Killed between the last step and the final weights; the schedule's last learning rate is not 0."""
    grpo = settings.grpo.model_copy(update={"schedule": "constant_with_warmup", "steps": 4})
    done = settings.model_copy(update={"grpo": grpo})
    train(done, env)
    before = (_weights(done.run), _ids(done.run), (done.run / "metrics.jsonl").read_text())
    shutil.rmtree(done.run / "final")
    train(done, env, resume=True)
    assert (_weights(done.run), _ids(done.run), (done.run / "metrics.jsonl").read_text()) == before
    assert {p.name for p in (done.run / "checkpoints").iterdir()} == {"checkpoint-2", "checkpoint-4"}


def test_a_moved_run_resumes_where_it_is(settings: TrainConfig, env: EnvClient) -> None:
    train(settings, env)
    moved = settings.run.with_name("moved")
    settings.run.rename(moved)
    train(RunFolder(moved).config(), env, resume=True)
    assert (moved / "attempt").read_text() == "2"
    assert not settings.run.exists()
    with pytest.raises(BadRun, match="holds no run"):
        train(settings, env, resume=True)


def test_lora_resumes_exactly_and_can_be_trained_on(settings: TrainConfig, env: EnvClient) -> None:
    lora = settings.model_copy(update={"strategy": Lora(rank=2, alpha=4)})
    train(lora, env)
    adapter = lora.run / "final" / "adapter_model.safetensors"
    before = adapter.read_bytes()
    (lora.run / "checkpoints" / "checkpoint-12" / "COMPLETE").unlink()
    train(lora, env, resume=True)
    assert adapter.read_bytes() == before
    model = settings.model.model_copy(update={"path": str(lora.run / "final")})
    grpo = settings.grpo.model_copy(update={"steps": 2})
    on = settings.model_copy(update={"model": model, "grpo": grpo, "run": settings.run.with_name("on")})
    train(on, env)
    assert (on.run / "final" / "model.safetensors").exists()


def test_rollouts_say_everything_about_themselves(straight: Path) -> None:
    row = json.loads((straight / "rollouts.jsonl").read_text().splitlines()[0])
    assert {"step", "attempt", "generation", "id", "stage", "slot", "sample", "completion", "reward", "outcome"} <= set(
        row
    )


def test_what_the_server_refuses_leaves_no_run(settings: TrainConfig, env: EnvClient) -> None:
    wrong = settings.model_copy(update={"curriculum": settings.curriculum.model_copy(update={"style": "loud"})})
    with pytest.raises(ServerRefused, match="unknown style"):
        train(wrong, env)
    assert not settings.run.exists()


def test_what_a_run_went_back_to_stays_good_for_another_time(
    able: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state in a checkpoint is from before the next generation was seen; what it names may be gone since."""
    grpo = able.grpo.model_copy(update={"steps": 4, "save_every": 2})
    settings = able.model_copy(update={"run": tmp_path / "run", "grpo": grpo})
    folder = train(settings, env).folder
    folder.roll_back(4, 2, "planted")
    known: list[int] = []
    monkeypatch.setattr(CollapseGuard, "watch", lambda guard, training: known.append(guard.good))
    train(settings, env, resume=True)
    assert known[0] == 2
