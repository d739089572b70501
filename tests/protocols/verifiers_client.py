"""verifiers' own code against a running server: `python verifiers_client.py URL JOB`, in an environment of its own.

JOB is JSON: `{"nemo": {"rows": FILE, "answers": [...]}}`, `{"openenv": {"resets": [...], "answers": [[...], ...]}}`, or
`{"native": {"config": {...}, "answers": [[...], ...]}}`. The answers of an episode are the texts of its turns. What it
prints is the reward and the metrics of each task. The model, and the program that asks it, are played by a script.
"""

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import verifiers.v1 as vf
from verifiers.v1.agent import Segment
from verifiers.v1.graph import MessageNode
from verifiers.v1.tasksets.nemo_gym.taskset import NeMoGymConfig, NeMoGymTaskConfig, NeMoGymTaskset
from verifiers.v1.tasksets.nemo_gym.toolset import NeMoGymState
from verifiers.v1.tasksets.openenv.taskset import OpenEnvConfig, OpenEnvEnv, OpenEnvTaskset
from verifiers.v1.trace import Trace, TraceTask
from verifiers.v1.types import AssistantMessage


def begun(task: vf.Task, state: vf.State) -> Trace:
    """Return the trace of a task that nobody has answered."""
    seat = vf.AgentInfo(config=vf.AgentConfig(), name="test", trainable=False)
    about = TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash)
    return Trace(task=about, state=state, agent=seat)


def told(trace: Trace) -> dict[str, Any]:
    """Return what is wanted of a trace."""
    return {"reward": trace.reward, "metrics": dict(trace.metrics), "turns": len(trace.assistant_messages)}


class Scripted:
    """Agents whose player says what a script says, turn by turn."""

    def __init__(self, trace: Trace, script: list[str]) -> None:
        self.trace = trace
        self.script = iter(script)
        self.seen: list[str] = []
        self.player = SimpleNamespace(interaction=self._interaction)

    @asynccontextmanager
    async def _interaction(self, task: vf.Task) -> Any:
        yield SimpleNamespace(turn=self._turn, trace=self.trace)

    async def _turn(self, message: str | None = None) -> Segment:
        self.seen.append(message or "")
        reply = next(self.script, None)
        if reply is None:
            return Segment(messages=[], terminated=True)
        said = AssistantMessage(content=reply)
        self.trace.nodes.append(MessageNode(message=said, sampled=True))
        return Segment(messages=[said])


async def nemo(url: str, rows: str, answers: list[str]) -> list[dict[str, Any]]:
    """Set every task up, answer it, and have it verified."""
    config = NeMoGymConfig(dataset=rows, task=NeMoGymTaskConfig(resources_url=f"{url}/nemo"))
    found = []
    for task, answer in zip(NeMoGymTaskset(config).load(), answers, strict=True):
        trace = begun(task, NeMoGymState())
        await task.setup(trace, cast(Any, None))
        trace.nodes.append(MessageNode(message=AssistantMessage(content=answer), sampled=True))
        await task.score(trace)
        found.append(told(trace))
    return found


async def openenv(url: str, resets: list[dict[str, Any]], answers: list[list[str]]) -> list[dict[str, Any]]:
    """Let its OpenEnv environment play every reset with a scripted player."""
    found = []
    for task, script in zip(OpenEnvTaskset(OpenEnvConfig(base_url=url, resets=resets)).load(), answers, strict=True):
        trace = begun(task, vf.State())
        agents = Scripted(trace, script)
        await OpenEnvEnv.run(cast(Any, None), task, cast(Any, agents))
        first = json.loads(agents.seen[0])["observation"]
        found.append({**told(trace), "problem_id": first["problem_id"]})
    return found


async def native(url: str, config: dict[str, Any], answers: list[list[str]]) -> list[dict[str, Any]]:
    """Let our task set's environment play its first tasks, and score them."""
    from echelon_taskset import EchelonConfig, EchelonEnv, EchelonTaskConfig, EchelonTaskset

    tasks = EchelonTaskset(EchelonConfig(**config, task=EchelonTaskConfig(url=url))).take(len(answers))
    found = []
    for task, script in zip(tasks, answers, strict=True):
        trace = begun(task, vf.State())
        await EchelonEnv.run(cast(Any, None), task, cast(Any, Scripted(trace, script)))
        await task.score(trace)
        found.append({**told(trace), "problem_id": task.key})
    return found


JOBS = {"nemo": nemo, "openenv": openenv, "native": native}

if __name__ == "__main__":
    [(name, job)] = json.loads(sys.argv[2]).items()
    print(json.dumps(asyncio.run(JOBS[name](sys.argv[1], **job))))
