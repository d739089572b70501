"""Rejection sampling: what is kept is verified, by recipe; it can be trained on, and the gain has an interval."""

import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from envserver.wire import MessageOut, ProblemOut, VerdictOut
from generators.families import problem
from trainer_client.answers.decoding import Completion
from trainer_client.answers.endpoint import Endpoint
from trainer_client.answers.evaluation import evaluated
from trainer_client.answers.scored import improvement
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, BadRun, SamplerFailed
from trainer_client.supervised import seeds
from trainer_client.supervised.distill import RECIPES, _problems, distill, selected, verified
from trainer_client.supervised.samplers import EndpointSampler, LocalSampler
from trainer_client.supervised.warmstart import warmstart
from trainer_client.supervised.worked_examples import Found, read_examples, write_examples


def _with(config: TrainConfig, **distill_settings: object) -> TrainConfig:
    return config.model_copy(update={"distill": config.distill.model_copy(update=distill_settings)})


def test_the_tiny_model_is_distilled_and_learns_from_it(
    settings: TrainConfig, env: EnvClient, warm: Path, tmp_path: Path
) -> None:
    """warm -> its own right answers -> warmer: better on dev problems by an interval above zero."""
    config = _with(settings, problems=900, samples=8, stages={"one": 1.0})
    tallies = distill(config, env, LocalSampler(config), tmp_path / "kept")
    rows = [json.loads(line) for line in (tmp_path / "kept" / "train.jsonl").read_text().splitlines()]
    card = json.loads((tmp_path / "kept" / "card.json").read_text())
    assert card["rows"] == len(rows) == sum(tally.kept for tally in tallies.values()) > 50
    assert card["curriculum"] == env.curriculum("easy").reference
    for row in rows:
        posed = problem(row["id"])
        assert posed.id.split == "train"
        verdict = posed.judge(row["completion"][0]["content"])
        assert (verdict.outcome, verdict.flags) == ("correct", ())
    assert len({(row["id"], row["completion"][0]["content"]) for row in rows}) == len(rows)

    warm_up = config.warmstart.model_copy(update={"data": tmp_path / "kept" / "train.jsonl", "steps": 60})
    warmstart(config.model_copy(update={"warmstart": warm_up}), env, warm, tmp_path / "warmer")
    held = config.model_copy(update={"eval": config.eval.model_copy(update={"split": "dev", "n": 300})})
    warmer = held.model_copy(update={"model": held.model.model_copy(update={"path": str(tmp_path / "warmer")})})
    report = evaluated(warmer, [0.0], against=str(warm))
    after, before = report.tables[0, "dev", "greedy"], report.tables[1, "dev", "greedy"]
    gains = {stage: improvement(before[stage], after[stage]) for stage in report.stages}
    assert any(low > 0 for _, low, _ in gains.values()), gains


