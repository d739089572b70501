"""Two ranks on a CPU: they agree on everything, one that fails or dies leaves none hanging, and any number goes on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, dump_config
from trainer_client.run_folder import RunFolder
from trainer_client.strategies import Layers
from trainer_client.train import train

_LIMIT_S = 200


@pytest.fixture
def settings(config: TrainConfig, warm: Path, tmp_path: Path) -> TrainConfig:
    """Three groups of 4 over two ranks of 6 rows: the second one straddles them."""
    model = config.model.model_copy(update={"path": str(warm)})
    grpo = config.grpo.model_copy(update={"prompts": 3, "steps": 6, "rollouts_logged": 100})
    return config.model_copy(update={"run": tmp_path / "run", "model": model, "grpo": grpo})


def _launched(config: TrainConfig, *words: str, ranks: int = 2) -> "subprocess.Popen[str]":
    folder = config.run.parent
    (file := folder / f"{config.run.name}.yaml").write_text(dump_config(config))
    script = str(Path(__file__).with_name("one_rank.py"))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(ranks)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*launch, script, str(file), str(folder), *words], env=environment, stderr=subprocess.PIPE, text=True
    )


def _finished(process: "subprocess.Popen[str]") -> str:
    """Return what it said; a run that hangs fails here."""
    try:
        return process.communicate(timeout=_LIMIT_S)[1]
    finally:
        process.kill()


def _ended_well(config: TrainConfig, *words: str) -> None:
    process = _launched(config, *words)
    said = _finished(process)
    assert process.returncode == 0, said


def _ranks(config: TrainConfig) -> list[dict[str, Any]]:
    return [json.loads((config.run.parent / f"rank-{rank}.json").read_text()) for rank in range(2)]


def _wait_until(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> None:
    while not reached():
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(_finished(process))


def _steps(run: Path) -> int:
    rows = RunFolder(run).read("metrics.jsonl")
    return rows[-1]["step"] if rows else 0


def _with(config: TrainConfig, name: str, **grpo: Any) -> TrainConfig:
    run = config.run.with_name(name) / "run"
    run.parent.mkdir()
    return config.model_copy(update={"run": run, "grpo": config.grpo.model_copy(update=grpo)})


@pytest.mark.parametrize("alike", ["keep", "refill"])
def test_both_ranks_believe_the_same_at_every_generation(settings: TrainConfig, alike: str) -> None:
    """Stages, statistics, slots and weights; and a group is one problem, also one that two ranks share."""
    config = _with(settings, alike, alike=alike, refills=2)
    _ended_well(config)
    one, two = _ranks(config)
    assert one == two
    assert len(one["trace"]) >= 7
    last = one["trace"][-1]
    assert last["progress"]["samples"] == last["slot"] * 4
    assert RunFolder(config.run).read("decisions.jsonl"), "the run is long enough for a look"
    rows = RunFolder(config.run).read("rollouts.jsonl")
    assert [row["sample"] for row in rows] == [0, 1, 2, 3] * (len(rows) // 4)
    slots = sorted({row["slot"] for row in rows})
    assert slots == list(range(last["slot"]))
    assert len({(row["slot"], row["id"]) for row in rows}) == len(slots)


@pytest.mark.parametrize("divergence", ["k2", "k1_in_reward"])
def test_both_ranks_share_a_trunk_and_a_reference(settings: TrainConfig, divergence: str) -> None:
    """Several updates of micro batches, beside a reference, with the upper layer alone."""
    last = Layers(layers=(1,))
    several = {"iterations": 2, "micro_batch": 3, "beta": 0.05, "divergence": divergence, "trunk_cache": True}
    config = _with(settings, divergence, learning_rate=1e-2, **several)
    forms = config.curriculum.model_copy(update={"name": "forms"})
    _ended_well(config.model_copy(update={"strategy": last, "curriculum": forms}))
    one, two = _ranks(config)
    assert one == two
    assert any(row.get("divergence", 0) != 0 for row in RunFolder(config.run).read("metrics.jsonl"))
    if divergence == "k2":
        without = _with(settings, "without", learning_rate=1e-2, **{**several, "trunk_cache": False})
        _ended_well(without.model_copy(update={"strategy": last, "curriculum": forms}))
        assert _ranks(without)[0]["weights"] == one["weights"]


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_whose_server_fails_ends_the_run_on_both(settings: TrainConfig, rank: int) -> None:
    process = _launched(settings, "--fault", str(rank))
    said = _finished(process)
    assert process.returncode != 0
    assert "this rank's server went away" in said
    assert not (settings.run.parent / "rank-0.json").exists()
    assert not (settings.run.parent / "rank-1.json").exists()


def test_a_killed_rank_ends_the_run_and_both_go_on_as_if_nothing_had_been(settings: TrainConfig) -> None:
    whole = _with(settings, "whole", steps=12)
    _ended_well(whole)
    killed = _with(settings, "killed", steps=12)
    process = _launched(killed)
    _wait_until(process, lambda: _steps(killed.run) >= 5)
    os.kill(int((killed.run.parent / "pid-1").read_text()), signal.SIGKILL)
    said = _finished(process)
    assert process.returncode != 0
    assert "Signal 9 (SIGKILL)" in said or "exitcode  : -9" in said
    _ended_well(killed, "--resume")
    assert [rank["weights"] for rank in _ranks(whole)] == [rank["weights"] for rank in _ranks(killed)]
    assert _ranks(whole)[0]["trace"][-1] == _ranks(killed)[0]["trace"][-1]


@pytest.mark.filterwarnings("ignore:this run went on 2 processes")
def test_one_process_goes_on_where_two_were_and_says_what_changed(settings: TrainConfig, env: EnvClient) -> None:
    first = _with(settings, "first", steps=4)
    _ended_well(first)
    process = _launched(killed := _with(settings, "killed", steps=8, save_every=2))
    _wait_until(process, lambda: _steps(killed.run) >= 3)
    os.kill(process.pid, signal.SIGTERM)
    _finished(process)
    trainer = train(killed, env, resume=True)
    assert trainer.ladder.slot == 8 * 3
    before, after = (RunFolder(run).read("rollouts.jsonl") for run in (first.run, killed.run))
    early = [(row["slot"], row["id"]) for row in before if row["step"] <= 2]
    assert [(row["slot"], row["id"]) for row in after if row["step"] <= 2] == early
    assert "went on 2 processes before and goes on 1 now" in (killed.run / "summary.md").read_text()
