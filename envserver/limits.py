"""Limits that hold before a request is worked on: the size of its body, its arrival, how many are in flight."""

import asyncio

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from envserver.wire import ErrorBody


class LimitMiddleware:
    """Reads the body itself and answers 408, 413 and 429; pure ASGI.

    A request is in flight once its body is there: slow senders hold no place.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_in_flight: int, body_timeout_s: float) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.max_in_flight = max_in_flight
        self.body_timeout_s = body_timeout_s
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        refusal, body = await self._body(scope, receive)
        if refusal is None and self.in_flight >= self.max_in_flight:
            refusal = _refusal(429, "busy", "too many requests in flight", {"Retry-After": "1"})
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self.in_flight += 1
        try:
            await self.app(scope, _replay(body, receive), send)
        finally:
            self.in_flight -= 1

    async def _body(self, scope: Scope, receive: Receive) -> tuple[JSONResponse | None, bytes]:
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.max_body_bytes:
            return self._too_large(), b""
        try:
            async with asyncio.timeout(self.body_timeout_s):
                return await self._read(receive)
        except TimeoutError:
            return _refusal(408, "slow", f"the body did not arrive within {self.body_timeout_s:g} s", {}), b""

    async def _read(self, receive: Receive) -> tuple[JSONResponse | None, bytes]:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.max_body_bytes:
                return self._too_large(), b""
            if not message.get("more_body"):
                return None, b"".join(parts)

    def _too_large(self) -> JSONResponse:
        return _refusal(413, "too_large", f"a body has at most {self.max_body_bytes} bytes", {})


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body once, and then what the server has to say."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _refusal(status: int, code: str, message: str, headers: dict[str, str]) -> JSONResponse:
    body = ErrorBody(status=status, code=code, message=message)
    return JSONResponse({"error": body.model_dump()}, status, headers)
