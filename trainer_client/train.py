"""A run: from a configuration to a trained model, resumable at every step."""

import gc
import json
import shutil
from math import ceil
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from transformers import PrinterCallback, TrainerCallback

from envserver.wire import CurriculumOut, Reveal, SampleRequest
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, TrainingCollapsed, TrainingPaused
from trainer_client.grpo.bind import slot_dataset
from trainer_client.grpo.echelon_trainer import EchelonTrainer
from trainer_client.likelihood.framing import frame_of
from trainer_client.loading.anatomy import anatomy_of
from trainer_client.loading.models import is_adapter, load_model, load_tokenizer, merge_adapter
from trainer_client.loading.tiny import write_tiny
from trainer_client.run.arguments import grpo_arguments, processes
from trainer_client.run.preflight import refuse, repair
from trainer_client.run.run_folder import RunFolder, step_of
from trainer_client.run.summary import write_summary
from trainer_client.run.trackers import ready
from trainer_client.strategies import Lora
from trainer_client.watching.ladder import Ladder
from trainer_client.watching.probe import Prober
from trainer_client.watching.watcher import Watcher

_SLOWER = 0.3  # the learning rate after a collapse


def start_model(config: TrainConfig, folder: Path) -> Path | str:
    """Return where the starting model is; `tiny`, or an adapter merged into its base, is written first."""
    path = config.model.path
    if path.startswith("~"):
        path = str(Path(path).expanduser())
    if path == "tiny":
        write_tiny(folder / ".tiny.new", config.model.hidden, config.model.layers, config.seed)
        shutil.rmtree(folder / "tiny", ignore_errors=True)
        return (folder / ".tiny.new").replace(folder / "tiny").resolve()
    if is_adapter(path):
        merge_adapter(path, folder / "merged")
        return (folder / "merged").resolve()
    # An adapter remembers its base by this: from another directory a relative one would lead nowhere.
    return Path(path).resolve() if Path(path).exists() else path


def train(
    config: TrainConfig, client: EnvClient, resume: bool = False, callbacks: tuple[TrainerCallback, ...] = ()
) -> EchelonTrainer:
    """Run or resume the training that `config` describes; the final weights are in `<run>/final`."""
    folder, process = RunFolder(config.run), processes()
    if process.is_main_process and not resume:
        folder.refuse_existing()
    refuse(config)
    curriculum = client.curriculum(config.curriculum.name)
    if resume:
        folder.config()
        folder.refuse_changed(curriculum)
    _try_out(config, client, curriculum)
    ready(config.report_to, config.run)
    # One rank writes it, and the others read only what is whole.
    box = [start_model(config, folder.path) if process.is_main_process else None]
    broadcast_object_list(box)
    source = box[0] or config.model.path
    while True:
        trainer = _trainer(config, client, curriculum, source, resume)
        for callback in callbacks:
            trainer.add_callback(callback)
        try:
            _attempted(trainer, folder, config)
            return trainer
        except TrainingCollapsed as error:
            if not _roll_back(folder, process, trainer, config.grpo.rollbacks, str(error)):
                _conclude(trainer, folder, config, str(error))
                raise
        del trainer  # before the next one is built: two of them may be more than the memory holds
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        resume = True


def _try_out(config: TrainConfig, client: EnvClient, curriculum: CurriculumOut) -> None:
    """Ask for one problem: what the server refuses, as a stage that is not there, is to leave no run behind."""
    start = config.curriculum.start(curriculum.reference, config.grpo.completions)
    policy = start.policy.kind if start.policy else curriculum.policy["kind"]
    if config.grpo.alike == "refill" and policy == "schedule":
        raise BadConfig("grpo.alike: a schedule goes by samples, and how many refilling takes nobody knows before")
    if (
        config.grpo.beta
        and config.grpo.divergence == "k1_in_reward"
        and any(s.max_turns > 1 for s in curriculum.stages)
    ):
        raise BadConfig("grpo.divergence: k1_in_reward would count what the environment said; take k2 or another one")
    episodes = any(stage.max_turns > 1 for stage in curriculum.stages)
    if episodes and config.grpo.sampler == "vllm-server" and processes().num_processes > 1:
        raise BadConfig("grpo.sampler: a vLLM server takes episodes of one process only; take vllm-colocate")
    style = config.curriculum.style
    reveal: Reveal | None = None
    if config.likelihood is not None:
        if any(stage.max_turns > 1 for stage in curriculum.stages):
            raise BadConfig("likelihood: an episode has no one answer to be likelier")
        frame_of(style or curriculum.style)
        if config.likelihood.base is not None:
            load_tokenizer(config.likelihood.base)  # a base that is not there is to leave no run behind
        reveal = "answer"
    client.sample(SampleRequest(curriculum=curriculum.reference, progress=start, slots=[0], style=style, reveal=reveal))


