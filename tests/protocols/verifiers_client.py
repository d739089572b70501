"""verifiers' own NeMo Gym task set against a running server: `python verifiers_client.py URL ROWS.jsonl ANSWERS`.

It runs in an environment of its own. It prints the reward and the metrics of every row, answered by the given texts.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, cast

import verifiers.v1 as vf
from verifiers.v1.graph import MessageNode
from verifiers.v1.tasksets.nemo_gym.taskset import NeMoGymConfig, NeMoGymTaskConfig, NeMoGymTaskset
from verifiers.v1.tasksets.nemo_gym.toolset import NeMoGymState
from verifiers.v1.trace import Trace, TraceTask
from verifiers.v1.types import AssistantMessage


async def rewarded(url: str, rows: Path, answers: list[str]) -> list[dict[str, Any]]:
    """Set every task up, answer it, and have it verified."""
    config = NeMoGymConfig(dataset=rows, task=NeMoGymTaskConfig(resources_url=f"{url}/nemo"))
    found = []
    for task, answer in zip(NeMoGymTaskset(config).load(), answers, strict=True):
        seat = vf.AgentInfo(config=vf.AgentConfig(), name="test", trainable=False)
        about = TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash)
        trace = Trace(task=about, state=NeMoGymState(), agent=seat)
        await task.setup(trace, cast(Any, None))
        trace.nodes.append(MessageNode(message=AssistantMessage(content=answer), sampled=True))
        found.append({"reward": await task.nemo_gym(trace), "metrics": dict(trace.metrics)})
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(rewarded(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])))))
