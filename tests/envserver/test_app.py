"""The endpoints, through HTTP: pure, batched, and clear about what is wrong."""

import asyncio
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.http.limits import InFlight, LimitMiddleware
from envserver.settings import Settings
from generators.families import FAMILIES, problem

SHEAR = "matrix_inverse@1/bound=40,kind=shear,n=2/train/3/chat"


def _post(client: TestClient, path: str, **body: Any) -> Any:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def _curriculum(client: TestClient, name: str = "inverse") -> Any:
    return next(one for one in client.get("/curricula").json() if one["name"] == name)


def _right(text: str = SHEAR) -> str:
    return problem(text).reveal("answer")


def test_sample_is_a_pure_function_of_its_body(client: TestClient) -> None:
    body = {"curriculum": "inverse", "seed": 7, "slots": list(range(64))}
    first = client.post("/sample", json=body)
    assert first.status_code == 200
    assert client.post("/sample", json=body).content == first.content
    with TestClient(create_app(Settings()), base_url="http://localhost") as replica:
        assert replica.post("/sample", json=body).content == first.content
    problems = first.json()["problems"]
    assert [p["slot"] for p in problems] == list(range(64))
    assert {p["stage"] for p in problems} == {"scalar", "diagonal"}
    assert all(p["messages"][0]["role"] == "system" and p["max_turns"] == 1 for p in problems)


def test_sample_from_a_family(client: TestClient) -> None:
    params = {"kind": "diagonal", "n": 3, "bound": 9}
    reply = _post(client, "/sample", family="matrix_inverse@1", params=params, slots=[0, 1], style="bare")
    assert reply["curriculum"] is None
    assert [problem(p["id"]).observation for p in reply["problems"]] == [p["prompt"] for p in reply["problems"]]


def test_a_problem_by_its_id_is_the_sampled_one(client: TestClient) -> None:
    sampled = _post(client, "/sample", curriculum="inverse", slots=[5])["problems"][0]
    found = client.get("/problem", params={"id": sampled["id"]}).json()
    assert found["messages"] == sampled["messages"]
    assert client.get("/problem", params={"id": "nonsense"}).status_code == 404


def test_dev_without_stage_is_the_frontier_and_pools_end(client: TestClient) -> None:
    reply = _post(client, "/sample", curriculum="inverse", split="dev", slots=[0, 10_000])
    assert reply["problems"][0]["stage"] == "scalar"
    assert reply["problems"][1]["error"]["code"] == "empty_slot"


def test_score_judges_in_order(client: TestClient) -> None:
    wrong = "<answer>[[1, 0], [0, 1]]</answer>"
    items = [{"id": SHEAR, "completion": text} for text in (_right(), wrong, "no idea")]
    reply = _post(client, "/score", items=items)
    assert reply["stored"] is False
    assert [v["outcome"] for v in reply["verdicts"]] == ["correct", "incorrect", "malformed"]
    assert [v["reward"] for v in reply["verdicts"]] == [1.0, 0.0, 0.0]
    assert reply["verdicts"][1]["flags"] == ["identity_guess"]


def test_rewards_of_the_curriculum_and_explicit_ones(client: TestClient) -> None:
    reference = _curriculum(client)["reference"]
    items = [{"id": SHEAR, "completion": _right(), "stage": "shear"}]
    assert _post(client, "/score", items=items, curriculum=reference)["verdicts"][0]["reward"] == pytest.approx(1.0)
    explicit = {"weights": {"correct": 2.0, "format": 1.0}}
    assert _post(client, "/score", items=items, reward=explicit)["verdicts"][0]["reward"] == pytest.approx(3.0)


def test_completions_as_messages_and_as_actions(client: TestClient) -> None:
    messages = [{"role": "assistant", "content": "hm"}, {"role": "user", "content": "well?"}]
    messages.append({"role": "assistant", "content": _right()})
    items = [{"id": SHEAR, "completion": messages}, {"id": SHEAR, "actions": [_right()]}]
    assert {v["outcome"] for v in _post(client, "/score", items=items)["verdicts"]} == {"correct"}


