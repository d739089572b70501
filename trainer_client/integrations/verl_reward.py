"""The server's judgement as a reward function of verl (0.9): rows by `echelon-server export-dataset --layout verl`.

    data.train_files=train.parquet
    reward.custom_reward_function.path=pkg://trainer_client.integrations.verl_reward
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.url=http://127.0.0.1:8000
    +reward.custom_reward_function.reward_kwargs.curriculum=inverse

verl calls it in threads, once per completion.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from envserver.wire import ScoreItem
from trainer_client.client import HERE, EnvClient
from trainer_client.errors import ServerUnreachable


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any],
    url: str = HERE,
    curriculum: str | None = None,
    **ignored: Any,
) -> dict[str, float]:
    """Return `score`, what `/score` gives for an answer; `acc`, whether it is right; `flags`, how many signs of gaming.

    The problem is `extra_info["id"]`, its stage stands behind the last "/" of `data_source`; what verl calls the ground
    truth is not looked at. Raises `ServerRefused`, and `ServerUnreachable` where nothing could be judged: verl knows no
    reward that is missing, and a zero would be learned from.
    """
    item = ScoreItem(id=extra_info["id"], completion=solution_str, stage=data_source.rpartition("/")[2] or None)
    [verdict] = _client(url).score([item], curriculum=curriculum)
    if verdict.reward is None:
        raise ServerUnreachable(f"{item.id} could not be judged: {verdict.reason or verdict.error}")
    return {"score": verdict.reward, "acc": float(verdict.outcome == "correct"), "flags": float(len(verdict.flags))}


@cache
def _client(url: str) -> EnvClient:
    return EnvClient(url)
