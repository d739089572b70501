"""Held-out problems answered and judged: looks during training, and the tables after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from envserver.wire import ProblemOut, RunContext, SampleRequest, ScoreItem, Split, VerdictOut
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.decoding import Decoding, complete, continued, end_tokens
from trainer_client.episodes import Budget, Player, Rollout
from trainer_client.errors import ServerRefused
from trainer_client.estimators import paired_difference, wilson
from trainer_client.models import load_model, load_tokenizer, prompt_of


@dataclass(frozen=True)
class Scored:
    """Successes among n distinct problems, with a 95 % Wilson interval; unscored ones are left out."""

    n: int
    successes: int
    reward: float
    unscored: int = 0
    economy: float = 0.0
    """Of episodes that were solved, the mean of this component; 0 for questions."""

    @property
    def rate(self) -> float:
        return self.successes / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.successes, self.n)

    def as_json(self) -> dict[str, float]:
        """Return the counts with rate and interval."""
        low, high = self.interval
        counts = {"n": self.n, "successes": self.successes, "unscored": self.unscored}
        return {**counts, "rate": self.rate, "low": low, "high": high, "reward": self.reward}


@dataclass(frozen=True)
class Place:
    """Where answers belong: the generation of a run, and which of several answers to a problem these are."""

    run: RunContext
    sample: int


class Evaluator:
    """Asks one model the problems of fixed pools."""

    def __init__(self, client: EnvClient, reference: str, style: str | None) -> None:
        self.client = client
        self.reference = reference
        self.style = style

    def problems(self, stage: str, split: Split, slots: Sequence[int]) -> list[ProblemOut]:
        """Return the problems in those slots of a stage's pool; slots beyond its end are left out."""
        request = SampleRequest(
            curriculum=self.reference, split=split, stage=stage, slots=[0], style=self.style, pooled=True
        )
        problems = self.client.sample(request, slots)
        for problem in problems:
            if problem.error is not None and problem.error.code != "empty_slot":
                raise ServerRefused(problem.error.status, problem.error.message)
        return [problem for problem in problems if problem.error is None]

    def answer(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        problems: Sequence[ProblemOut],
        how: Decoding,
        place: Place | None = None,
    ) -> list[VerdictOut]:
        """Answer every problem once and return the verdicts; `place` says where they belong, if they are kept."""
        sample = place.sample if place else 0
        if any(problem.max_turns > 1 for problem in problems):
            items = [rollout.item(sample) for rollout in self._played(model, tokenizer, problems, how)]
        else:
            completions = complete(model, tokenizer, [prompt_of(p, tokenizer) for p in problems], how)
            items = [
                ScoreItem(
                    id=p.id,
                    completion=c.text,
                    truncated=c.truncated,
                    stage=p.stage,
                    slot=p.slot or 0,
                    sample=sample,
                )
                for p, c in zip(problems, completions, strict=True)
            ]
        return self.client.score(items, curriculum=self.reference, run=place.run if place else None)

    def _played(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        problems: Sequence[ProblemOut],
        how: Decoding,
    ) -> list[Rollout]:
        """Play problems of several turns; each turn is decoded with a seed of its own."""
        seeds = count(how.seed)
        budget = Budget(how.max_completion, how.max_episode or how.max_completion)
        player = Player(self.client, tokenizer, end_tokens(model, tokenizer), budget)
        rollouts = player.play(problems, lambda ids: continued(model, tokenizer, ids, replace(how, seed=next(seeds))))
        if player.failure is not None:
            raise player.failure
        return rollouts

    def table(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        problems: Mapping[str, Sequence[ProblemOut]],
        how: Decoding,
    ) -> dict[str, Scored]:
        """Return the successes per stage."""
        return {name: scored(found) for name, found in self.verdicts(model, tokenizer, problems, how).items()}

    def verdicts(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        problems: Mapping[str, Sequence[ProblemOut]],
        how: Decoding,
    ) -> dict[str, list[VerdictOut]]:
        """Return the verdicts per stage, in the order of the problems."""
        flat = [problem for stage in problems.values() for problem in stage]
        found = iter(self.answer(model, tokenizer, flat, how))
        return {name: [next(found) for _ in stage] for name, stage in problems.items()}


Verdicts = dict[str, list[VerdictOut]]


def evaluate_models(
    config: TrainConfig, models: Sequence[str], temperatures: Sequence[float]
) -> tuple[list[str], dict[str, list[Verdicts]]]:
    """Return the stages of a curriculum and, per way to decode, what each model's answers to them were judged."""
    with EnvClient(config.server.url, config.server.deadline_s) as client:
        curriculum = client.curriculum(config.curriculum.name)
        evaluator = Evaluator(client, curriculum.reference, config.curriculum.style)
        stages = list(config.eval.stages) or [stage.name for stage in curriculum.stages]
        problems = {stage: evaluator.problems(stage, config.eval.split, range(config.eval.n)) for stage in stages}
        found: dict[str, list[Verdicts]] = {f"T={t:g}" if t else "greedy": [] for t in temperatures}
        for path in models:
            model, tokenizer = load_model(path), load_tokenizer(path)
            for t, name in zip(temperatures, found, strict=True):
                how = Decoding(t, config.grpo.max_completion, config.eval.batch, config.seed, config.grpo.max_episode)
                found[name].append(evaluator.verdicts(model, tokenizer, problems, how))
    return stages, found


def improvement(before: Sequence[VerdictOut], after: Sequence[VerdictOut]) -> tuple[float, float, float]:
    """Return the difference of two success rates on the same problems, with its 95 % interval."""
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if a.reward is not None and b.reward is not None]
    rights = [(a.outcome == "correct", b.outcome == "correct") for a, b in pairs]
    return paired_difference(rights.count((False, True)), rights.count((True, False)), len(pairs))


def scored(verdicts: Sequence[VerdictOut]) -> Scored:
    """Count the successes among those that could be judged."""
    judged = [v for v in verdicts if v.reward is not None]
    reward = sum(v.reward or 0.0 for v in judged) / len(judged) if judged else 0.0
    solved = [v for v in judged if v.outcome == "correct"]
    economy = sum(v.components.get("economy", 0.0) for v in solved) / len(solved) if solved else 0.0
    return Scored(len(judged), len(solved), reward, len(verdicts) - len(judged), economy)
