"""OpenEnv's own client and validator against a running server: `python openenv_client.py URL ANSWERS`.

It runs in OpenEnv's environment. It prints one JSON object: what the validator missed, and what the client played.
"""

import asyncio
import json
import sys
from typing import Any

from openenv.core.generic_client import GenericEnvClient

SHEAR = {"curriculum": "inverse", "stage": "shear"}


async def played(url: str, answers: list[str | None]) -> list[dict[str, Any]]:
    """Answer the problems of the seeds 0, 1, ...; None asks for the wrong answer that copies the identity."""
    found = []
    async with GenericEnvClient(base_url=url) as client:
        for seed, answer in enumerate(answers):
            posed = await client.reset(seed=seed, **SHEAR)
            said = answer or "<answer>[[1, 0], [0, 1]]</answer>"
            done = await client.step({"answer": said})
            id = posed.observation["problem_id"]
            found.append({"id": id, "said": said, "reward": done.reward, "done": done.done})
    return found


def missed(url: str) -> list[str]:
    """Return the criteria of `openenv validate` that are not met; an older release has no validator."""
    try:
        from openenv.cli._validation import validate_running_environment
    except ImportError:
        return ["this release has no validator"]
    return [one["id"] for one in validate_running_environment(url)["criteria"] if not one["passed"]]


if __name__ == "__main__":
    url, answers = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps({"missed": missed(url), "episodes": asyncio.run(played(url, answers))}))
