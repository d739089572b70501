"""A curriculum that climbs under a TRL script of one's own: rows, reward and callback in one.

    climb = Climb(EnvClient(), "inverse", answer)
    GRPOTrainer(model, train_dataset=climb.rows.dataset(), reward_funcs=climb.reward, callbacks=[climb],
                args=GRPOConfig(shuffle_dataset=False, max_steps=100, ...))

After every generation the server is told what training saw, and the looks it asks for are answered. What it decides
holds from the next slot that no process has asked for: a generation or two later, since TRL reads ahead.
"""

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from envserver.wire import HeldOut, NextLook, ProblemOut, Progress, SampleRequest, ScoreItem
from trainer_client.answers.evaluator import Evaluator
from trainer_client.client import EnvClient
from trainer_client.errors import BadConfig
from trainer_client.grpo.ranks import on_main
from trainer_client.integrations.trl_reward import ServerReward
from trainer_client.integrations.trl_rows import SlotRows
from trainer_client.watching.ladder import Ladder, Row, reports

Answer = Callable[[Sequence[ProblemOut]], Sequence[str]]
"""From held-out problems to one completion of the model each, sampled at temperature 1."""

_STATE = "echelon.json"


class Climb(TrainerCallback):
    """The learner's side of a curriculum, for TRL's own `GRPOTrainer`.

    `answer` is called on the main process alone. A checkpoint keeps where the learner stands, and a resumed run goes on
    there. Episodes of several turns do not go through it: raises `BadConfig`. A stage that stays, or a policy that asks
    for no looks, needs only `SlotRows` and `ServerReward`.
    """

    def __init__(
        self,
        client: EnvClient,
        curriculum: str,
        answer: Answer,
        seed: int = 0,
        style: str | None = None,
        as_text: bool = False,
        ends: Collection[int] = (),
    ) -> None:
        found = client.curriculum(curriculum)
        if turns := [stage.name for stage in found.stages if stage.max_turns > 1]:
            raise BadConfig(f"{turns[0]} is played in turns: take `environment_of` with the rows of that stage")
        start = Progress(curriculum=found.reference)
        self.ladder = Ladder(client, start, found.stages)
        request = SampleRequest(curriculum=found.reference, progress=start, seed=seed, style=style, slots=[0])
        self.rows = SlotRows(client, request, as_text)
        self.reward = ServerReward(client, found.reference, ends=ends)
        self.reward.rows = []
        self.decisions: list[dict[str, Any]] = []
        """What this process has seen decided, each with its evidence."""
        self._evaluator = Evaluator(client, found.reference, style)
        self._answer = answer

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """Take over what the checkpoint kept, where this run goes on; raises `BadConfig` where it kept nothing."""
        if state.global_step == 0:
            return
        file = _folder(args, state) / _STATE
        if not file.exists():
            raise BadConfig(f"{file.parent} was cut short, before the curriculum was kept: go on from an earlier one")
        kept = json.loads(file.read_text())
        self.ladder.restore(kept["ladder"])
        self.rows.restore(kept["rows"])

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """Write where the learner stands beside the weights."""
        if state.is_world_process_zero:
            kept = {"ladder": self.ladder.state, "rows": self.rows.state}
            (_folder(args, state) / _STATE).write_text(json.dumps(kept))

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """Leave out what TRL's evaluation had judged: it is no training."""
        self.reward.take()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        """Report what was judged since the last report, and let what is decided hold from the next slots on."""
        told = gather_object([(self.reward.take(), self.rows.drawn)])
        rows = [row for found, _ in told for row in found]
        if not rows:
            return  # a further update on the same completions
        before = self.ladder.progress
        decided, self.ladder.progress = on_main(lambda: (self._climb(rows), self.ladder.progress))
        self.decisions += decided
        if self.ladder.progress != before:
            self.rows.since(max(drawn for _, drawn in told), self.ladder.progress)
        self.rows.forget(min(row.slot for row in rows))

    def _climb(self, rows: list[Row]) -> list[dict[str, Any]]:
        return self.ladder.climb(reports(rows, self.ladder.sieved), self._look)

    def _look(self, look: NextLook) -> list[HeldOut]:
        problems = self._evaluator.problems(look.stage, look.split, look.slots)
        said = zip(problems, self._answer(problems), strict=True)
        items = [ScoreItem(id=posed.id, completion=text, stage=look.stage) for posed, text in said]
        verdicts = self.ladder.client.score(items, curriculum=self.ladder.progress.curriculum)
        rights = [None if verdict.reward is None else verdict.outcome == "correct" for verdict in verdicts]
        return [HeldOut(id=posed.id, sampled=right) for posed, right in zip(problems, rights, strict=True)]


def _folder(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