def test_one_bad_item_spoils_that_item_only(client: TestClient) -> None:
    items = [
        {"id": SHEAR, "completion": _right()},
        {"id": SHEAR.replace("shear", "shaer"), "completion": "x"},
        {"id": SHEAR},
        {"id": SHEAR, "actions": ["a", "b"]},
        {"id": SHEAR, "actions": []},
        {"id": SHEAR, "completion": _right()},
    ]
    verdicts = _post(client, "/score", items=items)["verdicts"]
    assert [v["outcome"] for v in verdicts] == ["correct", *["unscored"] * 4, "correct"]
    assert all(v["reward"] is None and v["error"] for v in verdicts[1:5])
    assert verdicts[1]["error"]["status"] == 404
    assert verdicts[1]["error"]["part"] == "parameters"
    assert "did you mean 'shear'" in verdicts[1]["error"]["message"]
    assert [v["error"]["status"] for v in verdicts[2:5]] == [422, 422, 422]


def test_an_endless_answer_is_judged_and_not_free(client: TestClient) -> None:
    verdict = _post(client, "/score", items=[{"id": SHEAR, "completion": "x" * 70_000}])["verdicts"][0]
    assert (verdict["outcome"], verdict["reward"]) == ("malformed", 0.0)


def test_run_context_is_validated_and_not_stored(client: TestClient) -> None:
    run = {"run": "a-run", "phase": "train", "generation": 3}
    item = {"id": SHEAR, "completion": _right(), "slot": 1, "sample": 2}
    assert _post(client, "/score", items=[item], run=run)["stored"] is False
    response = client.post("/score", json={"items": [item], "run": {**run, "phase": "training"}})
    assert response.status_code == 422


def test_advance_promotes_over_http(client: TestClient) -> None:
    reference = _curriculum(client)["reference"]
    report = {"scalar": {"n": 64, "successes": 60}}
    due = _post(client, "/advance", curriculum=reference, training=report)
    look = due["next_look"]
    assert (look["stage"], look["split"], len(look["slots"])) == ("scalar", "dev", 32)
    asked = _post(client, "/sample", curriculum=reference, split="dev", stage="scalar", slots=look["slots"])
    results = [{"id": p["id"], "sampled": True, "greedy": True} for p in asked["problems"]]
    done = _post(client, "/advance", curriculum=reference, progress=due["progress"], held_out=results)
    assert done["decision"]["kind"] == "promoted"
    frontier = _post(client, "/sample", curriculum=reference, progress=done["progress"], split="dev", slots=[0])
    assert frontier["problems"][0]["stage"] == "diagonal"
    assert client.post("/advance", json={"curriculum": reference, "held_out": results}).status_code == 409


def test_forged_progress_is_never_a_500(client: TestClient) -> None:
    reference = _curriculum(client)["reference"]
    look = {"slots": [1_000, 1_010], "trials": 1_022, "successes": 1_022}
    test = {"attempt": 2**31, "looks": 1_024, "mass": 1.7e308}
    for stage in (
        {"look": look},
        {"look": {**look, "slots": []}},
        {"test": test, "last_mean": 1.0},
        {"cursor": 2**53 - 1, "last_mean": 1.0},
    ):
        progress = {"curriculum": reference, "stages": {"scalar": stage}}
        for more in (
            {},
            {"held_out": [{"id": SHEAR, "sampled": True}]},
            {"training": {"scalar": {"n": 1, "successes": 1}}},
        ):
            response = client.post("/advance", json={"curriculum": reference, "progress": progress, **more})
            assert response.status_code in (200, 409), response.text
    for stage in (
        {"test": {"attempt": 10**160}},
        {"test": {"looks": 10**400}},
        {"test": {"looks": 1_025}},
        {"test": {"trials": 2**53 - 1}},
        {"look": {"slots": [0, 1], "trials": 1_024}},
        {"look": {"slots": [0, 0]}},
        {"look": {"slots": [0], "trials": 1, "successes": 2}},
    ):
        progress = {"curriculum": reference, "stages": {"scalar": stage}}
        assert client.post("/advance", json={"curriculum": reference, "progress": progress}).status_code == 422
    many = {"curriculum": reference, "samples": 2**53 - 1}
    more = {"scalar": {"n": 1, "successes": 1}}
    response = client.post("/advance", json={"curriculum": reference, "progress": many, "training": more})
    assert response.status_code == 409
    huge = {
        "curriculum": reference,
        "stages": {n: {"look": {"slots": [1_000] * 1_024}} for n in ("scalar", "shear", "diagonal", "rank_one")},
    }
    assert client.post("/sample", json={"curriculum": "inverse", "progress": huge, "slots": [0]}).status_code == 422
    policy = {"curriculum": reference, "policy": {"kind": "fixed", "stage": "sheer"}}
    assert client.post("/sample", json={"curriculum": "inverse", "progress": policy, "slots": [0]}).status_code == 404


