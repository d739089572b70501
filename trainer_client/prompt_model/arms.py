"""The arms: what stands in front of the base's answer, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from envserver.intervals import mean
from envserver.wire import ProblemOut, ScoreItem, VerdictOut
from trainer_client.answers.answering import LocalModel
from trainer_client.answers.scored import Row, Scored
from trainer_client.client import EnvClient
from trainer_client.likelihood.leaks import leak
from trainer_client.likelihood.modes import Likelihood
from trainer_client.likelihood.scoring import LikelihoodScoring

NONE, UNTRAINED, GOLD, RANDOM = "none", "untrained", "gold", "random tokens"
Helps = Sequence[str]


@dataclass
class Arm:
    """One way to help, in the same problems; several rounds where it comes from several seeds."""

    name: str
    rounds: list[list[VerdictOut]] = field(default_factory=list)
    likelihoods: list[list[Likelihood]] = field(default_factory=list)
    """Of the known answer, where the problems reveal it."""
    leaked: list[float] = field(default_factory=list)
    """Per round, the share of helps that say the answer."""

    @property
    def scored(self) -> Scored:
        """What came of every problem, seeds as answers to it."""
        return Scored([Row(list(row)) for row in zip(*self.rounds, strict=True)])

    def mean_nats(self) -> float | None:
        """Return the mean negative log-likelihood of the answers."""
        return mean([one.n for row in self.likelihoods for one in row]) if self.likelihoods else None


class Bench:
    """A fixed list of problems, asked of the base behind different helps."""

    def __init__(
        self, client: EnvClient, curriculum: str, problems: Sequence[ProblemOut], scoring: LikelihoodScoring
    ) -> None:
        self.client = client
        self.curriculum = curriculum
        self.problems = problems
        self.scoring = scoring
        self.revealed = all(problem.revealed for problem in problems)

    def asked(self, name: str, rounds: Sequence[Helps], alone: bool = False) -> Arm:
        """Return an arm with one round per list of helps."""
        arm = Arm(name)
        for helps in rounds:
            self.ask(arm, helps, alone)
        return arm

    def ask(self, arm: Arm, helps: Helps, alone: bool = False) -> None:
        """Let the base answer behind each help and add a round to an arm; `alone` without the question."""
        asked = [_without_question(one) for one in self.problems] if alone else self.problems
        said = self.scoring.answers(asked, helps, self.scoring.how)
        items = [
            ScoreItem(id=problem.id, completion=text, truncated=not ended, stage=problem.stage)
            for problem, (text, ended) in zip(self.problems, said, strict=True)
        ]
        arm.rounds.append(self.client.score(items, curriculum=self.curriculum))
        if self.revealed and not alone:
            pairs = [self.scoring.pair(one, text) for one, text in zip(self.problems, helps, strict=True)]
            arm.likelihoods.append(self.scoring.scorer.likelihoods(pairs))
            told = [
                (self.scoring.answer_of(one), one.prompt, text) for one, text in zip(self.problems, helps, strict=True)
            ]
            arm.leaked.append(mean([leak(*one) for one in told]))

    def helps(self, helper: LocalModel, temperature: float, sample: int = 0) -> list[str]:
        """Return what a helper writes to each problem."""
        asked = [self.scoring.asked(problem) for problem in self.problems]
        return [one.answer.text for one in helper.answer(asked, temperature, sample)]

    def shuffled(self, helps: Helps) -> list[str]:
        """Return the helps, each given to the next problem of its stage."""
        found = list(helps)
        for stage in dict.fromkeys(problem.stage for problem in self.problems):
            places = [at for at, problem in enumerate(self.problems) if problem.stage == stage]
            for at, source in zip(places, places[1:] + places[:1], strict=True):
                found[at] = helps[source]
        return found

    def noise(self, helps: Helps, seed: int) -> list[str]:
        """Return texts of random tokens, as long as the helps."""
        tokenizer, chance = self.scoring.scorer.tokenizer, Random(seed)
        special = set(tokenizer.all_special_ids)
        plain = [token for token in range(len(tokenizer)) if token not in special]
        lengths = [len(self.scoring.scorer.encoded(text)) for text in helps]
        return [str(tokenizer.decode([chance.choice(plain) for _ in range(n)])) for n in lengths]


def _without_question(problem: ProblemOut) -> ProblemOut:
    message = problem.messages[-1].model_copy(update={"content": "?"})
    return problem.model_copy(update={"messages": [message], "prompt": "?"})
