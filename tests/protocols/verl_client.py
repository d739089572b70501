"""verl's own reward manager with our reward function: `python verl_client.py URL ROWS.parquet ANSWERS`.

It runs in verl's environment, and prints what the manager makes of each row, answered by the given texts.
"""

import asyncio
import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import torch
from omegaconf import OmegaConf
from verl import DataProto
from verl.trainer.ppo.reward import load_reward_manager


class Characters:
    """A tokenizer: a token is a character."""

    def decode(self, ids: Any, skip_special_tokens: bool = True) -> str:
        return "".join(map(chr, ids.tolist()))


def _config(url: str) -> Any:
    function = {
        "path": "pkg://trainer_client.integrations.verl_reward",
        "name": "compute_score",
        "reward_kwargs": {"url": url, "curriculum": "inverse"},
    }
    manager = {"source": "register", "name": "naive"}
    return OmegaConf.create({"reward": {"custom_reward_function": function, "reward_manager": manager}})


def _batch(row: dict[str, Any], answer: str) -> DataProto:
    ids = torch.tensor([[ord(letter) for letter in answer]])
    told = {name: np.array([row[name]], dtype=object) for name in ("data_source", "reward_model", "extra_info")}
    return DataProto.from_dict({"responses": ids, "attention_mask": torch.ones_like(ids)}, non_tensors=told)


async def rewarded(url: str, file: str, answers: list[str]) -> list[dict[str, Any]]:
    """Have every row rewarded."""
    manager = load_reward_manager(_config(url), Characters())
    rows = pd.read_parquet(file).to_dict("records")
    return [await manager.run_single(_batch(row, answer)) for row, answer in zip(rows, answers, strict=True)]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(rewarded(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))))
