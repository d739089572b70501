"""A server in this process, for tests and notebooks: no port, no second process.

from envserver.app import create_app
from envserver.settings import Settings

with EnvClient(transport=InProcess(create_app(Settings(database_url="none")))) as env:
    ...
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

Application = Callable[..., Awaitable[Any]]


class InProcess(httpx.BaseTransport):
    """Hands requests to an ASGI application that runs in a thread of its own."""

    def __init__(self, application: Application) -> None:
        self._asgi = httpx.ASGITransport(application, raise_app_exceptions=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="echelon-in-process", daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        return asyncio.run_coroutine_threadsafe(self._answered(request), self._loop).result()

    def close(self) -> None:
        """End the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        # Read whole on either side: the streams of the two worlds do not fit each other.
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        came = await self._asgi.handle_async_request(sent)
        return httpx.Response(came.status_code, headers=came.headers, content=await came.aread())
