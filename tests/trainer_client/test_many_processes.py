"""Two ranks on a CPU agree on everything, and share a trunk and a reference."""

from pathlib import Path

import pytest

from tests.trainer_client.processes import changed, ended_well, rank_reports, three_groups
from trainer_client.config import TrainConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.strategies import Layers


@pytest.fixture
def settings(config: TrainConfig, warm: Path, tmp_path: Path) -> TrainConfig:
    return three_groups(config, warm, tmp_path)


@pytest.mark.parametrize("alike", ["keep", "refill"])
def test_both_ranks_believe_the_same_at_every_generation(settings: TrainConfig, alike: str) -> None:
    """Stages, statistics, slots and weights; and a group is one problem, also one that two ranks share."""
    config = changed(settings, alike, alike=alike, refills=2)
    ended_well(config)
    one, two = rank_reports(config)
    assert one == two
    assert len(one["trace"]) >= 7
    last = one["trace"][-1]
    assert last["progress"]["samples"] == last["slot"] * 4
    assert RunFolder(config.run).read("decisions.jsonl"), "the run is long enough for a look"
    assert (config.run / "attempt").read_text() == "1"
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
    config = changed(settings, divergence, learning_rate=1e-2, **several)
    forms = config.curriculum.model_copy(update={"name": "forms"})
    ended_well(config.model_copy(update={"strategy": last, "curriculum": forms}))
    one, two = rank_reports(config)
    assert one == two
    assert any(row.get("divergence", 0) != 0 for row in RunFolder(config.run).read("metrics.jsonl"))
    if divergence == "k2":
        without = changed(settings, "without", learning_rate=1e-2, **{**several, "trunk_cache": False})
        ended_well(without.model_copy(update={"strategy": last, "curriculum": forms}))
        assert rank_reports(without)[0]["weights"] == one["weights"]
