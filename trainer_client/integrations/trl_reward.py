"""The server's judgement as a reward function of TRL: `GRPOTrainer(reward_funcs=ServerReward(client, "inverse"))`."""

from collections.abc import Callable, Collection, Sequence
from statistics import fmean
from typing import Any

from envserver.wire import Reward
from trainer_client.client import EnvClient
from trainer_client.grpo.completions import items_of
from trainer_client.watching.ladder import Row


class ServerReward:
    """What `/score` gives for each completion, None where nobody could judge it, which TRL leaves out of the loss.

    The rows need the columns of `SlotRows`. `curriculum`, or an explicit `reward`, says how it is composed; `ends` are
    the token ids that end an answer: one that ends with none of them was cut off. Components, outcomes and flags are
    logged. Raises what kept the server from answering: no outage is a reward.
    """

    __name__ = "echelon"  # TRL logs it as rewards/echelon

    def __init__(
        self,
        client: EnvClient,
        curriculum: str | None = None,
        reward: Reward | None = None,
        ends: Collection[int] = (),
    ) -> None:
        self.client = client
        self.curriculum = curriculum
        self.reward = reward
        self.ends = ends
        self.rows: list[Row] | None = None
        """What was judged since somebody took it, where somebody does: a list to begin with."""

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]],
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        ends = self.ends or {ids[-1] for ids in completion_ids if ids}
        items = items_of(completions, completion_ids, columns, ends, (0, len(completions)))
        verdicts = self.client.score(items, curriculum=self.curriculum, reward=self.reward)
        if self.rows is not None:
            self.rows += [
                Row(item.slot, item.stage or "", item.id, verdict.reward, verdict.outcome == "correct")
                for item, verdict in zip(items, verdicts, strict=True)
            ]
        if log_extra is not None:
            log_extra("outcome", [verdict.outcome for verdict in verdicts])
            log_extra("flags", [" ".join(verdict.flags) for verdict in verdicts])
        if log_metric is not None:
            for name in sorted({name for verdict in verdicts for name in verdict.components}):
                found = [verdict.components[name] for verdict in verdicts if name in verdict.components]
                log_metric(f"components/{name}", fmean(found))
        return [verdict.reward for verdict in verdicts]

    def take(self) -> list[Row]:
        """Return what was judged since the last call."""
        taken, self.rows = self.rows or [], []
        return taken
