"""Limits that hold before a body is read: its size, and how many requests are in flight."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from envserver.wire import ErrorBody


class LimitMiddleware:
    """Answers 413 and 429 itself; pure ASGI, so that nothing is buffered twice."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_in_flight: int) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.max_in_flight = max_in_flight
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        if self.in_flight >= self.max_in_flight:
            await _refusal(429, "busy", "too many requests in flight", {"Retry-After": "1"})(scope, receive, send)
            return
        self.in_flight += 1
        try:
            await self._limited(scope, receive, send)
        finally:
            self.in_flight -= 1

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        too_large = _refusal(413, "too_large", f"a body has at most {self.max_body_bytes} bytes", {})
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.max_body_bytes:
            await too_large(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            # An exception would be turned into a 400 by whoever reads the body: end it, and answer below.
            return message if read <= self.max_body_bytes else {"type": "http.request", "body": b"", "more_body": False}

        async def guarded(message: Message) -> None:
            if read <= self.max_body_bytes:
                await send(message)

        await self.app(scope, counted, guarded)
        if read > self.max_body_bytes:
            await too_large(scope, receive, send)


def _refusal(status: int, code: str, message: str, headers: dict[str, str]) -> JSONResponse:
    body = ErrorBody(status=status, code=code, message=message)
    return JSONResponse({"error": body.model_dump()}, status, headers)
