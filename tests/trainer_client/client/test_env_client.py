"""The client: batches, retries with a deadline, and an exception where there is no answer."""

import json
from collections.abc import Callable

import httpx
import pytest

from envserver.wire import PlayItem, SampleRequest, ScoreItem
from trainer_client.client import EnvClient
from trainer_client.errors import BadReply, ServerRefused, ServerUnreachable

LIMITS = {
    "max_body_bytes": 100_000,
    "max_slots": 3,
    "max_items": 2,
    "max_completion_chars": 1,
    "max_in_flight": 1,
}


def _client(
    handle: Callable[[httpx.Request], httpx.Response], deadline_s: float = 60.0
) -> tuple[EnvClient, list[float]]:
    pauses: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=LIMITS) if request.url.path == "/limits" else handle(request)

    transport = httpx.MockTransport(answer)
    return EnvClient("http://env", deadline_s, transport=transport, sleep=pauses.append), pauses


def _verdicts(request: httpx.Request) -> httpx.Response:
    items = json.loads(request.content)["items"]
    verdicts = [{"id": item["id"], "reward": 1.0, "outcome": "correct"} for item in items]
    return httpx.Response(200, json={"stored": False, "verdicts": verdicts})


ITEMS = [ScoreItem(id=str(i), completion="x") for i in range(5)]


def test_chunks_by_the_published_limits_in_order() -> None:
    sizes: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sizes.append(len(json.loads(request.content)["items"]))
        return _verdicts(request)

    client, _ = _client(handle)
    assert [v.id for v in client.score(ITEMS)] == ["0", "1", "2", "3", "4"]
    assert sizes == [2, 2, 1]


def test_sample_chunks_its_slots() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        slots = json.loads(request.content)["slots"]
        return httpx.Response(200, json={"curriculum": None, "problems": [{"id": "x", "slot": s} for s in slots]})

    client, _ = _client(handle)
    request = SampleRequest(curriculum="inverse", slots=[0])
    assert [p.slot for p in client.sample(request, range(7))] == list(range(7))


@pytest.mark.parametrize("fails", [2, 99])
def test_an_item_that_the_server_had_no_process_for_is_asked_again(fails: int) -> None:
    asked: list[list[int]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        slots = json.loads(request.content)["slots"]
        asked.append(slots)
        lost = {"status": 503, "code": "worker_failed", "message": "try again"} if len(asked) <= fails else None
        gone = {"status": 404, "code": "empty_slot", "message": "beyond"}
        errors = {1: lost, 2: gone}
        problems = [{"id": "x", "slot": slot, "error": errors.get(slot)} for slot in slots]
        return httpx.Response(200, json={"curriculum": None, "problems": problems})

    client, pauses = _client(handle)
    request = SampleRequest(curriculum="easy", slots=[0, 1, 2])
    if fails == 99:
        with pytest.raises(ServerUnreachable, match=r"try again \(asked 5 times\)"):
            client.sample(request)
        assert pauses == [1, 2, 4, 8]
        return
    found = client.sample(request)
    assert asked == [[0, 1, 2], [1], [1]]
    assert pauses == [1, 2]
    assert [one.error and one.error.code for one in found] == [None, None, "empty_slot"]


def test_retries_what_may_pass_and_waits_as_told() -> None:
    replies = [
        httpx.Response(429, headers={"Retry-After": "3"}),
        httpx.Response(503),
        httpx.Response(500),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ]

    def handle(request: httpx.Request) -> httpx.Response:
        if not replies:
            return _verdicts(request)
        reply = replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    client, pauses = _client(handle)
    assert len(client.score(ITEMS[:2])) == 2
    assert 3.0 <= pauses[0] < 4.5  # not all who were sent away come back together
    assert len(pauses) == 5
    assert all(0.0 < pause <= 4.5 for pause in pauses)


def test_gives_up_at_the_deadline_with_an_exception() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client, _ = _client(handle, deadline_s=0.01)
    with pytest.raises(ServerUnreachable, match="http://env/score"):
        client.score(ITEMS)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    calls: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        return httpx.Response(status, json={"error": {"message": "no such thing"}})

    client, _ = _client(handle)
    with pytest.raises(ServerRefused, match="no such thing"):
        client.score(ITEMS)
    assert calls == [1]


def test_a_bad_item_raises_and_an_unscored_one_has_no_reward() -> None:
    def reply(error: dict[str, object] | None) -> Callable[[httpx.Request], httpx.Response]:
        verdict = {"id": "0", "reward": None, "outcome": "unscored", "error": error}
        return lambda request: httpx.Response(200, json={"stored": False, "verdicts": [verdict]})

    client, _ = _client(reply({"status": 404, "code": "bad_id", "message": "unknown family"}))
    with pytest.raises(ServerRefused, match="unknown family"):
        client.score(ITEMS[:1])
    client, _ = _client(reply(None))
    assert client.score(ITEMS[:1])[0].reward is None


def test_refusals_that_are_no_json() -> None:
    client, _ = _client(lambda request: httpx.Response(404, text="<html>not here</html>"))
    with pytest.raises(ServerRefused, match="not here"):
        client.score(ITEMS)


def test_chunks_by_the_bytes_of_a_body_too() -> None:
    sizes: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sizes.append(len(json.loads(request.content)["items"]))
        assert len(request.content) <= LIMITS["max_body_bytes"]
        return _verdicts(request)

    client, _ = _client(handle)
    client.score([ScoreItem(id=str(i), completion="\u00e9" * 9_000) for i in range(4)])
    assert sizes == [1, 1, 1, 1]


def test_long_episodes_are_played_in_parts() -> None:
    sizes: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.content)["items"]
        sizes.append(len(items))
        assert len(request.content) <= LIMITS["max_body_bytes"]
        return httpx.Response(200, json={"items": [{"id": item["id"], "over": True} for item in items]})

    client, _ = _client(handle)
    played = client.play([PlayItem(id=str(i), actions=["\u00e9" * 1_000] * 9) for i in range(4)])
    assert [item.id for item in played] == ["0", "1", "2", "3"]
    assert sizes == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, text="<html>a proxy's page</html>"),
        httpx.Response(200, json={"stored": False, "verdicts": []}),
        httpx.Response(200, json={"stored": False, "verdicts": [{"id": "other", "reward": 1, "outcome": "correct"}]}),
    ],
)
def test_a_reply_that_is_none_is_an_error(reply: httpx.Response) -> None:
    client, _ = _client(lambda request: reply)
    with pytest.raises(BadReply):
        client.score(ITEMS[:1])


def test_nothing_to_judge_is_not_sent() -> None:
    client, _ = _client(lambda request: pytest.fail("asked"))
    assert client.score([]) == []
