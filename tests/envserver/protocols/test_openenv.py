"""OpenEnv's protocol as its client speaks it: the reward of `/score`, once, and never by accident."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from envserver.app import create_app
from envserver.settings import Settings
from envserver.store.database import Database
from envserver.store.tokens import create_token
from generators.families import problem

SHEAR = {"curriculum": "inverse", "stage": "shear"}


class Episode:
    """One connection."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def send(self, kind: str, data: Any = None) -> dict[str, Any]:
        self._socket.send_text(json.dumps({"type": kind, "data": data} if data is not None else {"type": kind}))
        reply: dict[str, Any] = json.loads(self._socket.receive_text())
        return reply

    def seen(self, kind: str, **data: Any) -> dict[str, Any]:
        reply = self.send(kind, data)
        assert reply["type"] == "observation", reply
        found: dict[str, Any] = reply["data"]
        return found

    def refused(self, kind: str, data: Any = None) -> str:
        reply = self.send(kind, data)
        assert reply["type"] == "error", reply
        return str(reply["data"]["code"])


@pytest.fixture
def episode(client: TestClient) -> Iterator[Episode]:
    with client.websocket_connect("ws://localhost/ws") as socket:
        yield Episode(socket)


def test_an_episode_gets_the_reward_of_score(client: TestClient, episode: Episode) -> None:
    for seed, wrong in ((0, False), (1, True)):
        posed = episode.seen("reset", seed=seed, episode_id=f"e{seed}", **SHEAR)
        assert (posed["reward"], posed["done"]) == (None, False)
        id = posed["observation"]["problem_id"]
        said = "<answer>[[1, 0], [0, 1]]</answer>" if wrong else problem(id).reveal("answer")
        done = episode.seen("step", answer=said)
        item = {"id": id, "completion": said, "stage": "shear"}
        verdict = client.post("/score", json={"curriculum": "inverse", "items": [item]}).json()["verdicts"][0]
        assert (done["reward"], done["done"]) == (verdict["reward"], True)
        assert {name: done["metadata"][name] for name in ("outcome", "components", "flags")} == {
            name: verdict[name] for name in ("outcome", "components", "flags")
        }
        state = episode.send("state")["data"]
        assert state == {"episode_id": f"e{seed}", "step_count": 1, "problem_id": id, "done": True}


def test_a_group_shares_one_problem_and_seeds_do_not(client: TestClient) -> None:
    ids = []
    for seed in (7, 7, 8):
        with client.websocket_connect("ws://localhost/ws") as socket:
            ids.append(Episode(socket).seen("reset", seed=seed, **SHEAR)["observation"]["problem_id"])
    assert ids[0] == ids[1] != ids[2]
    sampled = client.post("/sample", json={**SHEAR, "slots": [7]}).json()["problems"][0]["id"]
    assert ids[0] == sampled


def test_nothing_is_rewarded_by_accident(episode: Episode) -> None:
    assert episode.refused("step", {"answer": "1"}) == "EXECUTION_ERROR", "before a reset there is nothing to answer"
    id = episode.seen("reset", seed=0, **SHEAR)["observation"]["problem_id"]
    right = problem(id).reveal("answer")
    for wrong in ({}, {"answer": None}, {"answer": right, "more": 1}, {"text": right}, [right]):
        assert episode.refused("step", wrong) == "VALIDATION_ERROR"
    assert episode.refused("step", {"answer": right, "problem_id": id.replace("shear", "scalar")}) == "EXECUTION_ERROR"
    assert episode.send("state")["data"]["step_count"] == 0
    assert episode.seen("step", answer="")["reward"] == 0.0
    assert episode.refused("step", {"answer": right}) == "EXECUTION_ERROR", "it is judged once"
    assert episode.refused("reset", {"seed": -1}) == "VALIDATION_ERROR"
    assert episode.refused("reset", {"curriculum": "none"}) == "EXECUTION_ERROR"
    assert episode.refused("reset", {**SHEAR, "split": "test", "seed": 10**9}) == "EXECUTION_ERROR"
    assert episode.refused("reset", {**SHEAR, "split": "dev"}) == "EXECUTION_ERROR", "a pool's problems are counted"
    assert episode.refused("nonsense") == "UNKNOWN_TYPE"


def test_a_reply_that_was_read_as_json_is_what_was_said(episode: Episode) -> None:
    """verifiers sends a reply that is JSON as what it means."""
    id = "matrix_inverse@1/factor=3,kind=unimodular,n=3,operations=4/train/7/bare"
    rows = [[int(entry) for entry in row.split(",")] for row in problem(id).reveal("answer").split(";")]
    for said, reward in ((rows, 1.0), (rows[::-1], 0.0), (7, 0.0), ({"rows": rows}, 0.0)):
        episode.seen("reset", problem_id=id)
        assert episode.seen("step", answer=said)["reward"] == reward


