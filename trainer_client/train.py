"""One GRPO run, top to bottom: model, trainer, resume, final weights."""

from math import ceil
from pathlib import Path

import torch
from accelerate import DistributedType, PartialState
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOConfig

from envserver.wire import SampleRequest
from trainer_client.bind import slot_dataset
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, TrainingCollapsed
from trainer_client.grpo import EchelonTrainer
from trainer_client.ladder import Ladder
from trainer_client.models import is_adapter, load_model, load_tokenizer, merge_adapter
from trainer_client.run_folder import RunFolder, step_of
from trainer_client.summary import write_summary
from trainer_client.tiny import write_tiny


def start_model(config: TrainConfig, folder: Path) -> Path | str:
    """Return where the starting model is; `tiny`, or an adapter merged into its base, is written first."""
    path = config.model.path
    if path == "tiny":
        write_tiny(folder / "tiny", config.model.hidden, config.model.layers, config.seed)
        return folder / "tiny"
    if is_adapter(path):
        merge_adapter(path, folder / "merged")
        return folder / "merged"
    return path


def train(
    config: TrainConfig, client: EnvClient, resume: bool = False, callbacks: tuple[TrainerCallback, ...] = ()
) -> EchelonTrainer:
    """Run or resume the training that `config` describes; the final weights are in `<run>/final`."""
    folder, process = RunFolder(config.run), processes()
    if process.is_main_process and not resume:
        folder.refuse_existing()
    curriculum = client.curriculum(config.curriculum.name)
    episodes = any(stage.max_turns > 1 for stage in curriculum.stages)
    arguments = grpo_arguments(config, folder, episodes)
    first = SampleRequest(curriculum=curriculum.reference, slots=[0], style=config.curriculum.style)
    client.sample(first)  # what the server refuses, as an unknown style, is to leave no run behind
    ladder = Ladder(client, config.curriculum.start(curriculum.reference), [stage.name for stage in curriculum.stages])
    with process.main_process_first():
        source = start_model(config, folder.path)
    adapter = config.strategy.adapter()
    tokenizer, model = load_tokenizer(source), load_model(source, trained=adapter is None)
    if process.is_main_process:  # only now: a mistake in the configuration leaves no run behind
        folder.prepare(config, resume)
    process.wait_for_everyone()
    trainer = EchelonTrainer(
        config,
        client,
        ladder,
        folder,
        episodes,
        model=model,
        args=arguments,
        train_dataset=slot_dataset(config.grpo.prompts * ceil(config.grpo.steps / config.grpo.iterations)),
        processing_class=tokenizer,
        peft_config=adapter,
        callbacks=list(callbacks),
    )
    trainer.remove_callback(PrinterCallback)  # we have a display of our own
    _go_on(trainer, folder, config)
    return trainer


def _go_on(trainer: EchelonTrainer, folder: RunFolder, config: TrainConfig) -> None:
    checkpoint = folder.last_checkpoint()
    try:
        if checkpoint and step_of(checkpoint) >= config.grpo.steps:
            # Killed after the last step: HF's loop would make one more before it looks at the limit.
            trainer._load_from_checkpoint(str(checkpoint))
        else:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except TrainingCollapsed as error:
        _conclude(trainer, folder, config, str(error))
        raise
    trainer.save_model(str(folder.final))
    _conclude(trainer, folder, config, "")


def _conclude(trainer: EchelonTrainer, folder: RunFolder, config: TrainConfig, stopped: str) -> None:
    if trainer.accelerator.is_main_process:
        weights = list(trainer.model.parameters())
        trained = sum(weight.numel() for weight in weights if weight.requires_grad)
        write_summary(folder.path, config, (trained, sum(weight.numel() for weight in weights)), stopped)


def processes() -> PartialState:
    """Return the processes of this run; raises `BadConfig` where they would not each hold the whole model."""
    state = PartialState(cpu=not torch.cuda.is_available())
    if state.distributed_type not in (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU):
        raise BadConfig(f"{state.distributed_type}: looks are answered by one rank, so each must hold the whole model")
    return state


def grpo_arguments(config: TrainConfig, folder: RunFolder, episodes: bool = False) -> GRPOConfig:
    """Translate our settings to TRL's; the one place that knows both. Of `episodes`, a turn has a limit of its own."""
    grpo = config.grpo
    rows = grpo.prompts * grpo.samples
    world = processes().num_processes
    if rows < world:
        raise BadConfig(f"grpo: {rows} completions are too few for {world} processes")
    micro = grpo.micro_batch or rows // world
    if rows % (micro * world):
        raise BadConfig(f"grpo: {rows} completions do not divide into micro batches of {micro} on {world} processes")
    if grpo.save_every % grpo.iterations:
        raise BadConfig("grpo.save_every: checkpoints fall between generations, so it is a multiple of iterations")
    accumulation = rows // (micro * world)
    return GRPOConfig(
        output_dir=str(folder.checkpoints),
        max_steps=grpo.steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=accumulation,
        steps_per_generation=accumulation,
        num_generations=grpo.samples,
        num_iterations=grpo.iterations,
        learning_rate=grpo.learning_rate,
        lr_scheduler_type=grpo.schedule,
        warmup_steps=grpo.warmup_steps,
        loss_type=grpo.loss,
        beta=grpo.beta,
        max_completion_length=grpo.max_episode if episodes else grpo.max_completion,
        generation_kwargs={"max_new_tokens": grpo.max_completion} if episodes else None,
        temperature=grpo.temperature,
        top_k=0,
        max_grad_norm=1.0,
        seed=config.seed,
        shuffle_dataset=False,  # slots are used in order, so that a resume asks for the same ones
        activation_checkpointing=False,
        bf16=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_steps=grpo.save_every,
        save_total_limit=2,  # the one being written does not count until it is complete
        logging_strategy="steps",
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