def test_stale_progress_is_409(client: TestClient) -> None:
    stale = {"curriculum": "inverse@0000000000000000"}
    for path, more in (("/sample", {"slots": [0]}), ("/advance", {})):
        response = client.post(path, json={"curriculum": "inverse", "progress": stale, **more})
        assert response.status_code == 409
        assert response.json()["error"]["code"] == "stale"
    response = client.post("/score", json={"items": [{"id": SHEAR, "completion": ""}], "curriculum": "inverse@1"})
    assert response.status_code == 409


def test_nothing_is_revealed_unless_allowed(client: TestClient, revealing: TestClient) -> None:
    body = {"curriculum": "inverse", "slots": [0], "reveal": "answer", "stage": "shear"}
    assert client.post("/sample", json=body).status_code == 403
    shown = _post(revealing, "/sample", **body)["problems"][0]
    assert problem(shown["id"]).judge(shown["revealed"]).outcome == "correct"
    for split in ("dev", "test"):
        assert revealing.post("/sample", json={**body, "split": split}).status_code == 403
    noisy = {**body, "slots": list(range(200)), "reveal": "noisy", "noise": 0.5}
    outcomes = [problem(p["id"]).judge(p["revealed"]).outcome for p in _post(revealing, "/sample", **noisy)["problems"]]
    assert 60 < outcomes.count("correct") < 140


def test_a_curriculum_for_tests_gives_test_problems_only(client: TestClient) -> None:
    body = {"curriculum": "generalisation", "stage": "toeplitz_3x3", "slots": [0]}
    assert _post(client, "/sample", **body, split="test")["problems"][0]["stage"] == "toeplitz_3x3"
    for split in ("train", "dev"):
        reply = client.post("/sample", json={**body, "split": split})
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "test_only")
    reference = _curriculum(client, "generalisation")["reference"]
    progress = {"curriculum": reference}
    assert client.post("/advance", json={"curriculum": reference, "progress": progress}).status_code == 403


def test_a_restated_problem_is_a_style_of_its_id(client: TestClient) -> None:
    at = SHEAR.rpartition("/")[0]
    asked, restated = (client.get("/problem", params={"id": f"{at}/{style}"}).json() for style in ("chat", "chat+rows"))
    assert asked["prompt"] != restated["prompt"]
    assert client.get("/problem", params={"id": f"{at}/chat+diagonal"}).status_code == 404


def test_no_reply_holds_an_answer(client: TestClient) -> None:
    """Problems with long answers: none of them appears in any reply, in no spelling with more than 12 characters."""
    params = {"kind": "random", "n": 6, "bound": 99, "determinant": "any"}
    sampled = client.post("/sample", json={"family": "matrix_inverse@1", "params": params, "slots": list(range(50))})
    problems = sampled.json()["problems"]
    replies = [sampled.text]
    for p in problems:
        items = [{"id": p["id"], "completion": text} for text in ("<answer>[[1,2,3],[4,5,6],[7,8,9]]</answer>", "?")]
        replies += [
            client.post("/score", json={"items": items}).text,
            client.get("/problem", params={"id": p["id"]}).text,
        ]
    everything = "".join(replies)
    for p in problems:
        inverse = problem(p["id"]).right  # type: ignore[attr-defined]
        long = [str(x) for row in inverse for x in row if len(str(x)) > 12]
        assert long
        assert not any(x in everything for x in long)


