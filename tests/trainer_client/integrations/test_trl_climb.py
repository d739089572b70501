"""TRL's own trainer on our rows, reward and curriculum: groups share a problem, and a resumed run goes on as it was."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from envserver.wire import ProblemOut, Progress, SampleRequest, ScoreItem
from generators.families import problem
from trainer_client.client import EnvClient
from trainer_client.errors import BadConfig, ServerRefused, ServerUnreachable
from trainer_client.integrations.trl_climb import Climb
from trainer_client.integrations.trl_reward import ServerReward
from trainer_client.integrations.trl_rows import SlotRows
from trainer_client.loading.models import load_model, load_tokenizer

EASY = SampleRequest(curriculum="easy", seed=5, slots=[0])


def _taken(rows: SlotRows, n: int) -> list[dict[str, Any]]:
    return list(islice(rows.dataset(), n))


def test_row_i_is_the_problem_in_slot_i_however_often_it_is_read(env: EnvClient) -> None:
    rows = SlotRows(env, EASY, as_text=True)
    first = _taken(rows, 40)
    wanted = env.sample(EASY, range(40))
    assert [(row["problem_id"], row["prompt"], row["stage"]) for row in first] == [
        (posed.id, posed.prompt, posed.stage) for posed in wanted
    ]
    assert _taken(rows, 40) == first
    assert rows.drawn == 48, "asked for in parts of 16"


def test_what_is_decided_holds_from_its_slot_on_and_before_it_nothing_changes(env: EnvClient) -> None:
    rows = SlotRows(env, EASY)
    before = _taken(rows, 32)
    later = Progress.model_validate({"curriculum": _reference(env), "stages": {"one": {"status": "promoted"}}})
    with pytest.raises(ValueError, match="drawn already"):
        rows.since(31, later)
    rows.since(37, later)
    after = [row["problem_id"] for row in _taken(rows, 90)]
    assert after[:32] == [row["problem_id"] for row in before]
    now = EASY.model_copy(update={"progress": later})
    assert after == [posed.id for posed in [*env.sample(EASY, range(37)), *env.sample(now, range(37, 90))]]
    assert after[37:] != [posed.id for posed in env.sample(EASY, range(37, 90))]


def test_what_is_forgotten_is_skipped_without_being_asked_for(env: EnvClient) -> None:
    rows = SlotRows(env, EASY)
    whole = _taken(rows, 50)
    rows.forget(35)
    again = SlotRows(env, EASY)
    again.restore(rows.state)
    read = _taken(again, 50)
    assert [row["problem_id"] for row in read[:35]] == [""] * 35
    assert read[35:] == whole[35:]


def test_a_slot_that_holds_nothing_is_an_error_and_no_row(env: EnvClient) -> None:
    rows = SlotRows(env, SampleRequest(curriculum="few", stage="one", split="dev", slots=[0]))
    with pytest.raises(ServerRefused, match="beyond the"):
        _taken(rows, 100)


def test_the_reward_is_the_servers_and_what_is_not_judged_is_none(env: EnvClient) -> None:
    right, wrong = env.sample(EASY, [0, 1])
    said = [problem(right.id).reveal("answer"), "999/7", problem(right.id).reveal("answer")]
    columns = {"problem_id": [right.id, wrong.id, right.id], "stage": ["one"] * 3, "slot": [0, 1, 0]}
    metrics: dict[str, float] = {}
    extra: dict[str, list[Any]] = {}
    reward = ServerReward(env, "easy", ends=[1])
    reward.rows = []
    given = reward([], said, [[5, 1], [5, 1], [5, 6]], metrics.__setitem__, extra.__setitem__, **columns)
    items = [ScoreItem(id=id, completion=text) for id, text in zip(columns["problem_id"], said, strict=True)]
    items[2].truncated = True
    assert given == [verdict.reward for verdict in env.score(items, curriculum="easy")]
    assert given[:2] == [1.0, 0.0]
    assert extra["outcome"] == ["correct", "incorrect", "truncated"]
    assert metrics["components/correct"] == pytest.approx(1 / 3)
    assert [row.correct for row in reward.take()] == [True, False, False]
    assert reward.take() == []


def test_no_outage_is_a_reward() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("planted")

    with EnvClient(deadline_s=0, transport=httpx.MockTransport(handle)) as env, pytest.raises(ServerUnreachable):
        ServerReward(env)([], ["1"], [[1]], problem_id=["x"], stage=["one"], slot=[0])


def test_episodes_of_several_turns_have_a_class_of_their_own(env: EnvClient) -> None:
    with pytest.raises(BadConfig, match="one_left is played in turns"):
        Climb(env, "turns", lambda problems: [])


def test_what_evaluation_judges_is_no_training(env: EnvClient) -> None:
    climb = Climb(env, "easy", lambda problems: [])
    [posed] = env.sample(EASY, [0])
    climb.rows.forget(160)
    climb.reward([], ["1"], [[1]], problem_id=[posed.id], stage=["one"], slot=[0])
    climb.on_evaluate(None, None, None)  # type: ignore[arg-type]
    climb.on_step_end(None, None, None)  # type: ignore[arg-type]
    assert climb.ladder.progress.samples == 0
    climb.rows.forget(0)
    assert _taken(climb.rows, 1)[0]["problem_id"] == "", "what is forgotten stays so"


def test_the_script_that_is_shown_runs_with_the_defaults_of_trl(server: str, warm: Path, tmp_path: Path) -> None:
    script = Path(__file__).parents[3] / "examples" / "own_script" / "trl_grpo.py"
    told = {"ECHELON_URL": server, "STEPS": "3", "TOKENS": "10", "SAVE": "2", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(script), str(warm), str(tmp_path / "out"), "few"],
        env={**os.environ, **told, "PYTHONPATH": str(script.parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    kept = json.loads((tmp_path / "out" / "checkpoint-3" / "echelon.json").read_text())
    assert kept["ladder"]["progress"]["samples"] == 3 * 32


def _reference(env: EnvClient) -> str:
    return env.curriculum("easy").reference


class _Until(TrainerCallback):
    """Ends a run as if it had been killed behind a checkpoint."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_save(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        control.should_training_stop = state.global_step >= self.step


