"""Episodes in the trainer: token for token, one `/play` per turn, masks, budgets, failures, the same run twice."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
import trl
from transformers import AddedToken

from envserver.wire import PlayedOut, PlayItem, ProblemOut, SampleRequest
from generators.families import problem
from tests.trainer_client.processes import ended_well, rank_reports
from trainer_client.answers.answering import LocalModel
from trainer_client.answers.decoding import Decoding, spoken
from trainer_client.answers.episodes import Budget, Player, Rollout, example_tokens, reply_tokens
from trainer_client.answers.evaluator import Evaluator
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, EnvironmentFailed, ServerUnreachable
from trainer_client.grpo.echelon_trainer import EchelonTrainer
from trainer_client.loading.models import load_model, load_tokenizer
from trainer_client.loading.tiny import character_tokenizer
from trainer_client.run.run_folder import RunFolder
from trainer_client.sampling.session import Spoken
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model, train

TOKENIZER = character_tokenizer()
END = int(TOKENIZER.eos_token_id)
BUDGET = Budget(turn=24, episode=200)


class Counting:
    """A client that counts its requests to `/play`."""

    def __init__(self, client: EnvClient) -> None:
        self.client, self.requests = client, 0

    def play(self, items: Sequence[PlayItem]) -> list[PlayedOut]:
        self.requests += 1
        return self.client.play(items)


class Scripted:
    """Instead of a model: says given actions, one per turn, whoever asks; remembers what it was shown."""

    def __init__(self, scripts: Sequence[Sequence[str]], tail: Sequence[int] = (END,)) -> None:
        self.scripts, self.tail = scripts, list(tail)
        self.shown: list[list[list[int]]] = []

    def __call__(self, rows: list[list[int]]) -> list[Spoken]:
        self.shown.append([list(row) for row in rows])
        return spoken([[*_ids(next(iter(self._next(row)))), *self.tail] for row in rows])

    def _next(self, row: list[int]) -> Iterator[str]:
        text = TOKENIZER.decode(row)
        for script in self.scripts:
            if text.startswith(script[0]):
                yield script[1 + sum(token == END for token in row)]


def _ids(text: str) -> list[int]:
    return list(TOKENIZER(text=text, add_special_tokens=False)["input_ids"])


def episodes(client: EnvClient, count: int, stage: str = "two_left", style: str = "bare") -> list[ProblemOut]:
    request = SampleRequest(curriculum="row_operations", stage=stage, slots=list(range(count)), style=style)
    return client.sample(request)


def script(posed: ProblemOut, actions: Sequence[str] = ()) -> list[str]:
    """Return the prompt, and the actions to say to it: by default those that solve it."""
    return [posed.prompt, *(actions or problem(posed.id).solution())]


def player(client: Any, budget: Budget = BUDGET) -> Player:
    return Player(client, TOKENIZER, [END], budget)


def test_what_is_sampled_is_what_is_kept_token_for_token(env: EnvClient) -> None:
    posed = episodes(env, 6)
    model = Scripted([script(p) for p in posed])
    played = player(env).play(posed, model)
    for p, one in zip(posed, played, strict=True):
        solution = list(problem(p.id).solution())
        assert one.actions == solution
        assert not one.cut
        sampled = [token for token, by_model in zip(one.tokens, one.sampled, strict=True) if by_model]
        assert sampled == [token for action in solution for token in [*_ids(action), END]]
        said = TOKENIZER.decode([t for t, by_model in zip(one.tokens, one.sampled, strict=True) if not by_model])
        assert said == env.play([PlayItem(id=p.id, actions=solution[:1])])[0].observations[-1]
        assert one.item().actions == solution
    for before, after in itertools.pairwise(model.shown):  # each turn goes on from the very tokens of the one before
        assert all(row[: len(first)] == first for first, row in zip(before, after, strict=True))
    verdicts = env.score([one.item() for one in played])
    assert {verdict.outcome for verdict in verdicts} == {"correct"}


def test_a_batch_asks_once_per_turn(env: EnvClient) -> None:
    posed = episodes(env, 40)
    lost = {p.id: ["swap 1 2"] * 5 for p in posed[::2]}
    counting = Counting(env)
    played = player(counting).play(posed, Scripted([script(p, lost.get(p.id, ())) for p in posed]))
    assert counting.requests <= max(p.max_turns for p in posed)
    assert {len(one.actions) for one in played} == {2, 5}
    outcomes = [verdict.outcome for verdict in env.score([one.item() for one in played])]
    assert outcomes[::2] == ["out_of_turns"] * 20
    assert outcomes[1::2] == ["correct"] * 20


def test_questions_of_one_turn_ask_nothing(env: EnvClient) -> None:
    request = SampleRequest(curriculum="inverse", stage="scalar", slots=[0, 1], style="bare")
    posed = env.sample(request)
    counting = Counting(env)
    played = player(counting).play(posed, Scripted([[p.prompt, problem(p.id).reveal("answer")] for p in posed]))
    assert counting.requests == 0
    assert {verdict.outcome for verdict in env.score([one.item() for one in played])} == {"correct"}


def test_a_turn_that_does_not_end_is_no_action_and_is_reported(env: EnvClient) -> None:
    posed = episodes(env, 3)
    played = player(env).play(posed, Scripted([script(p) for p in posed], tail=[]))
    assert all(one.cut and not one.actions for one in played)
    assert {verdict.outcome for verdict in env.score([one.item() for one in played])} == {"truncated"}


def test_an_episode_without_room_for_another_turn_is_cut(env: EnvClient) -> None:
    posed = episodes(env, 4)
    budget = Budget(turn=24, episode=20)
    played = player(env, budget).play(posed, Scripted([script(p, ["swap 1 2"] * 5) for p in posed]))
    for one in played:
        assert one.cut
        assert len(one.tokens) <= budget.episode
        assert all(one.sampled)  # no reply behind the last turn
    assert {verdict.outcome for verdict in env.score([one.item() for one in played])} == {"truncated"}


def test_a_server_that_fails_ends_the_episodes_and_is_told(env: EnvClient) -> None:
    class Failing:
        def play(self, items: Sequence[PlayItem]) -> list[PlayedOut]:
            raise ServerUnreachable("gone")

    posed = episodes(env, 2)
    asked: list[bool] = []
    failing = player(Failing())
    failing.play(posed, Scripted([script(p) for p in posed]), going=lambda live: asked.append(live) or live)
    assert isinstance(failing.failure, ServerUnreachable)
    assert asked == [True, False]


def test_ranks_make_the_same_number_of_calls(env: EnvClient) -> None:
    """One has an episode of two turns, the other one of five; both generate and agree five times."""
    posed = episodes(env, 2)
    scripts = [script(posed[0]), script(posed[1], ["swap 1 2"] * 5)]
    models = [Scripted(scripts), Scripted(scripts)]
    barrier, live = threading.Barrier(2), [False, False]

    def going(rank: int, here: bool) -> bool:
        live[rank] = here
        barrier.wait(30)
        found = any(live)
        barrier.wait(30)
        return found

    def run(rank: int) -> None:
        player(env).play([posed[rank]], models[rank], going=lambda here: going(rank, here))

    threads = [threading.Thread(target=run, args=(rank,)) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [len(model.shown) for model in models] == [5, 5]


def test_two_replicas_behind_a_round_robin_give_the_same_episodes(server: str, env: EnvClient) -> None:
    """Every request of a client goes to another server; one of them forgets everything in between."""
    from starlette.testclient import TestClient

    from envserver.app import create_app
    from envserver.settings import Settings

    posed = episodes(env, 5)
    with TestClient(create_app(Settings()), base_url="http://localhost") as replica, httpx.Client() as plain:
        turn = itertools.count()

        def handle(request: httpx.Request) -> httpx.Response:
            if next(turn) % 2:
                json = {"content-type": "application/json"}
                reply = replica.request(request.method, request.url.path, content=request.content, headers=json)
                return httpx.Response(reply.status_code, content=reply.content)
            json = {"content-type": "application/json"}
            return plain.request(request.method, f"{server}{request.url.path}", content=request.content, headers=json)

        with EnvClient(server, transport=httpx.MockTransport(handle)) as robin:
            mixed = player(robin).play(posed, Scripted([script(p) for p in posed]))
    alone = player(env).play(posed, Scripted([script(p) for p in posed]))
    assert [one.tokens for one in mixed] == [one.tokens for one in alone]


def test_a_chat_goes_on_as_its_template_writes_it(env: EnvClient) -> None:
    """The tokens of the whole conversation are those of its rendering, where the end token stands as in Qwen's."""
    tokenizer = character_tokenizer()
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }}:{{ m['content'] }}<eos>\n{% endfor %}"
        "{% if add_generation_prompt %}assistant:{% endif %}"
    )
    [posed] = episodes(env, 1, style="chat")
    actions = list(problem(posed.id).solution())
    seen = env.play([PlayItem(id=posed.id, actions=actions)])[0].observations
    one = example_tokens(posed, seen, actions, tokenizer, [END])
    conversation = [{"role": m.role, "content": m.content} for m in posed.messages]
    for action, reply in zip(actions, seen[1:], strict=True):
        conversation += [{"role": "assistant", "content": action}, {"role": "user", "content": reply}]
    rendered = tokenizer.apply_chat_template([conversation[:-1]], tokenize=True, return_dict=True)["input_ids"][0]
    whole = one.prompt + one.tokens
    assert list(rendered)[: len(whole)] == whole
    assert [t for t, by_model in zip(one.tokens, one.sampled, strict=True) if by_model].count(END) == len(actions)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("qwen2_5", "<|im_end|>"),
        ("qwen3", "<|im_end|>"),
        ("llama3", "<|eot_id|>"),
        ("gemma3", "<end_of_turn>"),
        ("phi3", "<|end|>"),
        ("deepseek_r1_distill", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
    ],
)
def test_templates_of_known_models_end_a_turn_once(env: EnvClient, name: str, end: str) -> None:
    """Also where the end of a turn is not the tokenizer's end of text, and where thoughts would be left out."""
    tokenizer = character_tokenizer()
    tokenizer.add_tokens(AddedToken(end, special=True))
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text()
    stop = tokenizer.convert_tokens_to_ids(end)
    [posed] = episodes(env, 1, style="chat")
    actions = [f"<think>so</think>{action}" for action in problem(posed.id).solution()]
    seen = env.play([PlayItem(id=posed.id, actions=actions)])[0].observations
    shown = example_tokens(posed, seen, actions, tokenizer, [END, stop])
    said = [[*tokenizer(text=action, add_special_tokens=False)["input_ids"], stop] for action in actions]
    turns = iter(said)
    played = Player(env, tokenizer, [END, stop], Budget(60, 900)).play([posed], lambda rows: spoken([next(turns)]))[0]
    assert played.tokens == shown.tokens
    assert played.sampled == shown.sampled
    assert played.actions == actions
    between = tokenizer.decode([t for t, by_model in zip(shown.tokens, shown.sampled, strict=True) if not by_model])
    assert between.count(end) <= 1  # of the observation, in most templates; the turn's own was sampled
    assert (stop, stop) not in itertools.pairwise(shown.tokens)
    assert seen[1] in between


