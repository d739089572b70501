"""Episodes over HTTP: no session, any replica, any retry; every form of actions; what is wrong is said."""

import itertools
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.settings import Settings
from generators.families import problem
from generators.turn_based import Moment

ROWS = "row_reduction@1/bound=9,columns=3,kind=left,operations=2,rows=2,turns=5/train/3/chat"
GUESS = "number_guessing@1/most=1000,turns=14/train/3/chat"


def post(client: TestClient, path: str, **body: Any) -> Any:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def played(client: TestClient, id: str, actions: list[Any]) -> Any:
    [item] = post(client, "/play", items=[{"id": id, "actions": actions}])["items"]
    return item


def scored(client: TestClient, id: str, **given: Any) -> Any:
    [verdict] = post(client, "/score", items=[{"id": id, **given}])["verdicts"]
    return verdict


def call(name: str, arguments: Any) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


def test_turns_without_end_are_malformed_and_cost_nothing(client: TestClient) -> None:
    """As answers are; a text is one, and of actions each."""
    for said in ({"completion": "swap 1 2\n" * 20_000}, {"actions": ["x" * 70_000], "truncated": True}):
        [verdict] = client.post("/score", json={"items": [{"id": ROWS, **said}]}).json()["verdicts"]
        assert (verdict["outcome"], verdict["reward"]) == ("malformed", 0.0)
    many = {"actions": ["swap 1 9" + " " * 4_000] * 20, "truncated": True}
    [verdict] = client.post("/score", json={"items": [{"id": ROWS, **many}]}).json()["verdicts"]
    assert verdict["outcome"] != "malformed"


def test_an_episode_is_replayed_from_its_actions(client: TestClient) -> None:
    posed = problem(ROWS)
    start = played(client, ROWS, [])
    assert start == {
        "id": ROWS,
        "observations": [posed.observation],
        "over": False,
        "turns_left": 5,
        "error": None,
    }
    first, second = posed.solution()
    middle = played(client, ROWS, [first])
    assert (middle["over"], middle["turns_left"], len(middle["observations"])) == (False, 4, 2)
    end = played(client, ROWS, [first, second])
    assert (end["over"], end["turns_left"], end["observations"][-1]) == (True, 0, "The goal is reached.")
    assert scored(client, ROWS, actions=[first, second])["outcome"] == "correct"


def test_replicas_and_restarts_change_nothing() -> None:
    """Each request goes to another server, one of them started in the middle of the episodes."""
    with (
        TestClient(create_app(Settings()), base_url="http://localhost") as one,
        TestClient(create_app(Settings()), base_url="http://localhost") as other,
    ):
        servers = itertools.cycle([one, other])
        actions: list[str] = []
        seen = []
        for action in problem(GUESS).solution():
            actions.append(action)
            seen.append(played(next(servers), GUESS, actions)["observations"][-1])
    with TestClient(create_app(Settings()), base_url="http://localhost") as late:
        assert played(late, GUESS, actions)["observations"][1:] == seen
        assert scored(late, GUESS, actions=actions)["outcome"] == "correct"


def test_text_tool_calls_and_messages_are_the_same_actions(client: TestClient) -> None:
    forms: list[list[Any]] = [
        ["swap 1 2"],
        ["<think>hm</think><answer>swap 1 2</answer>"],
        [call("swap", {"row": 1, "other": 2})],
        [call("swap", json.dumps({"row": 1, "other": 2}))],
        [{"role": "assistant", "content": "swap 1 2"}],
        [
            {"role": "system", "content": "..."},
            {"role": "user", "content": "..."},
            {"role": "assistant", "content": None, "tool_calls": [call("swap", {"row": 1, "other": 2})]},
            {"role": "tool", "content": "[[1]]", "tool_call_id": "c1", "name": "swap"},
        ],
    ]
    seen = [played(client, ROWS, actions)["observations"] for actions in forms]
    assert all(observations == seen[0] for observations in seen)
    solution = [{"role": "assistant", "content": action} for action in problem(ROWS).solution()]
    assert scored(client, ROWS, completion=solution)["outcome"] == "correct"
    assert scored(client, ROWS, completion="\n".join(problem(ROWS).solution()))["outcome"] == "correct"


def test_a_conversation_is_sent_back_as_a_client_of_openai_has_it(client: TestClient) -> None:
    """Fields we do not read, text in parts, and a last word after the end, which is no action any more."""
    foreign = {"refusal": None, "annotations": [], "audio": None, "reasoning_content": "hm"}
    called = [
        {"index": 0, **call("add", {"row": 2, "other": 1, "factor": 12})},
        {"index": 0, **call("scale", {"row": 2, "factor": "1/4"})},
    ]
    turns = [{"role": "assistant", "content": "now", "tool_calls": [one], **foreign} for one in called]
    end = {"role": "assistant", "content": [{"type": "text", "text": "I am "}, {"type": "text", "text": "done."}]}
    replied = played(client, ROWS, [*turns, {"role": "tool", "content": "..."}, {**end, "tool_calls": None}, end])
    assert replied["over"]
    assert len(replied["observations"]) == len(turns) + 1
    assert scored(client, ROWS, actions=[*turns, end])["outcome"] == "correct"
    assert scored(client, ROWS, completion=[*turns, end])["outcome"] == "correct"
    spoken = [{"role": "assistant", "content": "hm"}] * problem(ROWS).max_turns
    assert "gave_up" in scored(client, ROWS, actions=[*spoken, end])["flags"]
    late = played(client, ROWS, [*turns, end, turns[0]])
    assert late["error"]["code"] == "episode_over"


