"""Our settings in TRL's words, for what cannot run here: vLLM."""

from pathlib import Path

import pytest

from trainer_client.config import load_config
from trainer_client.errors import BadConfig
from trainer_client.run.arguments import grpo_arguments, processes
from trainer_client.run.preflight import refuse
from trainer_client.run.run_folder import RunFolder


def test_vllm_in_this_process_and_behind_an_address(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    plain = grpo_arguments(load_config(None, []), folder, episodes=True)
    assert not plain.use_vllm
    assert plain.generation_kwargs == {"max_new_tokens": 48}
    told = ["grpo.sampler=vllm-server", "grpo.vllm_url=http://gpu-2:8001"]
    server = grpo_arguments(load_config(None, told), folder, episodes=True)
    assert (server.use_vllm, server.vllm_mode, server.vllm_server_base_url) == (True, "server", "http://gpu-2:8001")
    assert server.generation_kwargs == {"max_tokens": 48}  # vLLM's word for it
    # By sequence, as is TRL's default, most long episodes would be left out of the loss.
    assert (server.vllm_importance_sampling_correction, server.vllm_importance_sampling_mode) == (
        True,
        "token_truncate",
    )
    told = ["grpo.sampler=vllm-colocate", "grpo.vllm_memory=0.4"]
    colocated = grpo_arguments(load_config(None, told), folder, episodes=False)
    assert (colocated.vllm_mode, colocated.vllm_gpu_memory_utilization) == ("colocate", 0.4)
    assert colocated.vllm_server_base_url is None


@pytest.mark.parametrize("sampler", ["vllm-server", "vllm-colocate"])
def test_vllm_is_refused_where_it_is_not(sampler: str) -> None:
    with pytest.raises(BadConfig, match=f"{sampler} needs CUDA and the package vllm"):
        refuse(load_config(None, [f"grpo.sampler={sampler}"]))


def test_trl_is_told_of_no_reference(tmp_path: Path) -> None:
    """It would load a second model; ours keeps what trains."""
    assert grpo_arguments(load_config(None, ["grpo.beta=0.1"]), RunFolder(tmp_path), episodes=False).beta == 0


def test_a_sharded_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(BadConfig, match="FSDP"):
        processes()
