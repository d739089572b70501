"""`eval`: local and by an endpoint alike, several samples, splits side by side, budget forcing, JSON and picture."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from envserver.wire import VerdictOut
from tests.trainer_client.openai_server import openai_server
from trainer_client.answers.decoding import Decoding
from trainer_client.answers.evaluation import evaluated
from trainer_client.answers.evaluator import answering, asked
from trainer_client.answers.scored import Answer, Row, Scored, improvement
from trainer_client.answers.thinking import END, WAIT, Thinking, forced
from trainer_client.cli import app
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, dump_config
from trainer_client.errors import BadConfig
from trainer_client.loading.models import load_model, load_tokenizer, prompt_tokens
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model


def verdict(right: bool, key: str | None = None, reward: float | None = 0.0) -> VerdictOut:
    return VerdictOut(id="x", reward=reward, outcome="correct" if right else "incorrect", answer_key=key)


def of(settings: TrainConfig, **changed: Any) -> TrainConfig:
    return settings.model_copy(update={"eval": settings.eval.model_copy(update={"n": 24, **changed})})


def test_an_endpoint_gives_the_same_greedy_numbers(settings: TrainConfig, env: EnvClient) -> None:
    config = of(settings)
    evaluator, problems = asked(config, env, "dev")
    local = evaluator.table(answering(config, env), problems, 0.0)
    with openai_server(Path(settings.model.path)) as url:
        remote = evaluator.table(answering(of(settings, endpoint=url), env), problems, 0.0)
    assert any(scored.rate for scored in local.values())
    for stage, scored in local.items():
        assert [row.verdicts[0].answer_key for row in scored.rows] == [
            row.verdicts[0].answer_key for row in remote[stage].rows
        ]
        assert scored.as_json() == remote[stage].as_json()


@pytest.fixture(scope="module")
def player(config: TrainConfig, env: EnvClient, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A model that was shown episodes."""
    folder = tmp_path_factory.mktemp("player")
    grpo = config.grpo.model_copy(update={"max_completion": 14, "max_episode": 90})
    curriculum = config.curriculum.model_copy(update={"name": "turns"})
    start = config.model_copy(update={"curriculum": curriculum, "grpo": grpo})
    warmstart(start, env, start_model(start, folder), folder / "warm")
    return start.model_copy(update={"model": start.model.model_copy(update={"path": str(folder / "warm")})})


def test_an_endpoint_plays_the_same_episodes(player: TrainConfig, env: EnvClient) -> None:
    evaluator, problems = asked(of(player), env, "dev")
    flat = problems["one_left"]
    local = answering(of(player), env).answer(flat, 0.0)
    with openai_server(Path(player.model.path)) as url:
        remote = answering(of(player, endpoint=url), env).answer(flat, 0.0)
    assert max(len(said.item.actions or ()) for said in local) > 1
    for here, there in zip(local, remote, strict=True):
        # The endpoint has no limit for all turns together: what ran into it here goes on there.
        if not here.answer.truncated and not there.answer.truncated:
            assert here == there
    judged = [verdict.outcome for verdict in evaluator.judged(remote)]
    assert set(judged) <= {"correct", "out_of_turns", "truncated"}


def test_several_samples_are_different_and_the_same_every_time(settings: TrainConfig, env: EnvClient) -> None:
    config = of(settings, samples=6)
    evaluator, problems = asked(config, env, "test")
    first, second = (evaluator.table(answering(config, env), problems, 1.0, 6) for _ in range(2))
    for stage, scored in first.items():
        assert scored.samples == 6
        assert scored.as_json() == second[stage].as_json()
        found = scored.at_k("pass")
        assert list(found) == [1, 2]
        assert found[1] == pytest.approx(scored.rate)
        assert found[2] >= found[1]
    assert any(len({v.answer_key for v in row.verdicts}) > 1 for row in first["one"].rows)
    greedy = evaluator.table(answering(config, env), problems, 0.0, 6)
    assert {len(row.verdicts) for scored in greedy.values() for row in scored.rows} == {1}


