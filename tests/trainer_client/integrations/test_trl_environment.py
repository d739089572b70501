"""The class for TRL scripts: its tools have the server's schema, an episode is played, the reward is `/score`'s."""

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
import trl
from datasets import Dataset
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer
from transformers.utils import get_json_schema
from trl import GRPOConfig, GRPOTrainer

from envserver.wire import MessageIn, SampleRequest, ScoreItem
from generators.families import problem
from trainer_client.client import EnvClient
from trainer_client.errors import BadConfig, ServerUnreachable
from trainer_client.integrations.trl_environment import environment_of
from trainer_client.loading.tiny import character_tokenizer


@pytest.mark.parametrize("family", ["row_reduction@1", "hadamard_operations@1", "number_guessing@1"])
def test_trl_reads_the_schema_that_the_server_gives(env: EnvClient, family: str) -> None:
    params = {
        "row_reduction@1": {"kind": "left", "rows": 2, "columns": 3, "bound": 9, "operations": 2, "turns": 5},
        "hadamard_operations@1": {"order": 4, "operations": 3, "doublings": 0, "turns": 8},
        "number_guessing@1": {"most": 100, "turns": 8},
    }[family]
    [posed] = env.sample(SampleRequest(family=family, params=params, slots=[0]))  # type: ignore[arg-type]
    made = environment_of(env, posed.tools)()
    methods = dict(inspect.getmembers(type(made), predicate=inspect.isfunction))
    for tool in posed.tools:
        wanted = tool["function"]
        read = get_json_schema(getattr(made, wanted["name"]))["function"]  # type: ignore[index]
        assert read["name"] == wanted["name"]  # type: ignore[index]
        assert read["description"] == wanted["description"]  # type: ignore[index]
        for name, schema in wanted["parameters"]["properties"].items():  # type: ignore[index]
            assert read["parameters"]["properties"][name]["type"] == schema["type"]
            assert read["parameters"]["properties"][name]["description"] == schema["description"]
        assert set(read["parameters"].get("required", [])) == set(wanted["parameters"]["required"])  # type: ignore[index]
    public = {name for name in methods if not name.startswith("_")} - {"reset", "get_reward"}
    assert public == {tool["function"]["name"] for tool in posed.tools}  # type: ignore[index]


def test_an_episode_is_played_and_rewarded_as_score_does(env: EnvClient) -> None:
    [posed] = env.sample(SampleRequest(curriculum="row_operations", stage="two_left", slots=[3]))
    made = environment_of(env, posed.tools)()
    made.reset(problem_id=posed.id, prompt="ignored")
    assert made.get_reward() == 0
    assert made.swap(1, 9).startswith("Nothing is changed: there is no such row")  # type: ignore[attr-defined]
    for action in problem(posed.id).solution():
        name, row, *rest = action.split()
        seen = getattr(made, name)(
            int(row), *(int(x) if name != "scale" and at == 0 else x for at, x in enumerate(rest))
        )
    assert seen == "The goal is reached."
    assert made.swap(1, 2) == "The episode is over."  # type: ignore[attr-defined]
    said = [ScoreItem(id=posed.id, actions=["swap 1 9", *problem(posed.id).solution()])]
    assert made.get_reward() == env.score(said)[0].reward == 1
    made.reset(problem_id=posed.id)
    assert made.get_reward() == 0


def test_the_reward_is_the_one_of_the_curriculum(env: EnvClient) -> None:
    [posed] = env.sample(SampleRequest(curriculum="row_operations", stage="two_left", slots=[3]))
    for curriculum, reward in ((None, 0), ("row_operations", 0.075)):
        made = environment_of(env, posed.tools, curriculum)()
        made.reset(problem_id=posed.id)
        name, row, *rest = problem(posed.id).solution()[0].split()
        getattr(made, name)(int(row), *rest)
        assert made.get_reward() == pytest.approx(reward)


def test_an_outage_is_no_observation(server: str) -> None:
    """TRL would show the model the text of an exception, and the action may have been done."""
    down = False

    def handle(request: httpx.Request) -> httpx.Response:
        if down:
            raise httpx.ConnectError("planted")
        with httpx.Client() as plain:
            return plain.request(
                request.method, f"{server}{request.url.path}", content=request.content, headers=request.headers
            )

    with EnvClient(server, 0, transport=httpx.MockTransport(handle)) as env:
        [posed] = env.sample(SampleRequest(curriculum="row_operations", stage="two_left", slots=[3]))
        made = environment_of(env, posed.tools)()
        made.reset(problem_id=posed.id)
        assert not made.swap(1, other=2, **{"k" * 200: 1}).startswith("There is no")  # type: ignore[attr-defined]
        down = True
        assert made.swap(1, 2) == "There is no answer."  # type: ignore[attr-defined]
        down = False
        assert made.swap(1, 2) == "There is no answer."  # type: ignore[attr-defined]
        with pytest.raises(ServerUnreachable, match="planted"):
            made.get_reward()
        made.reset(problem_id=posed.id)
        assert made.get_reward() == 0


