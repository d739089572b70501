"""NeMo Gym's requests as its clients send them: what was sent comes back, with the reward of `/score` beside it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from generators.families import problem
from tests.envserver.test_play import ROWS

QUESTION = "matrix_inverse@1/bound=40,kind=shear,n=2/train/7/chat"
PARAMS = {"input": [{"role": "user", "content": "..."}]}


def _response(*items: dict[str, Any]) -> dict[str, Any]:
    return {"id": "r", "object": "response", "output": list(items)}


def _message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def _verified(http: TestClient, id: str, response: dict[str, Any], **more: Any) -> dict[str, Any]:
    row = {
        "problem_id": id,
        "responses_create_params": PARAMS,
        "response": response,
        "agent_ref": {"name": "a"},
        **more,
    }
    reply = http.post("/nemo/verify", json=row)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    assert (found["responses_create_params"], found["response"]) == (PARAMS, response)
    return found


def test_an_answer_gets_the_reward_of_score(client: TestClient) -> None:
    right = problem(QUESTION).reveal("answer")
    for text in (right, "<answer>[[1, 0], [0, 1]]</answer>", "", "nonsense"):
        told = _verified(client, QUESTION, _response({"type": "reasoning", "summary": []}, _message(text)))
        item = {"id": QUESTION, "completion": text}
        verdict = client.post("/score", json={"items": [item]}).json()["verdicts"][0]
        assert (told["reward"], told["outcome"], told["flags"]) == tuple(
            verdict[k] for k in ("reward", "outcome", "flags")
        )
        assert {name: told[name] for name in verdict["components"]} == verdict["components"]
        assert told["reward_components"] == verdict["parts"]


@pytest.mark.parametrize(
    "response", [{}, {"output": None}, {"output": [1]}, _response(), _response({"type": "message"})]
)
def test_a_response_without_an_answer_is_worth_nothing(client: TestClient, response: dict[str, Any]) -> None:
    assert _verified(client, QUESTION, response)["reward"] == 0.0


def test_a_row_without_a_problem_is_refused_and_gets_no_reward(client: TestClient) -> None:
    body = {"responses_create_params": PARAMS, "response": _response(_message("1"))}
    assert client.post("/nemo/verify", json=body).status_code == 422
    assert client.post("/nemo/verify", json={**body, "problem_id": "no@1/-/train/0/chat"}).status_code == 404
    assert client.post("/nemo/seed_session", json={"problem_id": "nonsense"}).status_code == 404


def test_a_crowd_of_values_is_refused(client: TestClient) -> None:
    row = {"problem_id": QUESTION, "responses_create_params": {}, "response": {"output": [0] * 300_000}}
    for path in ("verify", "seed_session", "add"):
        assert client.post(f"/nemo/{path}", json=row).status_code == 422


CALLS = (("add", {"row": 2, "other": 1, "factor": 12}), ("scale", {"row": 2, "factor": "1/4"}))


def test_an_episode_goes_by_its_session_and_is_judged_by_its_response(client: TestClient) -> None:
    assert client.post("/nemo/seed_session", json={"problem_id": ROWS}).json() == {}
    made = []
    kept = dict(client.cookies)
    for name, arguments in CALLS:
        client.cookies.update(kept)  # that of the beginning: no client reads another
        seen = client.post(f"/nemo/{name}", json=arguments)
        assert seen.status_code == 200, seen.text
        made.append({"type": "function_call", "name": name, "arguments": json.dumps(arguments), "call_id": "c"})
    assert _verified(client, ROWS, _response(*made))["reward"] == 1.0
    early = _verified(client, ROWS, _response(*made[:-1]))
    assert (early["reward"], early["outcome"]) == (0.0, "truncated")
    client.cookies.clear()
    assert client.post(f"/nemo/{name}", json=arguments).status_code == 422, "no session"


def test_tools_that_are_called_at_once_are_all_called(client: TestClient) -> None:
    client.post("/nemo/seed_session", json={"problem_id": ROWS})

    def scaled(factor: int) -> int:
        return client.post("/nemo/scale", json={"row": 2, "factor": factor}).status_code

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(scaled, (2, 3, 5))) == [200] * 3
    assert client.post("/nemo/scale", json={"row": 2, "factor": "1" * 5_000}).status_code == 422
    client.post("/nemo/add", json={"row": 2, "other": 1, "factor": 360})
    last = client.post("/nemo/scale", json={"row": 2, "factor": "1/120"})
    assert last.json() == "The goal is reached."
