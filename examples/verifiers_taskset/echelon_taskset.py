"""Echelon's problems as a task set of verifiers v1 (0.4.0): posed by /sample, played by /play, rewarded by /score.

pip install verifiers==0.4.0 echelon; export PYTHONPATH=examples/verifiers_taskset
vf-eval echelon_taskset --env.taskset.stage shear -n 32 -r 8 -m MODEL
vf-validate echelon_taskset -n 32 --runtime.type subprocess    # gold wants a server with ECHELON_REVEAL=1
"""

from collections.abc import Iterator
from itertools import count
from typing import Literal

import verifiers.v1 as vf

from envserver.wire import PlayItem, SampleRequest, ScoreItem, VerdictOut
from trainer_client.client import HERE, EnvClient
from trainer_client.client.async_client import AsyncEnvClient
from trainer_client.errors import ServerRefused, ServerUnreachable

__all__ = ["EchelonEnv", "EchelonTaskset"]

AT_ONCE = 64


class EchelonTaskConfig(vf.TaskConfig):
    url: str = HERE
    """The server."""


class EchelonConfig(vf.TasksetConfig):
    curriculum: str = "inverse"
    stage: str | None = None
    """None is the curriculum's first."""
    split: Literal["train", "dev", "test"] = "train"
    """`train` never ends; the others are pools."""
    seed: int = 0
    task: EchelonTaskConfig = EchelonTaskConfig()


class EchelonData(vf.TaskData):
    problem_id: str
    max_turns: int
    asked: dict[str, object]
    """The request that poses this very problem again."""


class EchelonTask(vf.Task[EchelonData, vf.State, EchelonTaskConfig]):
    @property
    def key(self) -> str:
        return self.data.problem_id

    @vf.reward
    async def echelon(self, trace: vf.Trace) -> float:
        """What `/score` says of the replies; its components are metrics. What cannot be judged is an error."""
        verdict = await self._judged([message.content or "" for message in trace.assistant_messages])
        trace.info["echelon"] = {"outcome": verdict.outcome, "flags": verdict.flags, "reason": verdict.reason}
        trace.record_metrics(verdict.components)
        return float(verdict.reward)

    async def validate(self, runtime: vf.Runtime) -> bool | None:
        """Whether the server's own answer is right; None where it reveals none."""
        try:
            async with AsyncEnvClient(self.config.url) as client:
                [posed] = await client.sample(SampleRequest(**self.data.asked, reveal="answer"))
        except ServerRefused:
            return None
        said = posed.revealed_actions or [posed.revealed or ""]
        return (await self._judged(said)).outcome == "correct"

    async def _judged(self, said: list[str]) -> VerdictOut:
        several = self.data.max_turns > 1
        answer = {"actions": said} if several else {"completion": said[-1] if said else ""}
        # An episode is judged where it stands: what ends it early is a limit of the player's, or that it gave up.
        cut = several or not said
        item = ScoreItem(id=self.data.problem_id, stage=self.data.asked["stage"], truncated=cut, **answer)
        async with AsyncEnvClient(self.config.url) as client:
            [verdict] = await client.score([item], curriculum=self.data.asked["curriculum"])
        if verdict.reward is None:
            raise ServerUnreachable(verdict.error.message if verdict.error else "this could not be judged")
        return verdict


class EchelonEnvConfig(vf.EnvConfig):
    player: vf.AgentConfig = vf.AgentConfig()


class EchelonEnv(vf.Env[EchelonEnvConfig]):
    """The server is the user: it answers every turn until the episode is over; a question has one."""

    async def run(self, task: EchelonTask, agents: vf.Agents) -> None:
        said: list[str] = []
        async with AsyncEnvClient(task.config.url) as client, agents.player.interaction(task) as interaction:
            segment = await interaction.turn()
            while not segment.terminated and len(said) < task.data.max_turns:
                said.append(segment.last_reply)
                if len(said) == task.data.max_turns:
                    break
                [seen] = await client.play([PlayItem(id=task.data.problem_id, actions=said)])
                if seen.over:
                    break
                segment = await interaction.turn(seen.observations[-1])


class EchelonTaskset(vf.Taskset[EchelonTask, EchelonConfig]):
    def __init__(self, config: EchelonConfig) -> None:
        super().__init__(config)
        self.INFINITE = config.split == "train"

    def load(self) -> Iterator[EchelonTask]:
        config = self.config
        with EnvClient(config.task.url) as client:
            found = client.curriculum(config.curriculum)
            stage = config.stage or found.stages[0].name
            asked = {"curriculum": found.reference, "stage": stage, "split": config.split, "seed": config.seed}
            for first in count(0, AT_ONCE):
                request = SampleRequest(**asked, slots=[first])
                for posed in client.sample(request, range(first, first + AT_ONCE)):
                    if posed.error is not None and posed.error.code == "empty_slot":
                        return
                    if posed.error is not None:
                        raise ServerRefused(posed.error.status, posed.error.message)
                    data = EchelonData(
                        name=posed.id,
                        system_prompt="\n".join(m.content for m in posed.messages if m.role == "system") or None,
                        prompt=[m.model_dump() for m in posed.messages if m.role != "system"],
                        problem_id=posed.id,
                        max_turns=posed.max_turns,
                        asked={**asked, "slots": [posed.slot]},
                    )
                    yield EchelonTask(data, config.task)
