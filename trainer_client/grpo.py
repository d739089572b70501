"""TRL's GRPOTrainer, wrapped: prompts are bound late, rewards come from the server, and a resume is exact.

The private names used are pinned by `tests/test_trl_surface.py`. TRL's methods are wrapped, never copied.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeVar

from accelerate.utils import broadcast_object_list, gather_object
from trl import GRPOTrainer

from envserver.wire import HeldOut, NextLook, RunContext, ScoreItem, VerdictOut
from trainer_client.bind import bind_rows, sample_slots
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.decoding import Decoding
from trainer_client.errors import EnvironmentFailed, TrainerError
from trainer_client.evaluate import Evaluator, Place
from trainer_client.guard import CollapseGuard
from trainer_client.ladder import Ladder, Row, reports
from trainer_client.run_folder import RunFolder, mark_complete

_STATE = "echelon.json"

T = TypeVar("T")


class EchelonTrainer(GRPOTrainer):
    """GRPO on the problems of a curriculum."""

    def __init__(self, config: TrainConfig, client: EnvClient, ladder: Ladder, folder: RunFolder, **trl: Any) -> None:
        self.echelon = config
        self.client = client
        self.ladder = ladder
        self.folder = folder
        self.attempt = folder.attempt
        self.run_id = folder.run_id
        self.guard = CollapseGuard()
        self.evaluator = Evaluator(client, ladder.progress.curriculum, config.curriculum.style)
        self._verdicts: list[VerdictOut] = []
        self._failure: str | None = None
        super().__init__(reward_funcs=[self.server_reward], **trl)

    # -- one generation ------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of the generation being made; each serves `iterations` updates."""
        return int(self.state.global_step) // self.echelon.grpo.iterations

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        spent = self.client.seconds
        slots = list(dict.fromkeys(gather_object([row["slot"] for row in inputs])))
        config = self.echelon
        problems = self._on_main(
            lambda: sample_slots(self.client, self.ladder.progress, config.seed, slots, config.curriculum.style)
        )
        rows = bind_rows(inputs, dict(zip(slots, problems, strict=True)), self._tokenizer)
        output: dict[str, Any] = super()._generate_and_score_completions(rows)
        self._climb(rows)
        self._metrics["train"]["seconds/environment"].append(self.client.seconds - spent)
        return output

    def server_reward(
        self, prompts: list[Any], completions: list[Any], completion_ids: list[list[int]], **columns: Any
    ) -> list[float | None]:
        """Score the local completions in one request. TRL's reward function; a failure is raised by all ranks later."""
        first = self.accelerator.process_index * len(completions)  # a group may straddle ranks
        items = [
            ScoreItem(
                id=id,
                completion=text if isinstance(text, str) else text[-1]["content"],
                truncated=ids[-1] not in self.eos_token_ids,
                stage=stage,
                slot=slot,
                sample=(first + i) % self.num_generations,
            )
            for i, (id, text, ids, stage, slot) in enumerate(
                zip(columns["problem_id"], completions, completion_ids, columns["stage"], columns["slot"], strict=True)
            )
        ]
        try:
            run = self._context("train")
            self._verdicts = self.client.score(items, curriculum=self.ladder.progress.curriculum, run=run)
        except TrainerError as error:
            self._failure = str(error)
            return [None] * len(items)
        self._log_rollouts(items)
        return [verdict.reward for verdict in self._verdicts]

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        rewards = super()._calculate_rewards(*args, **kwargs)
        # An exception on one rank alone would leave the others waiting in a collective for ever.
        if failures := [f for f in gather_object([self._failure]) if f]:
            raise EnvironmentFailed(failures[0])
        return rewards

    # -- the curriculum ------------------------------------------------------------------------------------------

    def _climb(self, inputs: list[dict[str, Any]]) -> None:
        """Report the generation, answer the looks that are due, and log what was decided."""
        local = [
            Row(row["slot"], row["stage"], v.reward, v.outcome == "correct", v.components, tuple(v.flags))
            for row, v in zip(inputs, self._verdicts, strict=True)
        ]
        rows: list[Row] = gather_object(local)
        training = reports(rows)
        # Looks are answered by the main rank alone: they are few, and every rank holds the same weights.
        decisions, self.ladder.progress = self._on_main(
            lambda: (self.ladder.climb(training, self._answer_look), self.ladder.progress)
        )
        n, groups = sum(t.n for t in training.values()), sum(t.groups for t in training.values())
        success = sum(t.successes for t in training.values()) / max(1, n)
        zero = sum(t.zero_variance_groups for t in training.values()) / max(1, groups)
        self._log_generation(rows, decisions, success)
        self.guard.watch(success, zero)

    def _answer_look(self, look: NextLook) -> list[HeldOut]:
        """Answer each problem once at temperature 1 and once greedily."""
        grpo = self.echelon.grpo
        problems = self.evaluator.problems(look.stage, look.split, look.slots)
        seed = int.from_bytes(sha256(f"look/{self.echelon.seed}/{self.generation}".encode()).digest()[:6], "big")
        model = self.accelerator.unwrap_model(self.model)
        sampled, greedy = (
            self.evaluator.answer(
                model,
                self._tokenizer,
                problems,
                Decoding(temperature, grpo.max_completion, seed=seed),
                Place(self._context("look"), sample),
            )
            for sample, temperature in enumerate((1.0, 0.0))
        )
        return [
            HeldOut(
                id=p.id, sampled=None if s.reward is None else s.outcome == "correct", greedy=g.outcome == "correct"
            )
            for p, s, g in zip(problems, sampled, greedy, strict=True)
        ]

    def _context(self, phase: Literal["train", "look"]) -> RunContext:
        return RunContext(run=self.run_id, attempt=self.attempt, phase=phase, generation=self.generation)

    def _on_main(self, work: Callable[[], T]) -> T:
        """Run on the main rank and give every rank the result, or every rank the error."""
        box: list[Any] = [None]
        if self.accelerator.is_main_process:
            try:
                box = [(True, work())]
            except TrainerError as error:
                box = [(False, str(error))]
        broadcast_object_list(box)
        fine, value = box[0]
        if not fine:
            raise EnvironmentFailed(value)
        return value

    # -- logs ----------------------------------------------------------------------------------------------------

    def _log_rollouts(self, items: list[ScoreItem]) -> None:
        if not self.accelerator.is_main_process:
            return
        logged = list(zip(items, self._verdicts, strict=True))[: self.echelon.grpo.rollouts_logged]
        place = {"step": self.state.global_step + 1, "attempt": self.attempt, "generation": self.generation}
        rows = [{**place, **item.model_dump(exclude={"actions"}), **v.model_dump(exclude={"id"})} for item, v in logged]
        self.folder.append("rollouts.jsonl", rows)

    def _log_generation(self, rows: list[Row], decisions: list[dict[str, Any]], success: float) -> None:
        metrics = self._metrics["train"]
        scored = [row for row in rows if row.reward is not None]
        metrics["success"].append(success)
        metrics["unscored"].append(len(rows) - len(scored))
        for stage in self.ladder.in_order({row.stage for row in scored}):
            hits = [row.correct for row in scored if row.stage == stage]
            metrics[f"success/{stage}"].append(sum(hits) / len(hits))
        for name in scored[0].components if scored else ():
            metrics[f"component/{name}"].append(sum(row.components.get(name, 0.0) for row in scored) / len(scored))
        for flag in sorted({flag for row in scored for flag in row.flags}):
            metrics[f"flag/{flag}"].append(sum(flag in row.flags for row in scored) / len(scored))
        if self.accelerator.is_main_process:
            place = {"step": self.state.global_step + 1, "samples": self.ladder.progress.samples}
            self.folder.append("decisions.jsonl", [{**place, **decision} for decision in decisions])

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        super().log(logs, start_time)
        if self.accelerator.is_main_process and "loss" in logs:
            self.folder.append(
                "metrics.jsonl", [{"step": self.state.global_step, "samples": self.ladder.progress.samples, **logs}]
            )

    # -- checkpoints ---------------------------------------------------------------------------------------------

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        target = Path(self._get_output_dir(trial=trial)) / f"checkpoint-{self.state.global_step}"
        if self.args.should_save:
            target.mkdir(parents=True, exist_ok=True)
            state = {"progress": self.ladder.state, "guard": self.guard.state, "world": self.accelerator.num_processes}
            (target / _STATE).write_text(json.dumps(state))
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            mark_complete(target)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is None:
            return
        state = json.loads((Path(checkpoint) / _STATE).read_text())
        self.ladder.progress = type(self.ladder.progress).model_validate(state["progress"])
        self.guard.restore(state["guard"])
        # TRL starts counting micro-steps at 0 after a resume, which would shift the phase of its generations.
        self._step = self.state.global_step * self.args.gradient_accumulation_steps

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write none: the run folder says more than TRL's card."""