class _Run:
    """One attempt of a script, and what was asked and earned in it."""

    def __init__(self, env: EnvClient, warm: Path, output: Path, until: int = 12) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.model, self.tokenizer = load_model(str(warm)), load_tokenizer(str(warm))
        self.climb = Climb(env, "forms", self._answer, style="bare", as_text=True, ends=[self.tokenizer.eos_token_id])
        self.trainer = GRPOTrainer(
            self.model,
            processing_class=self.tokenizer,
            train_dataset=self.climb.rows.dataset(),
            reward_funcs=self._reward,
            callbacks=[self.climb, _Until(until)],
            args=GRPOConfig(
                output_dir=str(output),
                shuffle_dataset=False,
                max_steps=12,
                per_device_train_batch_size=32,
                num_generations=4,
                max_completion_length=10,
                learning_rate=1e-3,
                save_steps=6,
                report_to=[],
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                disable_tqdm=True,
            ),
        )

    def _reward(self, prompts: Any, completions: Any, completion_ids: Any, **columns: Any) -> list[float | None]:
        self.asked.append(tuple(columns["problem_id"]))
        return self.climb.reward(prompts, completions, completion_ids, **columns)

    def _answer(self, problems: Sequence[ProblemOut]) -> list[str]:
        """Every second problem of a look is answered right, whatever the model has learned."""
        return [problem(posed.id).reveal("answer") if at % 2 else "?" for at, posed in enumerate(problems)]

    @property
    def weights(self) -> torch.Tensor:
        """All weights in a row."""
        return torch.cat([p.detach().flatten() for p in self.trainer.model.parameters()])


def test_a_climb_promotes_its_groups_share_a_problem_and_a_resumed_one_goes_on_as_it_was(
    env: EnvClient, warm: Path, tmp_path: Path
) -> None:
    whole = _Run(env, warm, tmp_path / "whole")
    before = whole.weights
    whole.trainer.train()
    assert not torch.equal(before, whole.weights)
    assert len(whole.asked) == 12
    for batch in whole.asked:
        groups = [batch[at : at + 4] for at in range(0, len(batch), 4)]
        assert all(len(set(group)) == 1 for group in groups)
        assert len(set(batch)) == len(groups)
    assert [decision["kind"] for decision in whole.climb.decisions].count("promoted") >= 1
    stages = {id.split("/")[1] for batch in whole.asked for id in batch}
    assert len(stages) == 2, "what was decided reached the rows"

    cut = _Run(env, warm, tmp_path / "cut", until=6)
    cut.trainer.train()
    assert cut.asked == whole.asked[:6]
    resumed = _Run(env, warm, tmp_path / "cut")
    resumed.trainer.train(resume_from_checkpoint=True)
    assert resumed.asked == whole.asked[6:]
    assert cut.climb.decisions + resumed.climb.decisions == whole.climb.decisions
    assert resumed.climb.ladder.progress == whole.climb.ladder.progress
    assert torch.equal(resumed.weights, whole.weights)


def test_a_checkpoint_without_the_curriculum_is_refused(env: EnvClient, warm: Path, tmp_path: Path) -> None:
    cut = _Run(env, warm, tmp_path, until=6)
    cut.trainer.train()
    (tmp_path / "checkpoint-6" / "echelon.json").unlink()
    with pytest.raises(BadConfig, match="was cut short"):
        _Run(env, warm, tmp_path).trainer.train(resume_from_checkpoint=True)
