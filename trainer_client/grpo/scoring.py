"""From what was sampled to the one number that trains: the server's verdicts and, where a run declares it, another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from envserver.wire import ProblemOut, RunContext, ScoreItem, VerdictOut
from trainer_client.answers.answering import Answering, LocalModel
from trainer_client.client import EnvClient
from trainer_client.grpo.early_scoring import EarlyScoring
from trainer_client.watching.generation_log import rollout_rows
from trainer_client.watching.ladder import Row


@dataclass(frozen=True)
class Place:
    """Where a generation is in its run."""

    step: int
    attempt: int
    generation: int
    done: float
    """The share of the run that is over."""

    @property
    def row(self) -> dict[str, int]:
        """What is written beside each rollout."""
        return {"step": self.step, "attempt": self.attempt, "generation": self.generation}


class Scoring:
    """The local completions of a generation, judged; a failure is kept, for all ranks to raise it together."""

    reveal: Literal["answer"] | None = None
    """What the problems that are posed have to reveal."""

    judges_what_is_said = True
    """Whether the server judges the completions themselves, so that it may do so as they come to their end."""

    def __init__(self, client: EnvClient, rollouts: int) -> None:
        self.client = client
        self.rollouts = rollouts
        self.items: Sequence[ScoreItem] = ()
        self.verdicts: list[VerdictOut] = []
        self.failure: Exception | None = None
        self.early: EarlyScoring | None = None
        """Where completions of this generation may have been judged already."""
        self._place = Place(0, 0, 0, 0.0)

    def asked(self, posed: ProblemOut) -> ProblemOut:
        """Return a problem as the policy is asked it."""
        return posed

    def answering(self, policy: LocalModel) -> Answering:
        """Return who answers held-out problems, where the policy is this one."""
        return policy

    def score(
        self, posed: Sequence[ProblemOut], items: Sequence[ScoreItem], curriculum: str, run: RunContext, at: Place
    ) -> None:
        """Judge what was said to the problems posed."""
        self.items = items
        early = self.early
        self.verdicts = early.verdicts(items) if early else self.client.score(items, curriculum=curriculum, run=run)
        self._place = at

    @property
    def logged(self) -> list[dict[str, Any]]:
        """The first rollouts, as rows of a log."""
        return rollout_rows(self.items, self.verdicts, self._place.row, self.rollouts)

    @property
    def rewards(self) -> list[float | None]:
        """What each completion earns; None where nobody could judge it."""
        return [verdict.reward for verdict in self.verdicts]

    def regrouped(self, rewards: Any, samples: int, first: int) -> Any:
        """Return what trains, of the rewards of all ranks, rows x 1; the local rows begin at row `first`."""
        return rewards

    def rows(self, bound: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Return what there is to know of each local completion; `bound` is what was asked."""
        return [
            Row(
                slot=at["slot"],
                stage=at["stage"],
                id=at["problem_id"],
                reward=reward,
                correct=verdict.outcome == "correct",
                components=verdict.components,
                parts=verdict.parts,
                flags=tuple(verdict.flags),
                answer_key=verdict.answer_key,
                length=item.tokens or 0,
            )
            for at, item, verdict, reward in zip(bound, self.items, self.verdicts, self.rewards, strict=True)
        ]