BAD_REQUESTS: list[tuple[str, dict[str, Any], int, str]] = [
    ("/sample", {}, 422, "slots"),
    ("/sample", {"slots": [0]}, 422, "either a curriculum or a family"),
    ("/sample", {"curriculum": "inverse", "family": "matrix_inverse@1", "slots": [0]}, 422, "either"),
    ("/sample", {"curriculum": "inverse", "slots": []}, 422, "slots"),
    ("/sample", {"curriculum": "inverse", "slots": [-1]}, 422, "slots.0"),
    ("/sample", {"curriculum": "inverse", "slots": [2**53]}, 422, "slots.0"),
    ("/sample", {"curriculum": "inverse", "slots": ["a"]}, 422, "slots.0"),
    ("/sample", {"curriculum": "inverse", "slots": list(range(1_025))}, 422, "slots"),
    ("/sample", {"curriculum": "inverse", "slots": [0], "sed": 1}, 422, "sed"),
    ("/sample", {"curriculum": "inverse", "slots": [0], "split": "validation"}, 422, "split"),
    ("/sample", {"curriculum": "invers", "slots": [0]}, 404, "did you mean 'inverse'"),
    ("/sample", {"curriculum": "inverse", "slots": [0], "stage": "sheer"}, 404, "did you mean 'shear'"),
    ("/sample", {"curriculum": "inverse", "slots": [0], "style": "fancy"}, 404, "unknown style"),
    ("/sample", {"curriculum": "inverse", "slots": [0], "noise": 1.5}, 422, "noise"),
    ("/sample", {"family": "matrix_invers@1", "params": {}, "slots": [0]}, 404, "did you mean 'matrix_inverse'"),
    ("/sample", {"family": "matrix_inverse", "params": {}, "slots": [0]}, 422, "matrix_inverse@1"),
    ("/sample", {"family": "matrix_inverse@1", "params": {"kind": "scaler"}, "slots": [0]}, 404, "'scalar'"),
    ("/sample", {"family": "matrix_inverse@1", "params": {"kind": "scalar", "bound": 1e9}, "slots": [0]}, 404, "bound"),
    ("/sample", {"family": "matrix_inverse@1", "params": {"kind": "scalar"}, "slots": [0]}, 404, "missing"),
    ("/sample", {"family": "matrix_inverse@1", "params": {"kind": [1]}, "slots": [0]}, 422, "params"),
    ("/score", {"items": []}, 422, "items"),
    ("/score", {"items": [{"id": SHEAR, "completion": 5}]}, 422, "completion"),
    ("/score", {"items": [{"id": SHEAR, "completion": "", "extra": 1}]}, 422, "extra"),
    ("/score", {"items": [{"id": SHEAR, "completion": ""}], "reward": {"weights": {}}}, 422, "reward"),
    ("/advance", {"curriculum": "inverse", "training": {"scalar": {"n": -1, "successes": 0}}}, 422, "training"),
    ("/advance", {"curriculum": "inverse", "training": {"nope": {"n": 1, "successes": 0}}}, 404, "no stage"),
    (
        "/advance",
        {"curriculum": "inverse", "progress": {"curriculum": "x", "stages": {"a": {"seen": -1}}}},
        422,
        "seen",
    ),
    ("/advance", {"curriculum": "inverse", "held_out": [{"id": "x", "sampled": True}]}, 409, "no look"),
    ("/advance", {"curriculum": "inverse", "progress": {"curriculum": "x", "stages": {"a" * 99: {}}}}, 422, "stages"),
    ("/sample", {"family": "matrix_inverse@1", "params": {"kind": "x" * 999}, "slots": [0]}, 422, "params"),
    ("/nothing", {}, 404, ""),
]


@pytest.mark.parametrize(("path", "body", "status", "says"), BAD_REQUESTS)
def test_bad_requests(client: TestClient, path: str, body: dict[str, Any], status: int, says: str) -> None:
    response = client.post(path, json=body)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["status"] == status
    assert says in f"{error['message']} {error['part']}"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1, 2", b"null", b"\xff\xfe", b'{"slots": [NaN]}', b"[" * 100_000, b'"\\ud800"', b"1" * 9_000]
)
def test_bodies_that_are_no_json_at_all(client: TestClient, body: bytes) -> None:
    for path in ("/sample", "/score", "/advance"):
        response = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 422
        assert response.json()["error"]["code"] == "invalid_request"


