"""From what was sampled to the one number that trains: the server's verdicts and, where a run declares it, another."""

from collections.abc import Mapping, Sequence
from typing import Any

from envserver.wire import RunContext, ScoreItem, VerdictOut
from trainer_client.client import EnvClient
from trainer_client.generation_log import rollout_rows
from trainer_client.ladder import Row


class Scoring:
    """The local completions of a generation, judged; a failure is kept, for all ranks to raise it together."""

    def __init__(self, client: EnvClient, rollouts: int) -> None:
        self.client = client
        self.rollouts = rollouts
        self.items: Sequence[ScoreItem] = ()
        self.verdicts: list[VerdictOut] = []
        self.logged: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    def score(self, items: Sequence[ScoreItem], curriculum: str, run: RunContext, place: Mapping[str, Any]) -> None:
        """Judge the items in one request; `place` is where the rollouts belong that are logged."""
        self.items = items
        self.verdicts = self.client.score(items, curriculum=curriculum, run=run)
        self.logged = rollout_rows(items, self.verdicts, place, self.rollouts)

    @property
    def rewards(self) -> list[float | None]:
        """What each completion earns; None where nobody could judge it."""
        return [verdict.reward for verdict in self.verdicts]

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
