"""Completions are judged while others still sample, and what comes of it is the same; samplers tell what they know."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from trl import GRPOTrainer

from envserver.wire import ScoreItem, VerdictOut
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import TrainerError
from trainer_client.grpo import rollout_trainer
from trainer_client.grpo.echelon_trainer import EchelonTrainer
from trainer_client.grpo.scoring import Scoring
from trainer_client.run.run_folder import RunFolder
from trainer_client.train import train

_TIMES = ("verify_ms", "queue_ms")


def _with(settings: TrainConfig, run: Path, **grpo: Any) -> TrainConfig:
    return settings.model_copy(update={"run": run, "grpo": settings.grpo.model_copy(update=grpo)})


def test_judging_beside_sampling_changes_nothing_but_the_time(
    settings: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []
    real = EnvClient.score

    def score(self: EnvClient, items: Sequence[ScoreItem], *args: Any, **kwargs: Any) -> list[VerdictOut]:
        threads.append(threading.current_thread() is threading.main_thread())
        return real(self, items, *args, **kwargs)

    monkeypatch.setattr(EnvClient, "score", score)
    found = []
    for beside in (True, False):
        monkeypatch.setattr(Scoring, "judges_what_is_said", beside)
        threads.clear()
        run = tmp_path / str(beside)
        train(_with(settings, run, steps=4, sampler="own", rollouts_logged=100), env)
        # Looks are judged by the main thread; of four generations each is judged in parts, or not by another thread.
        assert sum(not main for main in threads) > 4 if beside else all(threads)
        metrics = RunFolder(run).read("metrics.jsonl")
        assert any(row["seconds/hidden"] > 0 for row in metrics) is beside
        rows = [{k: v for k, v in row.items() if k not in _TIMES} for row in RunFolder(run).read("rollouts.jsonl")]
        found.append((rows, (run / "final" / "model.safetensors").read_bytes()))
    assert found[0] == found[1]


def test_a_generation_that_fails_leaves_no_judging_behind(
    settings: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: EchelonTrainer, *args: Any, **kwargs: Any) -> Any:
        self.scoring.early.add(0, self._item(0, [5, self.eos_token_ids[0]]))
        raise TrainerError("in the middle")

    monkeypatch.setattr(EchelonTrainer, "_spoken", fails)
    with pytest.raises(TrainerError, match="in the middle"):
        train(_with(settings, tmp_path / "run", sampler="own"), env)
    for thread in [one for one in threading.enumerate() if one.name.startswith("early-scoring")]:
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_what_vllm_says_of_its_tokens_reaches_the_correction(
    settings: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for vLLM, which tells log-probabilities: those of episodes lie under their own tokens."""
    real = GRPOTrainer._generate_single_turn

    def told(self: GRPOTrainer, *args: Any, **kwargs: Any) -> Any:
        ids, _ = real(self, *args, **kwargs)
        return ids, [[-float(token) for token in row] for row in ids]

    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", told)
    monkeypatch.setattr(rollout_trainer, "chosen", lambda wanted, model: ("vllm-colocate", ""))
    kept: list[dict[str, Any]] = []
    monkeypatch.setattr(EchelonTrainer, "_compare", lambda self, inputs, said: kept.append(dict(inputs)))
    turns = settings.curriculum.model_copy(update={"name": "turns"})
    config = _with(settings, tmp_path / "run", steps=2, max_completion=14, max_episode=90)
    train(config.model_copy(update={"curriculum": turns}), env)
    sampled = 0
    for inputs in kept:
        mask = inputs["completion_mask"] * inputs["tool_mask"]
        assert ((inputs["sampling_per_token_logps"] + inputs["completion_ids"]) * mask == 0).all()
        sampled += int(mask.sum())
    assert sampled > 100
