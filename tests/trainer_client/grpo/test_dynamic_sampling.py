"""Groups that tell nothing: found, left out, replaced; a refilled batch is made of whole groups of several rounds."""

from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from envserver.wire import VerdictOut
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import EnvironmentFailed, ServerUnreachable
from trainer_client.grpo.dynamic_sampling import assembled, kept, silence, telling
from trainer_client.run.run_folder import RunFolder
from trainer_client.train import train
from trainer_client.watching.ladder import Row

PAD = 9


def _rows(*rewards: float | None) -> list[Row]:
    return [Row(i // 2, "a", "id", reward, reward == 1.0) for i, reward in enumerate(rewards)]


def test_groups_tell_when_their_rewards_differ() -> None:
    assert telling(_rows(1, 0, 1, 1, 0, 0, 1, None, None, None, 0.2, 0.3), 2) == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]


def test_those_that_tell_come_first_then_others_in_order() -> None:
    assert kept([False, True, False, True, True], 2) == [1, 3]
    assert kept([False, True, False, False, False], 3) == [1, 0, 2]


def _round(first: int, prompt: int, completion: int) -> dict[str, Any]:
    """Two groups of two rows; what stands in a row is its number, padded as TRL pads."""
    numbers = torch.arange(first, first + 4).unsqueeze(1)
    left, right = torch.full((4, prompt - 1), PAD), torch.full((4, completion - 1), PAD)
    return {
        "prompt_ids": torch.cat([left, numbers], 1),
        "prompt_mask": torch.cat([left * 0, numbers * 0 + 1], 1),
        "completion_ids": torch.cat([numbers, right], 1),
        "completion_mask": torch.cat([numbers * 0 + 1, right * 0], 1),
        "advantages": torch.arange(first, first + 4).float(),
        "old_per_token_logps": torch.cat([-numbers.float(), right * 0.0], 1),
        "num_items_in_batch": torch.tensor(4),
    }


def test_a_batch_of_two_rounds_keeps_every_row_whole() -> None:
    batch = assembled([_round(0, 3, 2), _round(10, 2, 4)], [3, 0], 2, Accelerator(cpu=True), PAD)
    assert batch["advantages"].tolist() == [12, 13, 0, 1]
    assert batch["prompt_ids"].tolist() == [[PAD, PAD, n] for n in (12, 13, 0, 1)]
    assert batch["prompt_mask"].tolist() == [[0, 0, 1]] * 4
    assert batch["completion_ids"].tolist() == [[n, PAD, PAD, PAD] for n in (12, 13, 0, 1)]
    assert batch["completion_mask"].tolist() == [[1, 0, 0, 0]] * 4
    assert batch["old_per_token_logps"].tolist() == [[-n, 0, 0, 0] for n in (12, 13, 0, 1)]


def test_silent_rows_are_those_of_their_groups_also_where_a_group_straddles_ranks() -> None:
    """Rows 3, 4 and 5 of groups of three that tell, do not, tell: the first row is of the second group."""
    output = {"completion_mask": torch.ones(3, 2, dtype=torch.long)}
    output["old_per_token_logps"] = torch.full((3, 2), -100.0)
    silence(output, [True, False, True], 3, 5)
    assert output["completion_mask"].sum(1).tolist() == [0, 2, 2]
    assert output["old_per_token_logps"].sum(1).tolist() == [0, -200, -200]  # no ratio of what is not computed


class _Graded(EnvClient):
    """All samples of the problems in even slots are right, in odd ones every other."""

    odd = True

    def score(self, items: Any, *args: Any, **kwargs: Any) -> list[VerdictOut]:
        verdicts = super().score(items, *args, **kwargs)
        return [
            v.model_copy(update={"reward": float(not (self.odd and i.slot % 2 and i.sample % 2)), "outcome": "correct"})
            for i, v in zip(items, verdicts, strict=True)
        ]


class _Alike(_Graded):
    odd = False


def _changed(config: TrainConfig, **grpo: Any) -> TrainConfig:
    return config.model_copy(update={"grpo": config.grpo.model_copy(update=grpo)})


def test_a_refilled_batch_takes_further_slots_and_every_sample_is_reported(
    config: TrainConfig, warm: Path, tmp_path: Path
) -> None:
    settings = _changed(config, alike="refill", refills=5, steps=2).model_copy(
        update={
            "run": tmp_path / "run",
            "model": config.model.model_copy(update={"path": str(warm)}),
            "curriculum": config.curriculum.model_copy(update={"policy": {"kind": "fixed", "stage": "one"}}),
        }
    )
    with _Graded(settings.server.url) as client:
        trainer = train(settings, client)
    rows = RunFolder(settings.run).read("metrics.jsonl")
    # Half of eight groups tell: two rounds fill a batch. All 2 x 2 x 8 groups of 4 are counted.
    assert [row["rounds"] for row in rows] == [2, 2]
    assert [row["samples"] for row in rows] == [64, 128]
    assert trainer.ladder.slot == 32
    assert all(row["alike/one"] == 0.5 for row in rows)


def test_where_nothing_tells_the_weights_stay_and_sampling_ends(
    config: TrainConfig, warm: Path, tmp_path: Path
) -> None:
    """With a KL term, which pulls at the weights of what is kept: kept groups train, dropped and refilled do not."""
    model = config.model.model_copy(update={"path": str(warm)})
    before = load_file(warm / "model.safetensors")

    def moved(name: str, **grpo: Any) -> bool:
        settings = _changed(config, steps=2, beta=0.5, iterations=1, **grpo)
        with _Alike(settings.server.url) as client:
            trainer = train(settings.model_copy(update={"run": tmp_path / name, "model": model}), client)
        after = trainer.model.state_dict()
        return not all(torch.equal(weight, after[name].cpu()) for name, weight in before.items())

    assert not moved("drop", alike="drop")
    assert not moved("refill", alike="refill", refills=2)
    rounds = [row["rounds"] for row in RunFolder(tmp_path / "refill").read("metrics.jsonl")]
    assert rounds == [3, 3]


@pytest.mark.parametrize("way", ["keep", "refill"])
def test_a_batch_that_tells_is_left_as_it_is(way: str, config: TrainConfig, warm: Path, tmp_path: Path) -> None:
    """Where every group tells, refilling changes no bit."""

    class Telling(EnvClient):
        def score(self, items: Any, *args: Any, **kwargs: Any) -> list[VerdictOut]:
            verdicts = super().score(items, *args, **kwargs)
            return [v.model_copy(update={"reward": float(i.sample % 2)}) for i, v in zip(items, verdicts, strict=True)]

    model = config.model.model_copy(update={"path": str(warm)})
    weights = []
    for name, alike in (("one", "keep"), ("two", way)):
        settings = _changed(config, steps=2, alike=alike).model_copy(update={"run": tmp_path / name, "model": model})
        with Telling(settings.server.url) as client:
            weights.append(train(settings, client).model.state_dict())
    assert all(torch.equal(weight, weights[1][name]) for name, weight in weights[0].items())


def test_refilling_goes_with_a_kl_term_inner_iterations_and_micro_batches_and_resumes_exactly(
    config: TrainConfig, warm: Path, tmp_path: Path
) -> None:
    """Stopped at its third generation by a server that fails, a run goes on to the same weights and rollouts."""

    class Leaving(_Graded):
        calls = 0

        def score(self, *args: Any, **kwargs: Any) -> list[VerdictOut]:
            self.calls += 1
            if self.calls == 6:
                raise ServerUnreachable("gone")
            return super().score(*args, **kwargs)

    model = config.model.model_copy(update={"path": str(warm)})
    how = {"alike": "refill", "refills": 5, "steps": 8, "beta": 0.1, "iterations": 2, "micro_batch": 8, "save_every": 2}
    one, two = (
        _changed(config, **how).model_copy(update={"run": tmp_path / name, "model": model}) for name in ("one", "two")
    )
    with _Graded(one.server.url) as client:
        whole = train(one, client)
    with Leaving(two.server.url) as client, pytest.raises(EnvironmentFailed):
        train(two, client)
    with _Graded(two.server.url) as client:
        resumed = train(two, client, resume=True)
    before, after = whole.model.state_dict(), resumed.model.state_dict()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert all(torch.isfinite(weight).all() for weight in after.values())
    assert whole.ladder.state == resumed.ladder.state
    rollouts = [
        [(row["step"], row["slot"], row["completion"]) for row in RunFolder(run).read("rollouts.jsonl")]
        for run in (one.run, two.run)
    ]
    assert rollouts[0] == rollouts[1]