def test_several_turns_are_worth_nothing_until_the_last(episode: Episode) -> None:
    posed = episode.seen("reset", seed=3, curriculum="row_operations", stage="one_left")
    actions = problem(posed["observation"]["problem_id"]).solution()
    for left, action in zip(range(len(actions), 0, -1), actions, strict=True):
        seen = episode.seen("step", answer=action)
        assert seen["done"] == (left == 1)
        assert seen["reward"] == (1.0 if left == 1 else 0.0)
    assert episode.send("state")["data"]["step_count"] == len(actions)


def test_what_is_no_message_ends_no_session(client: TestClient) -> None:
    with client.websocket_connect("ws://localhost/ws") as socket:
        for text in ("{", "[]", "7", '"x"', "[" * 100_000, json.dumps({"a": [0] * 300_000})):
            socket.send_text(text)
            assert json.loads(socket.receive_text())["type"] == "error"
        assert Episode(socket).seen("reset", seed=0, **SHEAR)["done"] is False
        socket.send_text(json.dumps({"type": "close"}))
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_over_http_a_step_says_what_it_answers(client: TestClient) -> None:
    posed = client.post("/reset", json={"seed": 0, **SHEAR}).json()
    id = posed["observation"]["problem_id"]
    right = problem(id).reveal("answer")
    done = client.post("/step", json={"action": {"answer": right, "problem_id": id}}).json()
    assert (done["reward"], done["done"]) == (1.0, True)
    assert client.post("/step", json={"action": {"answer": right}}).status_code == 422
    half = {"answer": "<answer>[[1, 5], [0, 1]]</answer>", "problem_id": id}
    item = {"id": id, "completion": half["answer"], "stage": "shear"}
    scored = client.post("/score", json={"curriculum": "inverse", "items": [item]}).json()["verdicts"][0]
    done = client.post("/step", json={"action": {**half, **SHEAR}}).json()
    assert (done["reward"], done["metadata"]["parts"]) == (scored["reward"], scored["parts"])
    assert set(scored["parts"]) == {"correct", "entries"}
    again = {"answer": right, "problem_id": id, "history": ["first"]}
    assert client.post("/step", json={"action": again}).status_code == 422, "a second answer to one question"
    turns = client.post("/reset", json={"seed": 3, "curriculum": "row_operations", "stage": "one_left"}).json()
    id = turns["observation"]["problem_id"]
    *before, last = problem(id).solution()
    assert (
        client.post("/step", json={"action": {"answer": last, "problem_id": id, "history": before}}).json()["reward"]
        == 1
    )


def test_what_describes_it_is_what_validators_ask_for(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "healthy"}
    assert {"name", "description"} <= set(client.get("/metadata").json())
    schema = client.get("/schema").json()
    assert schema["action"]["required"] == ["answer"], "so that a bridge may send a text alone"
    assert schema["action"]["title"] != "Action"
    for body in ("{}", "nonsense", '{"method": "tools/call"}'):
        reply = client.post("/mcp", content=body, headers={"content-type": "application/json"})
        assert (reply.status_code, reply.json()["jsonrpc"]) == (200, "2.0")
        assert "error" in reply.json()
    listed = client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).json()
    assert listed["result"]["tools"][0]["name"] == "answer"


def test_a_page_of_another_site_opens_no_session(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("ws://localhost/ws", headers={"origin": "https://evil.example"}) as socket,
    ):
        socket.receive_text()
    with client.websocket_connect(
        "ws://localhost/ws", headers={"origin": "http://localhost", "host": "localhost"}
    ) as socket:
        assert Episode(socket).send("state")["type"] == "state"


def test_with_tokens_a_session_asks_for_one(tmp_path: Any) -> None:
    address = f"sqlite:///{tmp_path}/kept.db"
    database = Database(address, 5.0)
    database.migrate()
    scorer, reader = (create_token(database, scope, [scope], None) for scope in ("score", "read"))
    database.close()
    with TestClient(create_app(Settings(database_url=address, access="tokens")), base_url="http://localhost") as http:
        for headers in ({}, {"authorization": "Bearer ech_wrong"}, {"authorization": f"Bearer {reader}"}):
            with pytest.raises(WebSocketDisconnect), http.websocket_connect("ws://localhost/ws", headers=headers):
                pass
        with http.websocket_connect("ws://localhost/ws", headers={"authorization": f"Bearer {scorer}"}) as socket:
            assert Episode(socket).send("state")["type"] == "state"
        assert http.get("/health").status_code == 200