def test_rates_count_each_problem_the_same_and_leave_out_what_was_not_judged() -> None:
    rows = [
        Row([verdict(True, "a"), verdict(True, "a"), verdict(False, "b"), verdict(False, None)]),
        Row([verdict(False, "c"), verdict(False, "c"), verdict(False, "c"), verdict(True, "d")]),
        Row([verdict(True, "a", None)] * 4),
    ]
    scored = Scored(rows)
    assert (scored.n, scored.samples, scored.unscored) == (2, 4, 4)
    assert scored.rate == pytest.approx((0.5 + 0.25) / 2)
    assert scored.at_k("pass") == {1: pytest.approx(0.375), 2: pytest.approx((5 / 6 + 3 / 6) / 2)}
    # Of two samples: the first problem's pairs are aa ab a- ab a- b-, of which only one has a majority.
    assert scored.at_k("maj")[2] == pytest.approx(((1 + 4 * 0.5) / 6 + 3 * 0.5 / 6) / 2)
    assert improvement(scored, scored)[0] == 0


def test_what_was_said_is_counted_apart_for_right_and_wrong() -> None:
    said = [Answer("Wait, hmm. 3", 7), Answer("However 4. Let me re-check. waiter", 9, True)]
    found = Scored([Row([verdict(True), verdict(False)], said)]).said()
    assert found == {
        "length_right": 7,
        "switches_right": 2,
        "length_wrong": 9,
        "switches_wrong": 2,
        "truncated": 0.5,
    }


def test_thoughts_are_made_to_last_and_to_end(settings: TrainConfig) -> None:
    model, tokenizer = load_model(settings.model.path), load_tokenizer(settings.model.path)
    prompts = [prompt_tokens(text, tokenizer) for text in ("3/4=", "[[1, 5], [0, 1]]=")]
    how = Decoding(0.0, 8)
    for waits in (0, 2):
        texts = [tokenizer.decode(ids) for ids in forced(model, tokenizer, prompts, how, Thinking(90, waits))]
        for text in texts:
            thought, end, answer = text.partition(END)
            assert end
            assert thought.count(WAIT) == waits
            assert len(thought) <= 90
            assert len(answer) <= 8 + len("<eos>")
    for waits in (0, 1):  # a thought that has spent its budget is ended, and not told to wait
        short = [tokenizer.decode(ids) for ids in forced(model, tokenizer, prompts, how, Thinking(3, waits))]
        assert all(len(text.partition(END)[0]) <= 3 and WAIT not in text for text in short)


def test_the_command_writes_tables_json_and_a_picture(settings: TrainConfig, warm: Path, tmp_path: Path) -> None:
    file = tmp_path / "eval.yaml"
    file.write_text(dump_config(of(settings, n=12, samples=4)))
    words = ["eval", str(file), "--gap", "--also", "few", "--against", str(warm), "--set", "eval.stages=[one]"]
    done = CliRunner().invoke(app, [*words, "--output", str(tmp_path / "e.json"), "--picture", str(tmp_path / "e.png")])
    assert done.exit_code == 0, done.output
    for part in ("pass@k and maj@k:", "Minus ", "on other splits", "few/two", "switches wrong", "train"):
        assert part in done.output
    found = json.loads((tmp_path / "e.json").read_text())
    assert found["stages"] == ["one", "few/one", "few/two"]
    assert set(found["model"]) == {"train", "dev", "test"}
    assert set(found["model"]["test"]["T=1"]["one"]["pass_at"]) == {"1", "2"}
    assert (tmp_path / "e.png").read_bytes()[:4] == b"\x89PNG"
    bare = evaluated(of(settings, n=12, stages=("one",)), [0.0])
    assert "other splits" not in bare.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"endpoint": "http://127.0.0.1:9/v1", "think": 8}, "token by token"),
        ({"stages": ("none",)}, "has no stage none"),
    ],
)
def test_what_cannot_be_evaluated_is_said(settings: TrainConfig, changed: Any, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        evaluated(of(settings, **changed), [0.0])