def test_a_question_has_no_tools(env: EnvClient) -> None:
    with pytest.raises(BadConfig, match="question of one turn"):
        environment_of(env, [])


def test_trl_plays_episodes_by_the_template_of_qwen(env: EnvClient, tmp_path: Path) -> None:
    problems = env.sample(SampleRequest(curriculum="row_operations", stage="two_left", slots=[3, 5]))
    asked = [[message.model_dump() for message in posed.messages] for posed in problems]
    rows = [{"problem_id": posed.id, "prompt": prompt} for posed, prompt in zip(problems, asked, strict=True)]
    tokenizer = _tool_tokenizer()
    model = _Scripted(tokenizer, {posed.messages[-1].content: problem(posed.id).solution() for posed in problems})
    played: list[tuple[str, list[dict[str, Any]], float]] = []

    def watch(prompts: Any, completions: Any, environments: Any, **columns: Any) -> list[float]:
        rewards = [made.get_reward() for made in environments]
        played.extend(zip(columns["problem_id"], completions, rewards, strict=True))
        return [0.0] * len(prompts)

    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=watch,
        train_dataset=Dataset.from_list(rows),
        environment_factory=environment_of(env, problems[0].tools),
        args=GRPOConfig(
            output_dir=str(tmp_path),
            per_device_train_batch_size=4,
            num_generations=2,
            max_steps=1,
            max_completion_length=1_000,
            logging_steps=1,
            learning_rate=1e-3,
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            disable_tqdm=True,
        ),
    )
    before = model.model.embed_tokens.weight.detach().clone()
    trainer.train()
    [logged] = [entry for entry in trainer.state.log_history if "rewards/EchelonEnvironment/mean" in entry]
    assert logged["rewards/EchelonEnvironment/mean"] == 0.5
    assert logged["tools/failure_frequency"] == 0
    assert not torch.equal(before, model.model.embed_tokens.weight)
    assert sorted(reward for _, _, reward in played) == [0, 0, 1, 1]
    for problem_id, said, reward in played:
        messages = [MessageIn.model_validate(message) for message in said]
        [judged] = env.score([ScoreItem(id=problem_id, actions=[*messages], truncated=True)])
        assert reward == judged.reward
    replies = {message["content"] for _, said, _ in played for message in said if message["role"] == "tool"}
    assert "The goal is reached." in replies
    assert any(reply.startswith("Nothing is changed: there is no such row") for reply in replies)


def _tool_tokenizer() -> Qwen2Tokenizer:
    """A character tokenizer with the template of Qwen2.5 and its end of a turn."""
    tokenizer = character_tokenizer()
    tokenizer.add_special_tokens({"eos_token": "<|im_end|>"})
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates" / "qwen2_5.jinja").read_text()
    return tokenizer


class _Scripted(Qwen2ForCausalLM):
    """A tiny model whose sampling is a script: every second episode is solved, the others name a row that is none."""

    def __init__(self, tokenizer: Qwen2Tokenizer, solutions: dict[str, Sequence[str]]) -> None:
        sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
        heads = {"num_attention_heads": 1, "num_key_value_heads": 1, "tie_word_embeddings": True}
        ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
        super().__init__(Qwen2Config(vocab_size=len(tokenizer), **sizes, **heads, **ends))
        self.tokenizer = tokenizer
        self.solutions = solutions

    def generate(self, input_ids: torch.Tensor, **ignored: Any) -> torch.Tensor:  # type: ignore[override]
        said = [self.tokenizer.encode(self._next(i, self.tokenizer.decode(ids))) for i, ids in enumerate(input_ids)]
        longest = max(map(len, said))
        padded = [ids + [self.tokenizer.eos_token_id] * (longest + 1 - len(ids)) for ids in said]
        return torch.cat([input_ids, torch.tensor(padded)], dim=1)

    def _next(self, place: int, conversation: str) -> str:
        [actions] = [found for question, found in self.solutions.items() if question in conversation]
        turn = conversation.count("<tool_response>")
        erred = "there is no such row" in conversation
        if erred or turn == len(actions):
            return "I am done."
        if turn == 0 and place % 2:
            return _call({"name": "swap", "arguments": {"row": 1, "other": 9}})
        name, row, *rest = actions[turn].split()
        arguments = {"row": int(row), "factor": rest[-1]} if name != "swap" else {"row": int(row)}
        others = {"other": int(rest[0])} if name != "scale" else {}
        return _call({"name": name, "arguments": {**arguments, **others}})


def _call(function: dict[str, Any]) -> str:
    return f"<tool_call>\n{json.dumps(function)}\n</tool_call>"
