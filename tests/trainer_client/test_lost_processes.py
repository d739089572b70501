"""A rank that fails or dies leaves none hanging, and any number goes on."""

import os
import signal
from pathlib import Path

import pytest

from tests.trainer_client.processes import (
    changed,
    ended_well,
    finished,
    launched,
    rank_reports,
    steps,
    three_groups,
    wait_until,
)
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.train import train


@pytest.fixture
def settings(config: TrainConfig, warm: Path, tmp_path: Path) -> TrainConfig:
    return three_groups(config, warm, tmp_path)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_whose_server_fails_ends_the_run_on_both(settings: TrainConfig, rank: int) -> None:
    process = launched(settings, "--fault", str(rank))
    said = finished(process)
    assert process.returncode != 0
    assert "this rank's server went away" in said
    assert not (settings.run.parent / "rank-0.json").exists()
    assert not (settings.run.parent / "rank-1.json").exists()


def test_a_killed_rank_ends_the_run_and_both_go_on_as_if_nothing_had_been(settings: TrainConfig) -> None:
    whole = changed(settings, "whole", steps=12)
    ended_well(whole)
    killed = changed(settings, "killed", steps=12)
    process = launched(killed)
    wait_until(process, lambda: steps(killed.run) >= 5)
    os.kill(int((killed.run.parent / "pid-1").read_text()), signal.SIGKILL)
    said = finished(process)
    assert process.returncode != 0
    assert "Signal 9 (SIGKILL)" in said or "exitcode  : -9" in said
    ended_well(killed, "--resume")
    assert [rank["weights"] for rank in rank_reports(whole)] == [rank["weights"] for rank in rank_reports(killed)]
    assert rank_reports(whole)[0]["trace"][-1] == rank_reports(killed)[0]["trace"][-1]


@pytest.mark.filterwarnings("ignore:this run went on 2 processes")
def test_one_process_goes_on_where_two_were_and_says_what_changed(settings: TrainConfig, env: EnvClient) -> None:
    first = changed(settings, "first", steps=4)
    ended_well(first)
    process = launched(killed := changed(settings, "killed", steps=8, save_every=2))
    wait_until(process, lambda: steps(killed.run) >= 3)
    os.kill(process.pid, signal.SIGTERM)
    finished(process)
    trainer = train(killed, env, resume=True)
    assert trainer.ladder.slot == 8 * 3
    before, after = (RunFolder(run).read("rollouts.jsonl") for run in (first.run, killed.run))
    early = [(row["slot"], row["id"]) for row in before if row["step"] <= 2]
    assert [(row["slot"], row["id"]) for row in after if row["step"] <= 2] == early
    assert "went on 2 processes before and goes on 1 now" in (killed.run / "summary.md").read_text()