def _trainer(
    config: TrainConfig, client: EnvClient, curriculum: CurriculumOut, source: Path | str, resume: bool
) -> EchelonTrainer:
    """Build the trainer of one attempt."""
    folder, process = RunFolder(config.run), processes()
    episodes = any(stage.max_turns > 1 for stage in curriculum.stages)
    arguments = grpo_arguments(config, folder, episodes, slowed=_SLOWER ** len(folder.rollbacks))
    progress = config.curriculum.start(curriculum.reference, config.grpo.completions)
    ladder = Ladder(client, progress, curriculum.stages)
    four_bit = isinstance(config.strategy, Lora) and config.strategy.four_bit
    tokenizer, model = load_tokenizer(source), load_model(source, four_bit=four_bit)
    anatomy = anatomy_of(model)
    adapter = config.strategy.adapter(anatomy)  # what the model does not have is said before there is a run
    said = repair(config, model, anatomy)
    if process.is_main_process:
        folder.prepare(config, curriculum, resume)
    process.wait_for_everyone()
    watcher = Watcher(config.alarms, folder, Prober(client, curriculum, config.curriculum.style), config.likelihood)
    try:
        trainer = EchelonTrainer(
            config,
            ladder,
            watcher,
            folder,
            episodes,
            model=model,
            args=arguments,
            train_dataset=slot_dataset(config.grpo.prompts * ceil(config.grpo.steps / config.grpo.iterations)),
            processing_class=tokenizer,
            peft_config=adapter,
        )
    except BadConfig:
        if process.is_main_process and not resume:
            folder.withdraw()  # what only the trainer finds leaves no run behind either
        raise
    trainer.remarks = [*said, *trainer.remarks]
    trainer.remove_callback(PrinterCallback)  # we have a display of our own
    return trainer


def _attempted(trainer: EchelonTrainer, folder: RunFolder, config: TrainConfig) -> None:
    try:
        _go_on(trainer, folder, config)
    except (TrainingCollapsed, TrainingPaused):
        raise  # told of by who knows what comes of it
    except Exception as error:
        if trainer.accelerator.is_main_process:
            trainer.report.end("failed", {"error": type(error).__name__})
        raise
    finally:
        trainer.report.wait()


def _go_on(trainer: EchelonTrainer, folder: RunFolder, config: TrainConfig) -> None:
    checkpoint = folder.last_checkpoint()
    if trainer.accelerator.is_main_process:
        trainer.report.begin(config, trainer.ladder.progress.curriculum, step_of(checkpoint) if checkpoint else 0)
    if checkpoint and step_of(checkpoint) >= config.grpo.steps:
        # Killed after the last step: HF's loop would make one more before it looks at the limit.
        trainer.take_over(checkpoint)
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if (paused := trainer.watcher.paused) and trainer.state.global_step < config.grpo.steps:
        _conclude(trainer, folder, config, f"paused at step {trainer.state.global_step}: {paused}")
        raise TrainingPaused(f"paused at step {trainer.state.global_step}, --resume goes on: {paused}")
    _save_final(trainer, folder)
    _conclude(trainer, folder, config, "")


def _save_final(trainer: EchelonTrainer, folder: RunFolder) -> None:
    """Write the final weights in one step: what is there is whole."""
    new = folder.final.with_name(".final.new")
    trainer.save_model(str(new))
    trainer.accelerator.wait_for_everyone()
    if trainer.accelerator.is_main_process:
        shutil.rmtree(folder.final, ignore_errors=True)
        new.replace(folder.final)
    trainer.accelerator.wait_for_everyone()


def _roll_back(folder: RunFolder, process: PartialState, trainer: EchelonTrainer, most: int, reason: str) -> bool:
    """Go back to the last good checkpoint, unless that was done too often; all ranks hear what one of them decides."""
    decided = [len(folder.rollbacks) < most]
    broadcast_object_list(decided)
    if decided[0] and process.is_main_process:
        folder.roll_back(trainer.state.global_step + 1, trainer.guard.good, reason)
    process.wait_for_everyone()
    return decided[0]


def _conclude(trainer: EchelonTrainer, folder: RunFolder, config: TrainConfig, stopped: str) -> None:
    if trainer.accelerator.is_main_process:
        file = folder.path / "cost.json"
        before: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        # Where a run had ended before, nothing was trained in this attempt, and what it took is known already.
        cost: dict[str, Any] = before if before and trainer.optimizer is None else trainer.cost
        file.write_text(json.dumps(cost, indent=1) + "\n", encoding="utf-8")
        write_summary(folder.path, config, cost, [*trainer.remarks, *trainer.guard.remarks], stopped)
        trainer.report.end("stopped" if stopped else "finished", {"stopped": stopped, "cost": cost})
