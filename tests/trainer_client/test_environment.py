"""The class for TRL scripts: its tools have the server's schema, an episode is played, the reward is `/score`'s."""

import inspect

import pytest
from transformers.utils import get_json_schema

from envserver.wire import SampleRequest, ScoreItem
from generators.families import problem
from trainer_client.client import EnvClient
from trainer_client.environment import environment_of
from trainer_client.errors import BadConfig


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
    made.reset(id=posed.id, prompt="ignored")
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
    made.reset(id=posed.id)
    assert made.get_reward() == 0


def test_a_question_has_no_tools(env: EnvClient) -> None:
    with pytest.raises(BadConfig, match="question of one turn"):
        environment_of(env, [])
