"""Which sampler a run takes, and that it says so where it is not the one to be expected."""

import pytest

from tests.trainer_client.sampling.shapes import adapted, made
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.sampling.backend import chosen
from trainer_client.strategies import Lora
from trainer_client.train import train


def test_the_own_loop_where_it_can_be() -> None:
    assert chosen("auto", made("llama")) == ("own", "")
    assert chosen("hf", made("llama")) == ("hf", "")
    assert chosen("vllm-colocate", made("llama")) == ("vllm-colocate", "")
    dora = adapted(made("llama"), "dora")
    sampler, remark = chosen("auto", dora)
    assert sampler == "hf"
    assert "its adapters are no sums of matrices" in remark
    with pytest.raises(BadConfig, match=r"grpo\.sampler: own cannot decode this model"):
        chosen("own", dora)


@pytest.mark.parametrize("sampler", ["own", "hf"])
def test_a_run_says_where_its_seconds_went(sampler: str, settings: TrainConfig, env: EnvClient) -> None:
    grpo = settings.grpo.model_copy(update={"sampler": sampler, "steps": 4})
    trainer = train(settings.model_copy(update={"grpo": grpo}), env)
    rows = RunFolder(settings.run).read("metrics.jsonl")
    for row in rows:
        assert row["tokens/sampled"] == row["completions/mean_length"] * 32
        assert row["tokens/per_second"] == pytest.approx(row["tokens/sampled"] / row["seconds/sampling"])
        assert row["memory/peak_bytes"] > 10**7
        assert row["seconds/idle"] >= 0
        assert ("sampling/apart" in row) is (sampler == "own")
        assert row.get("sampling/apart", 0.0) < 1e-5
        if sampler == "hf":
            assert row["seconds/hidden"] == 0  # transformers gives nothing away before the last row has ended
    assert trainer.sampler == sampler
    summary = (settings.run / "summary.md").read_text()
    for says in (
        "tokens sampled per second of sampling",
        "| optimizer ",
        "| idle ",
        "| environment, beside sampling ",
    ):
        assert says in summary


def test_a_run_that_falls_back_says_why(settings: TrainConfig, env: EnvClient) -> None:
    grpo = settings.grpo.model_copy(update={"steps": 2})
    train(settings.model_copy(update={"strategy": Lora(rank=2, dora=True), "grpo": grpo}), env)
    assert "completions come from transformers' generate: its adapters" in (settings.run / "summary.md").read_text()