def test_a_sampled_episode_says_its_tools_and_turns(client: TestClient) -> None:
    [sampled] = post(client, "/sample", curriculum="row_operations", slots=[0])["problems"]
    assert sampled["max_turns"] == 3
    names = [tool["function"]["name"] for tool in sampled["tools"]]
    assert names == ["swap", "scale", "add"]
    assert sampled["tools"][1]["function"]["parameters"]["required"] == ["row", "factor"]
    assert sampled["revealed_actions"] is None


@pytest.mark.parametrize(
    ("actions", "observation"),
    [
        (["swap 1 9"], "Nothing is changed: there is no such row."),
        (["fly away"], "Nothing is changed: an operation"),
        ([""], "Nothing is changed: there is no action."),
        (["x" * 60_000], "Nothing is changed: a line is too long"),
        ([call("fly", {})], "Nothing is changed: the tools are swap, scale, add."),
        ([call("swap", {"row": 1})], "Nothing is changed: swap takes row, other."),
        ([call("swap", None)], "Nothing is changed: swap takes row, other."),
        ([call("swap", "[" * 3_000)], "Nothing is changed: a tool call is written in JSON."),
        ([call("scale", {"row": 1, "factor": "1/0"})], "Nothing is changed: "),
        ([call("scale", {"row": [1], "factor": {"a": 1}})], "Nothing is changed: "),
        ([call("swap", "{not json")], "Nothing is changed: a tool call is written in JSON."),
    ],
)
def test_what_cannot_be_done_costs_a_turn_and_is_said(client: TestClient, actions: list[Any], observation: str) -> None:
    item = played(client, ROWS, actions)
    assert item["turns_left"] == 4
    assert item["observations"][-1].startswith(observation)
    for word in ("Traceback", "Error", "object", "dict", "None"):
        assert word not in item["observations"][-1]


def test_late_and_early_actions_are_refused_by_item(client: TestClient) -> None:
    late = [*problem(ROWS).solution(), "swap 1 2"]
    items = [{"id": ROWS, "actions": late}, {"id": "nonsense", "actions": []}, {"id": ROWS, "actions": ["a"] * 9}]
    replies = post(client, "/play", items=[*items, {"id": ROWS, "actions": []}])["items"]
    assert [reply["error"] and reply["error"]["code"] for reply in replies] == [
        "episode_over",
        "bad_id",
        "episode_over",
        None,
    ]
    assert scored(client, ROWS, actions=late)["outcome"] == "correct"  # what stands behind the end does not count
    assert scored(client, ROWS, actions=["swap 1 2"] * 7)["outcome"] == "out_of_turns"
    early = scored(client, ROWS, actions=["swap 1 2"])
    assert (early["outcome"], early["reward"], early["error"]["code"]) == ("unscored", None, "invalid_request")
    cut = scored(client, ROWS, actions=["swap 1 2"], truncated=True)
    assert (cut["outcome"], cut["reward"]) == ("truncated", 0.0)
    nothing = scored(client, ROWS, actions=[], truncated=True)
    assert (nothing["outcome"], nothing["flags"]) == ("truncated", ["gave_up", "no_progress"])


def test_bodies_that_are_no_episodes_are_422(client: TestClient) -> None:
    for items in (
        [],
        [{"id": ROWS, "actions": [1]}],
        [{"id": ROWS, "actions": [{"role": "nobody"}]}],
        [{"id": ROWS, "x": 1}],
    ):
        assert client.post("/play", json={"items": items}).status_code == 422
    assert client.post("/play", json={"items": [{"id": ROWS, "actions": ["a"] * 2_000}]}).status_code == 422
    question = "matrix_inverse@1/bound=40,kind=shear,n=2/train/3/chat"
    assert played(client, question, [])["observations"] == [problem(question).observation]
    assert scored(client, question, actions=["a", "b"])["error"]["code"] == "invalid_request"


def test_a_question_is_not_judged_by_play(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "matrix_inverse@1/bound=40,kind=shear,n=2/train/3/chat"
    asked = problem(question)
    monkeypatch.setattr(type(asked), "judge", lambda *given: pytest.fail("judged"))
    assert played(client, question, ["anything"]) == {
        "id": question,
        "observations": [asked.observation, ""],
        "over": True,
        "turns_left": 0,
        "error": None,
    }
    assert played(client, question, ["a", "b"])["error"]["code"] == "episode_over"


def test_long_conversations_are_replayed_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain messages may be remarks behind the end; finding it takes one step for each."""
    steps = 0
    step = Moment.step

    def counted(at: Any, action: str) -> Any:
        nonlocal steps
        steps += 1
        return step(at, action)

    monkeypatch.setattr(Moment, "step", counted)
    long = ROWS.replace("turns=5", "turns=64")
    said = [{"role": "assistant", "content": f"{i} hm " * 200} for i in range(63)]
    assert played(client, long, said)["turns_left"] == 1
    assert steps <= 64


def test_a_fault_of_ours_spoils_one_episode(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, action: str) -> Any:
        raise RuntimeError("planted")

    monkeypatch.setattr(type(problem(GUESS)), "step", broken)
    items = [{"id": ROWS, "actions": []}, {"id": GUESS, "actions": ["guess 77"]}, {"id": ROWS, "actions": ["swap 1 2"]}]
    replies = post(client, "/play", items=items)["items"]
    assert [reply["error"] and reply["error"]["code"] for reply in replies] == [None, "internal", None]
    assert "planted" not in json.dumps(replies)


def test_a_hidden_number_is_in_no_reply(client: TestClient) -> None:
    hidden = str(problem(GUESS).thought.number)  # type: ignore[attr-defined]
    low = played(client, GUESS, ["guess 1", "guess 1000"])
    assert hidden not in json.dumps(low["observations"])
    assert hidden not in json.dumps(scored(client, GUESS, actions=["guess 1"] * 14))
