"""Stock TRL as its users have it: its GRPOTrainer, with a reward function in its own process."""

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import PrinterCallback, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import GRPOConfig, GRPOTrainer

from generators.families import problem
from trainer_client.config import TrainConfig
from trainer_client.loading.anatomy import anatomy_of, blocks_of
from trainer_client.loading.models import load_model, load_tokenizer
from trainer_client.strategies import Layers, Lora
from trainer_client.strategies.plan import layer


class Clock(TrainerCallback):
    """From the end of a step to the end of the next."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last = 0.0

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        now = time.perf_counter()
        if self._last:
            self.seconds.append(now - self._last)
        self._last = now


def stock_step(config: TrainConfig, path: Path, problems: Dataset) -> tuple[float, float]:
    """Train a model as these settings say; return the mean seconds of a step and the mean length of a completion."""
    model, adapter = _frozen(config, load_model(path))
    clock = Clock()
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=[_reward],
        args=_arguments(config),
        train_dataset=problems,
        processing_class=load_tokenizer(path),
        peft_config=adapter,
        callbacks=[clock],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return statistics.mean(clock.seconds), mean_length(trainer.state.log_history)


def _reward(completions: list[str], problem: list[str], **columns: Any) -> list[float]:
    return [_judged(id, text) for id, text in zip(problem, completions, strict=True)]


def _judged(id: str, text: str) -> float:
    return float(problem(id).judge(text).outcome == "correct")


def _frozen(config: TrainConfig, model: Any) -> tuple[Any, LoraConfig | None]:
    """Return what a user of TRL would give it: a model with weights that are frozen, or an adapter."""
    strategy, anatomy = config.strategy, anatomy_of(model)
    if isinstance(strategy, Lora):
        return model, strategy.adapter(anatomy)
    if isinstance(strategy, Layers):
        reach = strategy.reach(anatomy)
        for weight in model.parameters():
            weight.requires_grad_(False)
        for at, block in enumerate(blocks_of(model)):
            for weight in block.parameters():
                weight.requires_grad_(layer(at) in reach)
    return model, None


def _arguments(config: TrainConfig) -> GRPOConfig:
    grpo = config.grpo
    return GRPOConfig(
        output_dir=str(config.run),
        seed=config.seed,
        max_steps=grpo.steps,
        per_device_train_batch_size=grpo.prompts * grpo.samples,
        num_generations=grpo.samples,
        num_iterations=grpo.iterations,
        learning_rate=grpo.learning_rate,
        beta=grpo.beta,
        max_completion_length=grpo.max_completion,
        top_k=0,
        disable_dropout=True,
        gradient_checkpointing=False,
        bf16=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        logging_steps=1,
    )


def mean_length(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the mean length of the completions of all generations but the first."""
    return statistics.mean([row["completions/mean_length"] for row in rows if "completions/mean_length" in row][1:])
