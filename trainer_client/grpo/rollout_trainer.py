"""TRL's GRPOTrainer with the `sample` seam: completions and episodes by the sampler of the run, judged as they end."""

from collections.abc import Sequence
from typing import Any, Literal

from accelerate.utils import gather_object
from trl import GRPOTrainer

from envserver.intervals import mean
from envserver.wire import ProblemOut, RunContext, ScoreItem
from trainer_client.answers.episodes import Budget, Player, Rollout
from trainer_client.config import TrainConfig
from trainer_client.errors import EnvironmentFailed
from trainer_client.grpo.completions import items_of
from trainer_client.grpo.early_scoring import EarlyScoring
from trainer_client.grpo.ranks import told
from trainer_client.grpo.resumable_trainer import Remembering, ResumableTrainer
from trainer_client.grpo.scoring import Place, Scoring
from trainer_client.run.run_folder import RunFolder
from trainer_client.sampling.backend import chosen
from trainer_client.sampling.decoder import Decoder
from trainer_client.sampling.session import Ids, Session, Spoken
from trainer_client.watching.ladder import Ladder

_PARTS = 4  # in so many requests a generation is judged, about, where it can be judged as it ends


class RolloutTrainer(ResumableTrainer):
    """GRPO whose completions are sampled here, and judged by `scoring`."""

    scoring: Scoring

    def __init__(
        self,
        config: TrainConfig,
        ladder: Ladder,
        remembering: dict[str, Remembering],
        folder: RunFolder,
        episodes: bool,
        **trl: Any,
    ) -> None:
        self.echelon = config
        self.ladder = ladder
        self.attempt = folder.attempt
        self.run_id = folder.run_id
        self.posed: list[ProblemOut] = []
        """The problem of each local row of the generation."""
        self.bound: list[dict[str, Any]] = []
        """What is asked in each of these rows."""
        self._played: list[Rollout] = []
        super().__init__(
            config,
            {"ladder": ladder, **remembering},
            ladder.client,
            folder,
            reward_funcs=[self.server_reward],
            rollout_func=self._rollout if episodes else None,
            **trl,
        )
        self.sampler, remark = chosen(config.grpo.sampler, self.accelerator.unwrap_model(self.model))
        if remark:
            self.remarks.append(remark)

    # -- where the run is ----------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of the generation being made; each serves `iterations` updates."""
        return int(self.state.global_step) // self.echelon.grpo.iterations

    def context(self, phase: Literal["train", "look"]) -> RunContext:
        """Return what the server is told of the run."""
        return RunContext(run=self.run_id, attempt=self.attempt, phase=phase, generation=self.generation)

    @property
    def _place(self) -> Place:
        step = int(self.state.global_step)
        return Place(step + 1, self.attempt, self.generation, step / self.echelon.grpo.steps)

    # -- sampling ------------------------------------------------------------------------------------------------

    def _generate_single_turn(self, prompt_ids: list[Ids], *args: Any, **kwargs: Any) -> Any:
        """Return what follows each prompt and, where the sampler says it, how likely each token was."""
        if self.sampler != "own":
            return super()._generate_single_turn(prompt_ids, *args, **kwargs)
        early = self.scoring.early
        spoken = self._spoken(self._talk(keep=False), prompt_ids, early)
        return [one.ids for one in spoken], [one.logps for one in spoken]

    def _talk(self, keep: bool) -> Session:
        """Return who continues texts with the weights as they are."""
        policy = self.accelerator.unwrap_model(self.model)
        return Session(Decoder(policy), self.eos_token_ids, self.temperature, keep)

    def _spoken(self, session: Session, rows: list[Ids], early: EarlyScoring | None) -> list[Spoken]:
        def done(row: int, ids: Ids) -> None:
            assert early is not None
            early.add(row, self._item(row, ids))

        return session.go_on(rows, self.echelon.grpo.max_completion, done if early else None)

    def _rollout(self, prompts: list[Any], trainer: GRPOTrainer) -> dict[str, Any]:
        """Play the local problems; TRL's rollout function. It masks out what was not sampled."""
        grpo, early = self.echelon.grpo, self.scoring.early
        player = Player(self.client, self._tokenizer, self.eos_token_ids, Budget(grpo.max_completion, grpo.max_episode))
        self._played = player.play(
            self.posed,
            self._turns(),
            going=lambda live: any(gather_object([live])),
            done=(lambda one: early.add(one.number, self._played_item(one))) if early else None,
        )
        self.scoring.failure = player.failure
        self._metrics["train"]["episode/turns"].append(mean([len(one.actions) for one in self._played]))
        self._metrics["train"]["episode/cut"].append(mean([one.cut for one in self._played]))
        told = self.sampler != "hf"
        return {
            "prompt_ids": [one.prompt for one in self._played],
            "completion_ids": [one.tokens for one in self._played],
            "logprobs": [one.logps for one in self._played] if told else None,
            "env_mask": [one.sampled for one in self._played],
        }

    def _turns(self) -> Any:
        """Return who takes the turns of a batch of episodes; the own loop reads only what is new in each."""
        if self.sampler == "own":
            session = self._talk(keep=True)
            return lambda rows: session.go_on(rows, self.echelon.grpo.max_completion)
        return self._turn

    def _turn(self, rows: list[Ids]) -> list[Spoken]:
        """Return what follows each row, by TRL; of its samplers only vLLM says how likely it was."""
        found, logps = self._generate_single_turn(rows, None, {}, 1)
        return [Spoken(ids, said) for ids, said in zip(found, logps or [[]] * len(found), strict=True)]

    # -- judging -------------------------------------------------------------------------------------------------

    def begin_scoring(self) -> None:
        """Let completions of the generation that begins be judged as they end, where that can be."""
        scoring, rows = self.scoring, len(self.bound)
        as_they_end = scoring.judges_what_is_said and (self.sampler == "own" or self.rollout_func is not None)
        curriculum, run = self.ladder.progress.curriculum, self.context("train")

        def judge(items: Sequence[ScoreItem], kept: bool) -> Any:
            return self.client.score(items, curriculum=curriculum, run=run if kept else None)

        scoring.early = EarlyScoring(judge, max(1, rows // _PARTS)) if as_they_end else None

    def server_reward(
        self, prompts: list[Any], completions: list[Any], completion_ids: list[Ids], **columns: Any
    ) -> list[float | None]:
        """Score the local completions. TRL's reward function; a failure is raised by all ranks later."""
        scoring = self.scoring
        try:
            if scoring.failure is not None:
                raise scoring.failure
            items = self._items(completions, completion_ids, columns)
            scoring.score(self.posed, items, self.ladder.progress.curriculum, self.context("train"), self._place)
        except Exception as error:  # any at all: on one rank alone it would leave the others in a collective for ever
            scoring.failure = error
            return [None] * len(completions)
        return scoring.rewards

    def _items(
        self, completions: list[Any], completion_ids: list[Ids], columns: dict[str, list[Any]]
    ) -> list[ScoreItem]:
        if self._played:
            return [self._played_item(one) for one in self._played]
        return items_of(completions, completion_ids, columns, self.eos_token_ids, self._numbered)

    def _item(self, row: int, ids: Ids) -> ScoreItem:
        """Return what is judged of one completion, as `_items` does of all of them."""
        text = str(self._tokenizer.decode(ids, skip_special_tokens=True))
        columns = {name: [self.bound[row][name]] for name in ("problem_id", "stage", "slot")}
        first, samples = self._numbered
        return items_of([text], [ids], columns, self.eos_token_ids, (first + row, samples))[0]

    def _played_item(self, one: Rollout) -> ScoreItem:
        first, samples = self._numbered
        return one.item((first + one.number) % samples)

    @property
    def _numbered(self) -> tuple[int, int]:
        """The number of the first local row among those of all ranks, and the size of a group."""
        return self.accelerator.process_index * len(self.bound), self.num_generations

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        rewards = super()._calculate_rewards(*args, **kwargs)
        scoring, failure = self.scoring, self.scoring.failure
        if failures := [text for text in gather_object([failure and told(failure)]) if text]:
            raise EnvironmentFailed(failures[0]) from failure
        first = self.accelerator.process_index * len(scoring.items)
        rewards = scoring.regrouped(rewards, self.num_generations, first)
        rollouts = gather_object(scoring.logged)
        if self.accelerator.is_main_process:
            self.folder.append("rollouts.jsonl", rollouts[: self.echelon.grpo.rollouts_logged])
        return rewards
