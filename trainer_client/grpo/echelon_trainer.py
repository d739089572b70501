"""TRL's GRPOTrainer, wrapped: prompts are bound late, rewards come from the server, and a resume is exact.

TRL's methods are wrapped, never copied; `tests/trainer_client/grpo/test_trl_surface.py` pins the private names used.
"""

from hashlib import sha256
from typing import Any

from accelerate.utils import gather_object

from envserver.wire import HeldOut, NextLook
from trainer_client.answers.answering import Answering, LocalModel
from trainer_client.answers.decoding import Decoding
from trainer_client.answers.evaluator import Evaluator
from trainer_client.config import TrainConfig
from trainer_client.grpo.bind import bind_rows, sample_slots
from trainer_client.grpo.dynamic_sampling import assembled, kept, leave_out, silence, telling
from trainer_client.grpo.ranks import on_main
from trainer_client.grpo.rollout_trainer import RolloutTrainer
from trainer_client.likelihood.build import scoring_of
from trainer_client.run.run_folder import RunFolder
from trainer_client.run.run_report import RunReport
from trainer_client.strategies.plan import Moment
from trainer_client.watching.ladder import Ladder, Row, reports
from trainer_client.watching.look import answer_look
from trainer_client.watching.probe import Probe
from trainer_client.watching.watcher import Watcher, WatcherCallback