def test_a_fault_in_one_judgement_spoils_that_item_only(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from generators.linear_algebra.matrix_inverse.family import MatrixInverse

    judge = MatrixInverse.judge

    def faulty(self: MatrixInverse, completion: str, truncated: bool = False) -> Any:
        if completion == "boom":
            raise RuntimeError("a fault of ours")
        return judge(self, completion, truncated)

    monkeypatch.setattr(MatrixInverse, "judge", faulty)
    items = [{"id": SHEAR, "completion": text} for text in ("boom", _right())]
    verdicts = _post(client, "/score", items=items)["verdicts"]
    assert [v["outcome"] for v in verdicts] == ["unscored", "correct"]
    assert verdicts[0]["reward"] is None
    assert verdicts[0]["error"]["status"] == 500
    assert "fault of ours" not in str(verdicts)


def test_slow_senders_hold_no_place() -> None:
    """A body that never ends is refused after the time allowed; until then the one place in flight stays free."""
    app = create_app(Settings(max_in_flight=1, body_timeout_s=0.2))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/score",
        "raw_path": b"/score",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "query_string": b"",
    }

    async def status(receive: Any) -> int:
        seen: list[int] = []

        async def send(message: Any) -> None:
            seen.extend([message["status"]] if message["type"] == "http.response.start" else [])

        await app(dict(scope), receive, send)
        return seen[0]

    async def stalled() -> Any:
        await asyncio.Event().wait()

    async def quick() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def scenario() -> list[int]:
        return await asyncio.gather(*(status(receive) for receive in (stalled, stalled, quick)))

    assert asyncio.run(scenario()) == [408, 408, 422]


class _Sender:
    """Sends a part of a body and, once it is told to, goes away."""

    def __init__(self, part: bytes, leaves: asyncio.Event) -> None:
        self._parts = iter([part])
        self._leaves = leaves

    async def __call__(self) -> Any:
        if (part := next(self._parts, None)) is not None:
            return {"type": "http.request", "body": part, "more_body": True}
        await self._leaves.wait()
        return {"type": "http.disconnect"}


async def _whole() -> Any:
    return {"type": "http.request", "body": b"{}", "more_body": False}