def test_a_template_that_forgets_is_refused() -> None:
    tokenizer = character_tokenizer()
    tokenizer.chat_template = "{{ messages[-1]['content'] }}"
    with pytest.raises(BadConfig, match="leaves out what was said before"):
        reply_tokens(tokenizer, "seen", chat=True)


@pytest.fixture(scope="module")
def turns(config: TrainConfig, env: EnvClient, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A run on episodes and questions, from a model that was shown some."""
    folder = tmp_path_factory.mktemp("turns")
    curriculum = config.curriculum.model_copy(update={"name": "turns"})
    grpo = config.grpo.model_copy(update={"max_completion": 14, "max_episode": 90, "steps": 6})
    start = config.model_copy(update={"curriculum": curriculum, "grpo": grpo})
    warmstart(start, env, start_model(start, folder), folder / "warm")
    return start.model_copy(update={"model": start.model.model_copy(update={"path": str(folder / "warm")})})


def _run(config: TrainConfig, env: EnvClient, folder: Path, **changed: Any) -> EchelonTrainer:
    return train(config.model_copy(update={"run": folder, **changed}), env)


def test_training_on_episodes_repeats_and_logs(turns: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    _run(turns, env, tmp_path / "one")
    _run(turns, env, tmp_path / "two")
    one, two = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "two")
    assert [row["actions"] for row in one.read("rollouts.jsonl") if "actions" in row]
    for name in ("rollouts.jsonl", "decisions.jsonl"):
        drop = ("verify_ms", "queue_ms")
        rows = [[{k: v for k, v in row.items() if k not in drop} for row in run.read(name)] for run in (one, two)]
        assert rows[0] == rows[1]
    metrics = one.read("metrics.jsonl")
    assert all(1 <= row["episode/turns"] <= 3 for row in metrics)
    files = [tmp_path / name / "final" / "model.safetensors" for name in ("one", "two")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_the_environment_says_gets_no_gradient(
    turns: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gradient of the loss at every token's log-probability is 0 where it was not sampled, and not where it was."""
    kept: list[tuple[torch.Tensor, dict[str, Any]]] = []
    real_logps = EchelonTrainer._get_per_token_logps_and_entropies
    real_loss = EchelonTrainer._compute_loss

    def logps(self: EchelonTrainer, *args: Any, **kwargs: Any) -> Any:
        found = real_logps(self, *args, **kwargs)
        if found[0].requires_grad:
            found[0].retain_grad()
            kept.append((found[0], {}))
        return found

    def loss(self: EchelonTrainer, model: Any, inputs: dict[str, Any]) -> Any:
        found = real_loss(self, model, inputs)
        kept[-1][1].update(inputs)
        return found

    monkeypatch.setattr(EchelonTrainer, "_get_per_token_logps_and_entropies", logps)
    monkeypatch.setattr(EchelonTrainer, "_compute_loss", loss)
    _run(turns, env, tmp_path / "run")
    unsampled = trained = 0
    for values, inputs in kept:
        assert values.grad is not None
        mask = inputs["completion_mask"] * inputs["tool_mask"]
        assert not values.grad[mask == 0].any()
        moved = inputs["advantages"].abs() > 1e-6
        trained += int((values.grad[moved] * mask[moved]).ne(0).sum())
        unsampled += int((inputs["completion_mask"] * (1 - inputs["tool_mask"])).sum())
    assert trained > 100
    assert unsampled > 100


def test_a_server_that_goes_away_in_the_middle_ends_the_run_with_its_reason(
    turns: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = EnvClient.play, itertools.count()

    def failing(self: EnvClient, items: Sequence[PlayItem]) -> list[PlayedOut]:
        if next(asked) == 4:
            raise ServerUnreachable("nobody answers")
        return real(self, items)

    monkeypatch.setattr(EnvClient, "play", failing)
    with pytest.raises(EnvironmentFailed, match="nobody answers"):
        _run(turns, env, tmp_path / "run")


def test_looks_and_evaluations_play_too(turns: TrainConfig, env: EnvClient) -> None:
    curriculum = env.curriculum("turns")
    evaluator = Evaluator(env, curriculum.reference, "bare")
    posed = {"one_left": evaluator.problems("one_left", "test", range(12))}
    path = turns.model.path
    how = Decoding(0.0, 14, max_episode=90)
    model = LocalModel(env, load_model(path), load_tokenizer(path), how)
    first, second = (
        [row.verdicts[0].outcome for row in evaluator.table(model, posed, 0.0)["one_left"].rows] for _ in range(2)
    )
    assert first == second
    assert set(first) <= {"correct", "out_of_turns", "truncated"}


def test_a_rollout_says_its_place() -> None:
    posed = ProblemOut(id="a@1/train/0/bare", stage="s", slot=7, max_turns=3)
    item = Rollout(posed, [1], actions=["swap 1 2"], cut=True).item(sample=5)
    assert (item.actions, item.truncated, item.stage, item.slot, item.sample) == (["swap 1 2"], True, "s", 7, 5)


def test_episodes_go_on_after_a_kill_as_if_there_had_been_none(
    turns: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is away at the fourth generation for good; the run is resumed from its last checkpoint."""
    _run(turns, env, tmp_path / "straight")
    real, asked = EnvClient.play, itertools.count()

    def failing(self: EnvClient, items: Sequence[PlayItem]) -> list[PlayedOut]:
        if next(asked) == 9:
            raise ServerUnreachable("nobody answers")
        return real(self, items)

    with monkeypatch.context() as patched:
        patched.setattr(EnvClient, "play", failing)
        with pytest.raises(EnvironmentFailed):
            _run(turns, env, tmp_path / "broken")
    broken = turns.model_copy(update={"run": tmp_path / "broken"})
    train(broken, env, resume=True)
    files = [tmp_path / name / "final" / "model.safetensors" for name in ("straight", "broken")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_two_ranks_play_the_same_groups(turns: TrainConfig, tmp_path: Path) -> None:
    """Three groups of 4 over two ranks, whose episodes end at different turns: nobody waits for ever."""
    grpo = turns.grpo.model_copy(update={"prompts": 3, "micro_batch": 6, "rollouts_logged": 100, "steps": 2})
    config = turns.model_copy(update={"grpo": grpo, "run": tmp_path / "run"})
    ended_well(config)
    one, two = rank_reports(config)
    assert one == two
    rows = RunFolder(config.run).read("rollouts.jsonl")
    assert [(row["slot"], row["sample"]) for row in rows] == [(slot, k) for slot in range(6) for k in range(4)]
    assert len({(row["slot"], row["id"]) for row in rows}) == 6
