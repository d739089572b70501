"""Runs on several ranks, started as a user starts them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer_client.config import TrainConfig, dump_config
from trainer_client.run.run_folder import RunFolder

_LIMIT_S = 200


def three_groups(config: TrainConfig, warm: Path, folder: Path) -> TrainConfig:
    """Three groups of 4 over two ranks of 6 rows: the second one straddles them."""
    model = config.model.model_copy(update={"path": str(warm)})
    grpo = config.grpo.model_copy(update={"prompts": 3, "steps": 6, "rollouts_logged": 100})
    return config.model_copy(update={"run": folder / "run", "model": model, "grpo": grpo})


def launched(config: TrainConfig, *words: str, ranks: int = 2) -> "subprocess.Popen[str]":
    folder = config.run.parent
    (file := folder / f"{config.run.name}.yaml").write_text(dump_config(config))
    script = str(Path(__file__).with_name("one_rank.py"))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(ranks)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*launch, script, str(file), str(folder), *words], env=environment, stderr=subprocess.PIPE, text=True
    )


def finished(process: "subprocess.Popen[str]") -> str:
    """Return what it said; a run that hangs fails here."""
    try:
        return process.communicate(timeout=_LIMIT_S)[1]
    finally:
        process.kill()


def ended_well(config: TrainConfig, *words: str) -> None:
    process = launched(config, *words)
    said = finished(process)
    assert process.returncode == 0, said


def rank_reports(config: TrainConfig) -> list[dict[str, Any]]:
    return [json.loads((config.run.parent / f"rank-{rank}.json").read_text()) for rank in range(2)]


def wait_until(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> None:
    while not reached():
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(finished(process))


def steps(run: Path) -> int:
    rows = RunFolder(run).read("metrics.jsonl")
    return rows[-1]["step"] if rows else 0


def changed(config: TrainConfig, name: str, **grpo: Any) -> TrainConfig:
    run = config.run.with_name(name) / "run"
    run.parent.mkdir()
    return config.model_copy(update={"run": run, "grpo": config.grpo.model_copy(update=grpo)})