class EchelonTrainer(RolloutTrainer):
    """GRPO on the problems of a curriculum."""

    def __init__(
        self, config: TrainConfig, ladder: Ladder, watcher: Watcher, folder: RunFolder, episodes: bool, **trl: Any
    ) -> None:
        client = ladder.client
        self.evaluator = Evaluator(client, ladder.progress.curriculum, config.curriculum.style)
        self.watcher = watcher
        self._rows: list[Row] = []
        self._waited = self._hidden = 0.0
        self._looks = 0
        self.report = RunReport(client, folder, config.grpo.iterations)
        super().__init__(config, ladder, {"watcher": watcher}, folder, episodes, **trl)
        self.add_callback(WatcherCallback(watcher, config.grpo.iterations, lambda: not self.guard.dead))
        policy = self.accelerator.unwrap_model(self.model)
        self.scoring = scoring_of(config, client, policy, self._tokenizer, watcher.prober.style)

    # -- one generation ------------------------------------------------------------------------------------------

    def moment(self) -> Moment:
        """Return the updates made, and the frontier's place in the curriculum."""
        steps, ladder = self.echelon.grpo.steps, self.ladder
        return Moment(self.state.global_step, steps, ladder.frontier, len(ladder.stages), self.echelon.seed)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """Sample and score a generation; again with other problems while too few groups tell, where that is wanted."""
        spent, grpo = self.client.seconds, self.echelon.grpo
        self._waited = self._hidden = 0.0
        if self.accelerator.is_main_process:
            self.report.tell()
        places = list(dict.fromkeys(gather_object([row["slot"] for row in inputs])))
        rounds: list[dict[str, Any]] = []
        rows: list[Row] = []
        for _ in range(1 + grpo.refills if grpo.alike == "refill" else 1):
            drawn = self.ladder.take(len(places))
            slots = dict(zip(places, drawn, strict=True))
            rounds.append(self._sampled([{**row, "slot": slots[row["slot"]]} for row in inputs], drawn))
            rows += self._rows
            tells = telling(rows, self.num_generations)
            if sum(tells) >= len(places):
                break
        output = rounds[-1]
        if len(rounds) > 1:
            groups = kept(tells, len(places))
            output = assembled(rounds, groups, self.num_generations, self.accelerator, self._tokenizer.pad_token_id)
            tells = [tells[group] for group in groups]
        if grpo.alike != "keep":
            silence(output, tells, self.num_generations, self.accelerator.process_index * len(inputs))
        self._count_tokens(output)
        self._metrics["train"]["rounds"].append(len(rounds))
        self._climb(rows)
        self._metrics["train"]["seconds/environment"].append(self.client.seconds - spent + self._waited)
        self._metrics["train"]["seconds/hidden"].append(self._hidden)
        return output

    def _sampled(self, inputs: list[dict[str, Any]], slots: list[int]) -> dict[str, Any]:
        """Return what TRL makes of the local rows; `slots`, and `_rows` after it, are those of all ranks."""
        config, style = self.echelon, self.echelon.curriculum.style
        problems = on_main(
            lambda: sample_slots(self.client, self.ladder.progress, config.seed, slots, (style, self.scoring.reveal))
        )
        posed = dict(zip(slots, problems, strict=True))
        self.posed = [posed[row["slot"]] for row in inputs]
        asked = {slot: self.scoring.asked(problem) for slot, problem in posed.items()}
        self.bound = bind_rows(inputs, asked, self._tokenizer)
        self.begin_scoring()
        try:
            output: dict[str, Any] = super()._generate_and_score_completions(self.bound)
        finally:
            if self.scoring.early:
                self.scoring.early.close()  # where sampling failed nobody asks for the verdicts any more
                self._waited += self.scoring.early.waited
                self._hidden += self.scoring.early.hidden
        self._mask_unscored(output)
        self._rows = gather_object(self.scoring.rows(self.bound))
        return output

    def _mask_unscored(self, output: dict[str, Any]) -> None:
        """Take rows without a reward out of the loss."""
        leave_out(output, [reward is None for reward in self.scoring.rewards])

    def _count_tokens(self, output: dict[str, Any]) -> None:
        """Tell the loss how many tokens there are to train on, over all ranks."""
        mask = output["completion_mask"]
        trained = mask * output["tool_mask"] if "tool_mask" in output else mask
        output["num_items_in_batch"] = self.accelerator.gather(trained.sum()).sum()

    # -- the curriculum ------------------------------------------------------------------------------------------

    def _climb(self, rows: list[Row]) -> None:
        """Report the generation, answer the looks that are due, and log what was decided."""
        training = reports(rows, self.ladder.sieved)
        self._looks = 0
        # Looks are answered by the main rank alone: they are few, and every rank holds the same weights.
        decisions, self.ladder.progress = on_main(
            lambda: (self.ladder.climb(training, self._answer_look), self.ladder.progress)
        )
        stage = self.watcher.due(self.generation, self.ladder)
        probe = on_main(lambda: self._probe(stage)) if stage else None
        place = {"step": self.state.global_step + 1, "samples": self.ladder.progress.samples}
        # Every rank holds the same rows, and so comes to the same alarms.
        found = self.watcher.observe(rows, decisions, probe, place, log=self.accelerator.is_main_process)
        for name, value in found.items():
            self._metrics["train"][name].append(value)
        self.guard.watch(training)

    def _answer_look(self, look: NextLook) -> list[HeldOut]:
        before, self._looks = self._looks, self._looks + 1
        with self.timed("looks"):
            return answer_look(look, self._answering("look"), self.evaluator, self.context("look"), before)

    def _probe(self, stage: str) -> Probe:
        with self.timed("looks"):
            return self.watcher.prober.probe(self._answering("probe"), stage, self.echelon.alarms.probes)

    def _answering(self, purpose: str) -> Answering:
        """Return who answers problems with the model as it is, with random numbers of their own."""
        grpo = self.echelon.grpo
        named = f"{purpose}/{self.echelon.seed}/{self.generation}"
        seed = int.from_bytes(sha256(named.encode()).digest()[:6], "big")
        how = Decoding(1.0, grpo.max_completion, seed=seed, max_episode=grpo.max_episode, sampler=grpo.sampler)
        model = LocalModel(self.client, self.accelerator.unwrap_model(self.model), self._tokenizer, how)
        return self.scoring.answering(model)

    # -- logs ----------------------------------------------------------------------------------------------------

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        super().log(logs, start_time)
        if self.accelerator.is_main_process and "loss" in logs:
            self.folder.append(
                "metrics.jsonl", [{"step": self.state.global_step, "samples": self.ladder.progress.samples, **logs}]
            )

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write none: the run folder says more than TRL's card."""