def test_episodes_are_not_distilled(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    turns = settings.model_copy(update={"curriculum": settings.curriculum.model_copy(update={"name": "turns"})})
    with pytest.raises(BadConfig, match="one_left is played in turns"):
        distill(turns, env, _Fixed([]), tmp_path / "kept")


def test_no_two_kinds_of_problems_share_a_seed() -> None:
    found = [value for name, value in vars(seeds).items() if name.isupper()]
    assert len(set(found)) == len(found) == 5


def test_a_folder_is_never_written_over(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "x").touch()
    with pytest.raises(BadRun, match="is not empty"):
        distill(settings, env, _Fixed([]), tmp_path / "kept")


class _Fixed:
    """Gives every problem the same texts."""

    name = "fixed"

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def sample(self, problems: Sequence[ProblemOut], samples: int) -> list[list[Completion]]:
        return [[Completion(text, False) for text in self.texts] for _ in problems]


def test_nothing_right_writes_nothing(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="no answer was right"):
        distill(_with(settings, problems=8), env, _Fixed(["no", "idea"]), tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def _problem(at: int = 0) -> ProblemOut:
    return ProblemOut(id=f"a@1/-/train/{at}/bare", stage="one", messages=[MessageOut(role="user", content="q")])


def _verdict(outcome: str, *flags: str, reward: float | None = 1.0) -> VerdictOut:
    return VerdictOut.model_validate({"id": "x", "reward": reward, "outcome": outcome, "flags": list(flags)})


def test_only_finished_unflagged_right_answers_count_and_each_once() -> None:
    answers = [Completion("a b", False), Completion("a  b\n", False), Completion("c", True), Completion("d", False)]
    answers += [Completion("e", False), Completion("f", False)]
    verdicts = [_verdict("correct")] * 3 + [_verdict("correct", "several_answers"), _verdict("incorrect")]
    verdicts += [_verdict("unscored", reward=None)]
    found = verified(_problem(), answers, verdicts)
    assert [one.text for one in found] == ["a b"]
    assert found[0].pass_rate == 4 / 5  # what could not be judged is no failure


def test_recipes() -> None:
    def found(at: int, rate: float, *texts: str) -> list[Found]:
        return [Found(_problem(at), text, rate) for text in texts]

    every = [*found(0, 1.0, "a", "bb"), *found(1, 0.5, "ccc", "dddd"), *found(2, 0.1, "e", "ff", "g")]
    assert [one.text for one in selected(every, RECIPES["r1"], 2)] == ["a", "bb", "ccc", "dddd", "e", "ff"]
    assert [one.text for one in selected(every, RECIPES["limo"], 2)] == ["dddd", "ff"]
    assert [one.text for one in selected(every, RECIPES["s1"], 2)] == ["dddd", "ff"]


def _endpoint(settings: TrainConfig, *replies: httpx.Response) -> tuple[EndpointSampler, list[dict[str, object]]]:
    waiting, asked = list(replies), []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/chat/completions"
        asked.append(json.loads(request.content))
        return waiting.pop(0)

    config = _with(settings, endpoint="http://model/v1", endpoint_model="big", samples=3)
    endpoint = Endpoint("http://model/v1", "big", 120, httpx.MockTransport(answer), lambda seconds: None)
    return EndpointSampler(config, endpoint), asked


def _choices(*texts: str, **more: str) -> httpx.Response:
    listed = [{"message": {"content": text, **more}, "finish_reason": "stop"} for text in texts]
    return httpx.Response(200, json={"choices": listed})


def test_an_endpoint_is_asked_until_there_are_enough(settings: TrainConfig) -> None:
    sampler, asked = _endpoint(settings, httpx.Response(503), _choices("a"), _choices("b", "c"))
    [answers] = sampler.sample([_problem()], 3)
    assert [one.text for one in answers] == ["a", "b", "c"]
    assert [one["n"] for one in asked] == [3, 3, 2]
    assert asked[0]["model"] == "big"


def test_thoughts_kept_apart_are_put_back_and_cut_answers_marked(settings: TrainConfig) -> None:
    cut = httpx.Response(200, json={"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]})
    sampler, _ = _endpoint(settings, _choices("<answer>1</answer>", reasoning_content="so"), cut)
    [[thought]] = sampler.sample([_problem()], 1)
    assert thought == Completion("<think>so</think>\n<answer>1</answer>", False, 36)
    [[short]] = sampler.sample([_problem()], 1)
    assert short.truncated


@pytest.mark.parametrize(
    "reply",
    [httpx.Response(401, text="no key"), httpx.Response(200, json={"choices": []}), httpx.Response(200, text="<html>")],
)
def test_an_endpoint_that_is_none_is_told(settings: TrainConfig, reply: httpx.Response) -> None:
    sampler, _ = _endpoint(settings, reply)
    with pytest.raises(SamplerFailed, match="http://model/v1/"):
        sampler.sample([_problem()], 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no examples"),
        ("{", "line 1: not JSON"),
        ('{"prompt": "q"}', "line 1: completion: Field required"),
        ('{"prompt": "q", "completion": ""}', "the completion is empty"),
        ('{"id": "a@1/-/test/0/chat", "prompt": "q", "completion": "a"}', "is not a train problem"),
        ('{"id": "a@1/-/dev/0/chat", "prompt": "q", "completion": "a"}', "is not a train problem"),
        ('{"split": "validation", "prompt": "q", "completion": "a"}', "is not a train problem"),
        ('{"extra_info": {"split": "test"}, "prompt": "q", "completion": "a"}', "is not a train problem"),
        ('{"extra_info": {"id": "a@1/-/test/0/chat"}, "prompt": "q", "completion": "a"}', "is not a train problem"),
    ],
)
def test_files_of_examples_are_checked(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(BadConfig, match=says):
        read_examples(tmp_path / "a.jsonl")


def test_what_is_written_reads_back_whatever_it_holds(tmp_path: Path) -> None:
    odd = "a\u2028b\u0085c\x0bd\ne"
    write_examples(tmp_path, [Found(_problem(), odd, 1.0)], {})
    assert [one.answer for one in read_examples(tmp_path / "train.jsonl")] == [odd]


def test_stages_that_share_problems_give_each_once(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    """Both stages of `easy` hold other problems; with a problem known already, another one is asked."""
    config = _with(settings, problems=40, samples=1)
    first = _problems(config, env, env.curriculum("easy").reference, "one", 30, set())
    known = {problem.prompt for problem in first[:20]}
    again = _problems(config, env, env.curriculum("easy").reference, "one", 10, known)
    assert len(first) == 30
    assert not known & {problem.prompt for problem in again}


def test_own_examples_are_texts_or_messages(tmp_path: Path) -> None:
    rows = [
        {"prompt": "q", "completion": "a"},
        {
            "prompt": [{"role": "user", "content": "q"}],
            "completion": [{"role": "assistant", "content": "a"}],
            "more": 1,
        },
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [one.answer for one in read_examples(tmp_path / "a.jsonl")] == ["a", "a"]
