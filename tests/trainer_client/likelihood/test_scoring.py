"""The base that is asked: exact, untouched by training, and the runs that it rewards."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from peft import get_peft_model

from envserver.wire import ProblemOut, SampleRequest
from generators.families import problem
from generators.layouts import LAYOUTS
from trainer_client.answers.decoding import Decoding
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, ServerRefused
from trainer_client.likelihood.framing import frame_of
from trainer_client.likelihood.scorer import Scorer
from trainer_client.likelihood.scoring import LikelihoodScoring
from trainer_client.loading.anatomy import anatomy_of
from trainer_client.loading.models import load_model, load_tokenizer
from trainer_client.reward_config import LikelihoodConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.server_process import running_server
from trainer_client.strategies import Full, Lora
from trainer_client.train import train

PAIRS = [([5, 6, 7], [8, 9]), ([10], [11, 12, 13, 14]), ([20] * 40, [21]), ([3, 4] * 9, [5, 6, 7, 8, 9, 10])]


def directly(model: torch.nn.Module, before: Sequence[int], behind: Sequence[int]) -> list[float]:
    """One row, no padding, every logit: what the model says."""
    ids = torch.tensor([[*before, *behind]])
    with torch.no_grad():
        logps = torch.log_softmax(model(input_ids=ids).logits[0].float(), dim=-1)
    return [float(logps[len(before) - 1 + at, token]) for at, token in enumerate(behind)]


def test_likelihoods_are_those_of_the_model(warm: Path) -> None:
    model = load_model(warm)
    found = Scorer(model, load_tokenizer(warm), adapter_off=False, batch=3).likelihoods(PAIRS)
    for (before, behind), likelihood in zip(PAIRS, found, strict=True):
        expected = directly(model, before, behind)
        assert likelihood.logps == pytest.approx(expected, abs=1e-5)
        assert likelihood.n == pytest.approx(min(20, -sum(expected) / len(expected)), abs=1e-5)


def test_the_adapter_off_is_the_untouched_model(warm: Path) -> None:
    untouched = load_model(warm)
    adapted = get_peft_model(load_model(warm), Lora(rank=4).adapter(anatomy_of(untouched)))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_()  # as if it had been trained for long
    tokenizer = load_tokenizer(warm)
    off = Scorer(adapted, tokenizer, adapter_off=True).likelihoods(PAIRS)
    on = Scorer(adapted, tokenizer, adapter_off=False).likelihoods(PAIRS)
    before = Scorer(untouched, tokenizer, adapter_off=False).likelihoods(PAIRS)
    assert off == before
    assert on != before
    for (question, answer), likelihood in zip(PAIRS, off, strict=True):
        assert likelihood.logps == pytest.approx(directly(untouched, question, answer), abs=1e-5)


@pytest.mark.parametrize("layout", ["chat", "bare", "hashes", "boxed", "last"])
@pytest.mark.parametrize("thought", ["", "3 + 4", "two\nlines"])
def test_frames_are_the_servers_layouts(layout: str, thought: str) -> None:
    frame, theirs = frame_of(layout), LAYOUTS[layout]
    completion = theirs.frame(thought, "17")
    assert frame.before(thought) + "17" + frame.closing == completion
    if thought:
        assert frame.thought_of(completion) == thought
    assert frame.answer_of(theirs.frame("", "17")) == "17"
    assert "17" in theirs.find(frame.bare + "17" + frame.closing)


def test_a_style_without_a_place_for_answers_is_refused() -> None:
    with pytest.raises(BadConfig, match="fenced"):
        frame_of("fenced")


def configured(settings: TrainConfig, run: Path, **likelihood: object) -> TrainConfig:
    grpo = settings.grpo.model_copy(update={"steps": 4})
    told = LikelihoodConfig.model_validate(likelihood)
    return settings.model_copy(update={"run": run, "strategy": Lora(rank=4), "grpo": grpo, "likelihood": told})


def rollouts(run: Path) -> list[dict[str, object]]:
    return RunFolder(run).read("rollouts.jsonl")


HELP = {"of": "help", "ask": "?", "leaks": "count"}


@pytest.mark.parametrize("mode", ["both", "delta", "rank"])
def test_help_is_rewarded_by_a_base_and_judged_by_the_server(
    mode: str, settings: TrainConfig, env: EnvClient, tmp_path: Path
) -> None:
    config = configured(settings, tmp_path / "run", mode=mode, **HELP)
    train(config, env)
    rows = rollouts(config.run)
    assert rows
    for row in rows:
        assert set(row["parts"]) == {"likelihood"}  # type: ignore[call-overload]
        components = row["components"]
        assert isinstance(components, dict)
        assert math.isfinite(row["parts"]["likelihood"])  # type: ignore[index]
        assert components["server_reward"] == row["reward"]
    # Judged is what the base answers, which may by chance be what it was told.
    assert sum(row["text"] == row["completion"] for row in rows) < len(rows) / 4
    text = (config.run / "rollouts.jsonl").read_text()
    assert "Infinity" not in text
    assert "NaN" not in text
    metrics = [row for row in RunFolder(config.run).read("metrics.jsonl") if "success" in row]
    for row in metrics:
        assert row["part/likelihood"] == pytest.approx(row["reward"], abs=1e-4)


def test_a_reward_is_what_the_start_model_says(
    settings: TrainConfig, env: EnvClient, warm: Path, tmp_path: Path
) -> None:
    """Recomputed from the log with the start model alone: the base did not move while the policy did."""
    config = configured(settings, tmp_path / "run", mode="absolute", **HELP)
    train(config, env)
    scorer, frame = Scorer(load_model(warm), load_tokenizer(warm), adapter_off=False), frame_of("bare")
    checked = 0
    for row in rollouts(config.run):
        if row["flags"] and {"no_text", "too_long"} & set(row["flags"]):  # type: ignore[call-overload]
            continue
        at = problem(str(row["id"]))
        before = scorer.encoded(at.observation) + scorer.encoded(frame.before(str(row["text"])))
        behind = [*scorer.encoded(at.reveal("answer")), scorer.tokenizer.eos_token_id]
        logps = directly(scorer.model, before, behind)
        expected = math.exp(2 * sum(logps) / len(logps))
        assert row["parts"]["likelihood"] == pytest.approx(expected, abs=1e-5)  # type: ignore[index]
        checked += 1
    assert checked >= 8


def test_thoughts_are_rewarded_where_they_stand(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    config = configured(settings, tmp_path / "run", mode="meanprob", of="thought")
    train(config, env)
    rows = rollouts(config.run)
    assert rows
    for row in rows:
        thought, mark, _ = str(row["completion"]).rpartition("=")
        assert row["text"] == (thought.strip() if mark else None)
        assert ("no_text" in row["flags"]) == (not thought.strip())  # type: ignore[operator]


@pytest.mark.parametrize(
    ("layout", "completion", "thought"),
    [
        ("chat", "<think>3 + 2</think>\n\n<answer>5</answer>", "3 + 2"),
        ("chat", " <think>3 + 2</think> <answer>5", "3 + 2"),
        ("chat", "3 + 2\n<answer>5</answer>", "3 + 2"),
        ("chat", "3 + 2 is 5", None),
        ("boxed", "Add.\n$\\boxed{5}$", "Add."),
        ("hashes", "Add.\n####5", "Add."),
        ("last", "Add. So the answer is 5.", "Add."),
        ("last", "Add. The answer: 5", "Add."),
        ("bare", "1=2=3", "1=2"),
    ],
)
def test_thoughts_are_found_as_models_write_them(layout: str, completion: str, thought: str | None) -> None:
    assert frame_of(layout).thought_of(completion) == thought


def test_help_that_spells_a_special_token_does_not_write_one(warm: Path) -> None:
    scorer = Scorer(load_model(warm), load_tokenizer(warm), adapter_off=False)
    ids = scorer.encoded(f"7{scorer.tokenizer.eos_token}8")
    assert not set(ids) & set(scorer.tokenizer.all_special_ids)


def test_the_same_text_has_the_same_likelihood_in_any_batch(warm: Path) -> None:
    scorer = Scorer(load_model(warm), load_tokenizer(warm), adapter_off=False, batch=2)
    found = scorer.likelihoods([*PAIRS, *PAIRS[:1] * 5, *PAIRS])
    assert found[: len(PAIRS)] == found[-len(PAIRS) :]
    assert len(set(found[len(PAIRS) : -len(PAIRS)])) == 1


def test_a_base_has_its_own_tokens(settings: TrainConfig, env: EnvClient, warm: Path) -> None:
    from trainer_client.likelihood.build import scoring_of

    told = configured(settings, settings.run, mode="absolute", base=str(warm), **HELP)
    policy_tokenizer = load_tokenizer(warm)
    built = scoring_of(told, env, load_model(warm), policy_tokenizer, "bare")
    assert isinstance(built, LikelihoodScoring)
    assert built.scorer.tokenizer is not policy_tokenizer


def test_a_leak_earns_the_least(settings: TrainConfig, env: EnvClient, warm: Path) -> None:
    request = SampleRequest(curriculum="easy", stage="two", slots=list(range(4)), style="bare", reveal="answer")
    posed: list[ProblemOut] = env.sample(request)
    scorer = Scorer(load_model(warm), load_tokenizer(warm), adapter_off=False)

    def earned(
        texts: Sequence[str | None], cut: Sequence[bool] = (False,) * 4, **how: object
    ) -> list[tuple[float, str]]:
        told = LikelihoodConfig.model_validate({"of": "help", "ask": "?", "mode": "absolute", **how})
        scoring = LikelihoodScoring(told, scorer, frame_of("bare"), Decoding(0.0, 8), client=env, rollouts=0)
        found = scoring.earned(posed, texts, cut)
        return [(one.reward, one.sign) for one in found]

    texts = [posed[0].revealed, "", "7" * 40, "1"]
    found = earned(texts, max_tokens=30)
    assert found[:3] == [(0.0, "leak"), (0.0, "no_text"), (0.0, "too_long")]
    assert found[3][1] == ""
    assert found[3][0] > 0
    assert [value for value, _ in earned(texts, max_tokens=30, floor=-1)][:3] == [-1, -1, -1]
    counted = earned([posed[0].revealed, None, "1", "1"], leaks="count")
    assert counted[0][1] == "leak"
    assert counted[0][0] > 0
    assert earned(["1"] * 4, cut=[True, False, False, False])[0] == (0.0, "too_long"), "cut off, without max_tokens"
    assert [sign for _, sign in earned(["1"] * 4, cut=[True] * 4, max_tokens=3)] == [""] * 4


def test_a_run_with_likelihood_rewards_resumes_exactly(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    straight, cut = (configured(settings, tmp_path / name, mode="both", **HELP) for name in ("straight", "cut"))
    train(straight, env)
    train(cut, env)
    for last in (cut.run / "checkpoints" / "checkpoint-4", cut.run / "final"):
        shutil.rmtree(last)
    train(cut, env, resume=True)
    assert rollouts(cut.run)[-1]["parts"] == rollouts(straight.run)[-1]["parts"]
    names = ["adapter_model.safetensors"]
    assert all((cut.run / "final" / n).read_bytes() == (straight.run / "final" / n).read_bytes() for n in names)


def test_looks_and_probes_ask_the_base_with_help(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    config = configured(settings, tmp_path / "run", mode="both", **HELP)
    config = config.model_copy(update={"alarms": config.alarms.model_copy(update={"probe_every": 2, "probes": 4})})
    train(config, env)
    assert [row["asked"] for row in RunFolder(config.run).read("probes.jsonl")] == [4, 4]


def test_a_base_that_would_change_is_refused(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    config = configured(settings, tmp_path / "run", mode="both").model_copy(update={"strategy": Full()})
    with pytest.raises(BadConfig, match="adapter"):
        train(config, env)
    named = config.likelihood.model_copy(update={"base": Path(settings.model.path)})  # type: ignore[union-attr]
    train(config.model_copy(update={"likelihood": named}), env)
    turns = configured(settings, tmp_path / "turns", mode="both")
    turns = turns.model_copy(update={"curriculum": turns.curriculum.model_copy(update={"name": "turns"})})
    with pytest.raises(BadConfig, match="episode"):
        train(turns, env)


def test_a_server_that_reveals_nothing_is_said_before_there_is_a_run(
    settings: TrainConfig, curricula: Path, tmp_path: Path
) -> None:
    how = {"ECHELON_CURRICULA": str(curricula), "ECHELON_REVEAL": "0"}
    config = configured(settings, tmp_path / "run", mode="both")
    refused = pytest.raises(ServerRefused, match="reveals no answers")
    with running_server(tmp_path / "log", settings=how) as url, EnvClient(url) as client, refused:
        train(config, client)
    assert not (tmp_path / "run").exists()
