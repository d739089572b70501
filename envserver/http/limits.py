"""Limits that hold before a request is worked on: the size of its body, its arrival, how many are in flight."""

import asyncio
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from envserver.http.refusals import refusal

BODY = "echelon.body"
"""Where in the ASGI scope the body of a POST is, once it was read."""


_BODIES = 16  # of the greatest size may be arriving at a time
_SMALL = 65_536  # bytes that are let in all the same: slow senders shut nobody out


class InFlight:
    """How many requests of this process are worked on or wait, and how many may; each change is told."""

    def __init__(self, most: int, changed: Callable[[int], None] = lambda now: None) -> None:
        self.most = most
        self.now = 0
        self._changed = changed

    def add(self, change: int) -> None:
        """Count one more, or one less."""
        self.now += change
        self._changed(self.now)


class LimitMiddleware:
    """Reads the body itself and answers 408, 413 and 429; pure ASGI.

    A request is in flight once its body is there: slow senders hold no place. What of bodies is still arriving is
    bounded in all.
    """

    def __init__(self, app: ASGIApp, in_flight: InFlight, max_body_bytes: int, body_timeout_s: float) -> None:
        self.app = app
        self.in_flight = in_flight
        self.max_body_bytes = max_body_bytes
        self.body_timeout_s = body_timeout_s
        self._arriving = 0
        self._most_arriving = _BODIES * max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        refused, body = await self._body(scope, receive)
        if body is None:
            return  # the sender has gone
        if refused is None and self.in_flight.now >= self.in_flight.most:
            refused = _busy("too many requests in flight")
        if refused is not None:
            await refused(scope, receive, send)
            return
        self.in_flight.add(1)
        try:
            scope[BODY] = body
            await self.app(scope, _replay(body, receive), send)
        finally:
            self.in_flight.add(-1)

    async def _body(self, scope: Scope, receive: Receive) -> tuple[JSONResponse | None, bytes | None]:
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.max_body_bytes:
            return self._too_large(), b""
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self.body_timeout_s):
                return await self._read(receive, parts)
        except TimeoutError:
            return refusal(408, "slow", f"the body did not arrive within {self.body_timeout_s:g} s", {}), b""
        finally:
            self._arriving -= sum(map(len, parts))

    async def _read(self, receive: Receive, parts: list[bytes]) -> tuple[JSONResponse | None, bytes | None]:
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None, None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            self._arriving += len(parts[-1])
            if size > self.max_body_bytes:
                return self._too_large(), b""
            if self._arriving > self._most_arriving and size > _SMALL:
                return _busy("too many bodies are arriving"), b""
            if not message.get("more_body"):
                return None, b"".join(parts)

    def _too_large(self) -> JSONResponse:
        return refusal(413, "too_large", f"a body has at most {self.max_body_bytes} bytes", {})


def _busy(why: str) -> JSONResponse:
    return refusal(429, "busy", why, {"Retry-After": "1"})


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body once, and then what the server has to say."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