def test_so_many_bodies_may_arrive_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes that have come wait for those that have not: they are counted; a small body is let in all the same."""
    monkeypatch.setattr("envserver.http.limits._SMALL", 100)
    seen: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: Any) -> None:
        seen.extend([message["status"]] if message["type"] == "http.response.start" else [])

    async def scenario() -> None:
        leaves = asyncio.Event()
        middleware = LimitMiddleware(app, InFlight(64), max_body_bytes=1_000, body_timeout_s=30)
        scope = {"type": "http", "method": "POST", "headers": []}
        slow = [asyncio.create_task(middleware(dict(scope), _Sender(b"x" * 900, leaves), send)) for _ in range(20)]
        while len(seen) < 3:
            await asyncio.sleep(0)
        await middleware(dict(scope), _whole, send)
        leaves.set()
        await asyncio.gather(*slow)

    asyncio.run(asyncio.wait_for(scenario(), 30))
    assert seen == [429, 429, 429, 200], "17 of 900 bytes are 15,300 of 16,000; who leaves is not answered"


def test_a_crowd_with_a_number_that_is_none_is_a_crowd(client: TestClient) -> None:
    crowd = ", ".join(f'"k{at}": 1' for at in range(60_000))
    reply = client.post(
        "/score", content=f'{{"items": [], "z": NaN, {crowd}}}', headers={"content-type": "application/json"}
    )
    assert reply.status_code == 422
    assert "at most 1,024 keys" in reply.text


@pytest.mark.parametrize(
    ("name", "limit", "body"),
    [("MAX_BODY_BYTES", 4_096, "x" * 5_000), ("MAX_COMPLETION_CHARS", 300, "x" * 301)],
)
def test_limits_are_the_operators(monkeypatch: pytest.MonkeyPatch, name: str, limit: int, body: str) -> None:
    monkeypatch.setenv(f"ECHELON_{name}", str(limit))
    with TestClient(create_app(Settings()), base_url="http://localhost") as http:
        assert http.get("/limits").json()[name.lower()] == limit
        reply = http.post("/score", json={"items": [{"id": SHEAR, "completion": body}]})
        over = reply.status_code == 413 if name == "MAX_BODY_BYTES" else _outcome(reply) == "malformed"
        assert over
        assert _outcome(http.post("/score", json={"items": [{"id": SHEAR, "completion": body[:290]}]})) != "unscored"


def _outcome(reply: Any) -> str:
    return str(reply.json()["verdicts"][0]["outcome"])


def test_large_bodies_are_413(client: TestClient) -> None:
    body = json.dumps({"items": [{"id": SHEAR, "completion": "x" * 10_000_000}]})
    response = client.post("/score", content=body)
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"

    def chunks() -> Any:  # without a declared length
        for _ in range(100):
            yield b" " * 100_000

    assert client.post("/score", content=chunks()).status_code == 413


def test_too_many_in_flight_is_429() -> None:
    app = create_app(Settings(max_in_flight=1))
    with TestClient(app, base_url="http://localhost") as http:
        assert http.get("/limits").json()["max_in_flight"] == 1
        middleware = app.middleware_stack
        while not isinstance(middleware, LimitMiddleware):
            middleware = middleware.app  # type: ignore[union-attr]
        middleware.in_flight.now = 1
        response = http.post("/score", json={"items": [{"id": SHEAR, "completion": ""}]})
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "1"
        assert http.get("/healthz").status_code == 200
        middleware.in_flight.now = 0
        assert http.post("/score", json={"items": [{"id": SHEAR, "completion": ""}]}).status_code == 200


def test_the_catalogue(client: TestClient) -> None:
    families = client.get("/families").json()
    assert [family["name"] for family in families] == list(FAMILIES)
    assert families[0]["kinds"]["random"]["properties"]["determinant"]["enum"] == ["unit", "small", "any"]
    assert "transpose" in families[0]["transforms"]["random"]
    for family in families:
        assert family["example"]["prompt"]
        assert set(family["examples"]) == set(family["kinds"])
        assert all(client.get("/problem", params={"id": one}).status_code == 200 for one in family["examples"].values())
    for curriculum in client.get("/curricula").json():
        examples = [stage["example"] for stage in curriculum["stages"]]
        assert all(client.get("/problem", params={"id": one}).status_code == 200 for one in examples)
        assert all(("/test/" in one) == curriculum["test_only"] for one in examples)
    assert next(s["name"] for s in _curriculum(client)["stages"]) == "scalar"
    assert client.get("/openapi.json").status_code == 200
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"items": [{"id": "x", "actions": [0] * 1_024}] * 1_024}, "values"),
        ({"items": [{"id": "x", "actions": [0] * 1_024}] * 60}, "items.0.actions.0"),
        ({"items": [{"id": "x", "completion": "1", **{f"k{i}": 0 for i in range(50_000)}}]}, "keys"),
        ({"items": [{"id": 1}] * 1_024}, "items.0.id"),
    ],
)
def test_a_body_with_very_much_wrong_is_answered_by_its_first_fault(
    client: TestClient, body: dict[str, Any], says: str
) -> None:
    """Not by a list of a million: that took gigabytes, and everybody else waited."""
    response = client.post("/score", json=body)
    assert response.status_code == 422
    assert says in response.json()["error"]["message"]
    assert "and 1" not in response.json()["error"]["message"]


def test_long_answers_are_heavy() -> None:
    from envserver.episodes import weight
    from envserver.wire import ScoreItem

    long = "x" * 64_000
    for item in (
        ScoreItem(id=SHEAR, completion=long),
        ScoreItem(id=SHEAR, completion="1", original=long),
        ScoreItem.model_validate({"id": SHEAR, "completion": [{"role": "assistant", "content": long}]}),
        ScoreItem(id=SHEAR, actions=[long]),
    ):
        assert weight([item]) > 100
    assert weight([ScoreItem(id=SHEAR, completion="1")]) == 1


def test_what_is_no_path_is_answered_too(client: TestClient) -> None:
    import asyncio

    told: list[Any] = []
    scope = {"type": "http", "method": "OPTIONS", "path": "*", "raw_path": b"*", "query_string": b""}

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(client.app({**scope, "headers": [(b"host", b"localhost")]}, receive, send))  # type: ignore[arg-type]
    assert told[0]["status"] in (403, 404, 405)
    assert (b"x-content-type-options", b"nosniff") in told[0]["headers"]
