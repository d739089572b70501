"""The HTTP client for an event loop: the calls of `EnvClient`, awaited.

async with AsyncEnvClient("http://127.0.0.1:8000") as env:
    problems = await env.sample(SampleRequest(curriculum="inverse", slots=[0, 1]))
    verdicts = await env.score([ScoreItem(id=problems[0].id, completion="...")])
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

import httpx

from envserver.wire import (
    AdvanceReply,
    AdvanceRequest,
    CurriculumOut,
    Limits,
    PlayedOut,
    PlayItem,
    ProblemOut,
    Reward,
    RunContext,
    SampleRequest,
    ScoreItem,
    VerdictOut,
)
from trainer_client.client import calls
from trainer_client.client.api_token import authorization
from trainer_client.client.calls import Call, Calls
from trainer_client.client.env_client import HERE
from trainer_client.client.patience import CALL_S, Patience

T = TypeVar("T")


class AsyncEnvClient:
    """One server. Any number of calls may wait at once; `transport` may be `httpx.ASGITransport(create_app(...))`."""

    def __init__(
        self,
        url: str = HERE,
        deadline_s: float = 120.0,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        token: str | None = None,
    ) -> None:
        headers = authorization(token)
        self._http = httpx.AsyncClient(base_url=url, timeout=CALL_S, transport=transport, headers=headers)
        self._deadline_s = deadline_s
        self._sleep = sleep
        self._limits: Limits | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def limits(self) -> Limits:
        """Return what one request may hold; asked for once."""
        if self._limits is None:
            self._limits = await self._done(calls.limits())
        return self._limits

    async def curriculum(self, name: str) -> CurriculumOut:
        """See `EnvClient.curriculum`."""
        return await self._done(calls.curriculum(name))

    async def sample(self, request: SampleRequest, slots: Sequence[int] | None = None) -> list[ProblemOut]:
        """See `EnvClient.sample`."""
        return await self._done(calls.sample(await self.limits(), request, slots))

    async def score(
        self,
        items: Sequence[ScoreItem],
        curriculum: str | None = None,
        reward: Reward | None = None,
        run: RunContext | None = None,
    ) -> list[VerdictOut]:
        """See `EnvClient.score`."""
        return await self._done(calls.score(await self.limits(), items, curriculum, reward, run))

    async def play(self, items: Sequence[PlayItem]) -> list[PlayedOut]:
        """See `EnvClient.play`."""
        return await self._done(calls.play(await self.limits(), items))

    async def advance(self, request: AdvanceRequest) -> AdvanceReply:
        """See `EnvClient.advance`."""
        return await self._done(calls.advance(request))

    async def _done(self, asked: Calls[T]) -> T:
        try:
            call = next(asked)
            while True:
                call = asked.send(await self._call(call))
        except StopIteration as end:
            value: T = end.value
            return value

    async def _call(self, call: Call) -> bytes:
        if call.after_s:
            await self._sleep(call.after_s)
        patience = Patience(f"{self._http.base_url}{call.path}", call.deadline(self._deadline_s))
        while True:
            came: httpx.Response | httpx.TransportError
            try:
                came = await self._http.request(
                    call.method,
                    call.path,
                    content=call.body,
                    headers={"Content-Type": "application/json"},
                    timeout=patience.timeout,
                )
                if came.status_code == 200:
                    return came.content
            except httpx.TransportError as error:
                came = error
            await self._sleep(patience.pause(came))
