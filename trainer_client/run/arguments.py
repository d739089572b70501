"""Our settings in TRL's words; the one place that knows both."""

import os
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import DistributedType
from trl import GRPOConfig

from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.sampling.names import VLLM

_ROOM = ("max_new_tokens", "max_tokens")  # as transformers and vLLM call the limit of a turn


def processes() -> PartialState:
    """Return the processes of this run; raises `BadConfig` where they would not each hold the whole model."""
    if os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true":  # PartialState does not say so
        raise BadConfig("FSDP: looks are answered by one rank, so each must hold the whole model")
    state = PartialState(cpu=not torch.cuda.is_available())
    if state.distributed_type not in (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU):
        raise BadConfig(f"{state.distributed_type}: looks are answered by one rank, so each must hold the whole model")
    return state


def grpo_arguments(config: TrainConfig, folder: RunFolder, episodes: bool, slowed: float = 1.0) -> GRPOConfig:
    """Translate our settings to TRL's. A turn of `episodes` has a limit of its own; `slowed` multiplies the rate."""
    grpo = config.grpo
    rows = grpo.prompts * grpo.samples
    micro, accumulation = _micro_batches(config, rows)
    return GRPOConfig(
        output_dir=str(folder.checkpoints),
        max_steps=grpo.steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=accumulation,
        steps_per_generation=accumulation,
        num_generations=grpo.samples,
        num_iterations=grpo.iterations,
        learning_rate=grpo.learning_rate * slowed,
        lr_scheduler_type=grpo.schedule,
        warmup_steps=grpo.warmup_steps,
        loss_type=grpo.loss,
        beta=0.0,  # the reference is kept by trainer_client/grpo/logps_trainer.py
        use_bias_correction_kl=grpo.divergence != "k3_uncorrected",
        max_completion_length=grpo.max_episode if episodes else grpo.max_completion,
        generation_kwargs={_ROOM[grpo.sampler in VLLM]: grpo.max_completion} if episodes else None,
        temperature=grpo.temperature,
        top_k=0,
        max_grad_norm=1.0,
        seed=config.seed,
        shuffle_dataset=False,  # slots are used in order, so that a resume asks for the same ones
        disable_dropout=True,  # completions are sampled in training mode, and dropout would change the policy
        **_vllm(config),
        activation_checkpointing=grpo.checkpointing,
        bf16=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_steps=grpo.save_every,
        save_total_limit=None,  # old checkpoints are removed by us: which one is good, only we know
        logging_strategy="steps",
        logging_steps=1,
        report_to=list(config.report_to) or "none",
        run_name=config.run.name,
        disable_tqdm=True,
        # Where weights are frozen on the way, or layers left out, not every one has a gradient at every update.
        ddp_find_unused_parameters=config.strategy.moves or config.strategy.thins,
        dataloader_pin_memory=torch.cuda.is_available(),
    )


def _vllm(config: TrainConfig) -> dict[str, Any]:
    """Return what TRL is to be told of vLLM."""
    grpo = config.grpo
    if grpo.sampler not in VLLM:
        return {}
    return {
        "use_vllm": True,
        "vllm_mode": grpo.sampler.removeprefix("vllm-"),
        "vllm_server_base_url": grpo.vllm_url if grpo.sampler == "vllm-server" else None,
        "vllm_gpu_memory_utilization": grpo.vllm_memory,
        # Its kernels round otherwise than the trainer's. By token and cut off, not by sequence and left out as TRL has
        # it: of long episodes that would leave out most.
        "vllm_importance_sampling_mode": "token_truncate",
    }


def _micro_batches(config: TrainConfig, rows: int) -> tuple[int, int]:
    """Return the rows of a backward pass, and how many of these there are on each process."""
    world = processes().num_processes
    if rows < world:
        raise BadConfig(f"grpo: {rows} completions are too few for {world} processes")
    micro = config.grpo.micro_batch or rows // world
    if rows % (micro * world):
        raise BadConfig(f"grpo: {rows} completions do not divide into micro batches of {micro} on {world} processes")
    return micro, rows // (micro * world)
