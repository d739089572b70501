"""Every request gets an id, is counted, and leaves a line in the log if it went wrong, or if all are to."""

import logging
import re
import secrets
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from envserver.http.scopes import first_part
from envserver.logs import request_id
from envserver.metrics import Metrics

_log = logging.getLogger("envserver.requests")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# A name from outside never becomes a label.
_ENDPOINTS = frozenset(("sample", "score", "play", "advance", "curricula", "families", "problem", "limits"))
_ENDPOINTS |= {"runs", "rollouts", "healthz", "readyz", "metrics", "docs", "openapi.json", "ui"}
_ENDPOINTS |= {"reset", "step", "state", "schema", "metadata", "mcp", "health", "nemo"}  # of others
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class ObservedMiddleware:
    """The outermost one, so that what others refuse is seen too; pure ASGI."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log_all: bool) -> None:
        self.app = app
        self.metrics = metrics
        self.log_all = log_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        name = given if _ID.fullmatch(given) else secrets.token_hex(8)
        request_id.set(name)
        status = 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", name.encode())]
            await send(message)

        try:
            await self.app(scope, receive, told)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        endpoint = first_part(scope["path"]) or "start"
        endpoint = endpoint if endpoint in _ENDPOINTS or endpoint == "start" else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.answered(endpoint, method, status, seconds)
        if status >= 400 or self.log_all:
            level = logging.ERROR if status >= 500 else logging.INFO
            told = {"endpoint": endpoint, "method": method, "status": status, "ms": round(1_000 * seconds, 2)}
            _log.log(level, "%s /%s %d", method, endpoint, status, extra=told)
