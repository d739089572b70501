"""The client awaited, and a server in this process: the same calls, the same verdicts, the same patience."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from envserver.app import create_app
from envserver.settings import Settings
from envserver.wire import PlayItem, SampleRequest, ScoreItem
from generators.families import problem
from trainer_client.client import EnvClient
from trainer_client.client.async_client import AsyncEnvClient
from trainer_client.client.in_process import InProcess
from trainer_client.errors import ServerRefused, ServerUnreachable

ASKED = SampleRequest(curriculum="inverse", stage="shear", slots=[0])


@pytest.fixture(scope="module")
def application() -> Any:
    return create_app(Settings(database_url="none"))


@pytest.fixture
def here(application: Any) -> Iterator[EnvClient]:
    with EnvClient(transport=InProcess(application)) as client:
        yield client


def _awaited(application: Any) -> AsyncEnvClient:
    return AsyncEnvClient(transport=httpx.ASGITransport(application, raise_app_exceptions=False))


def test_no_server_is_needed(here: EnvClient) -> None:
    posed = here.sample(ASKED, slots=range(1_500))
    assert [one.slot for one in posed] == list(range(1_500))
    right = problem(posed[0].id).reveal("answer")
    verdicts = here.score([ScoreItem(id=posed[0].id, completion=text) for text in (right, "1", right)])
    assert [one.reward for one in verdicts] == [1.0, 0.0, 1.0]
    assert here.play([PlayItem(id=posed[0].id)])[0].observations
    assert here.seconds > 0
    with pytest.raises(ServerRefused, match="no curriculum 'none'"):
        here.curriculum("none")


def test_awaited_it_says_the_same(here: EnvClient, application: Any) -> None:
    async def asked() -> tuple[Any, ...]:
        async with _awaited(application) as client:
            posed = await client.sample(ASKED, slots=range(1_100))
            items = [ScoreItem(id=one.id, completion="1,0;0,1") for one in posed[:3]]
            scored = await asyncio.gather(*(client.score([item]) for item in items))
            played = await client.play([PlayItem(id=posed[0].id)])
            return posed, items, scored, played, await client.curriculum("inverse")

    posed, items, scored, played, curriculum = asyncio.run(asked())
    assert posed == here.sample(ASKED, slots=range(1_100))
    timeless = {"verify_ms": 0.0, "queue_ms": 0.0}
    assert [one.model_copy(update=timeless) for [one] in scored] == [
        one.model_copy(update=timeless) for one in here.score(items)
    ]
    assert played == here.play([PlayItem(id=posed[0].id)])
    assert curriculum == here.curriculum("inverse")


def test_awaited_it_is_as_patient_and_no_more() -> None:
    waits: list[float] = []
    replies = iter([httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(503), httpx.ConnectError("no")])

    def answer(request: httpx.Request) -> httpx.Response:
        came = next(replies, httpx.Response(200, json=[]))
        if isinstance(came, Exception):
            raise came
        return came

    async def slept(seconds: float) -> None:
        waits.append(seconds)

    async def asked(deadline_s: float) -> None:
        transport = httpx.MockTransport(answer)
        async with AsyncEnvClient(transport=transport, sleep=slept, deadline_s=deadline_s) as client:
            await client.curriculum("inverse")

    with pytest.raises(ServerRefused, match="no curriculum"):
        asyncio.run(asked(60.0))
    assert len(waits) == 3
    assert waits[0] >= 3.0
    replies = iter([httpx.Response(503, headers={"Retry-After": "30"})])
    with pytest.raises(ServerUnreachable, match="status 503"):
        asyncio.run(asked(10.0))
    replies = iter([httpx.Response(422, json={"error": {"message": "no such thing"}})])
    with pytest.raises(ServerRefused, match="no such thing"):
        asyncio.run(asked(10.0))


def test_a_fault_of_the_application_is_tried_again_and_no_exception_of_its(application: Any) -> None:
    calls: list[str] = []

    async def failing(scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope["path"])
        if len(calls) == 1:
            raise ValueError("planted")
        await application(scope, receive, send)

    with EnvClient(transport=InProcess(failing), sleep=lambda seconds: None) as client:
        assert client.limits.max_items
    assert calls == ["/limits", "/limits"]


def test_it_is_importable_without_torch_and_without_the_server() -> None:
    program = (
        "import sys; from trainer_client.client import async_client, env_client, in_process;"
        "print([m for m in sys.modules if m.partition('.')[0] in ('torch', 'transformers', 'trl', 'fastapi')])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
