"""Routes whose bodies are read once and whose replies are written once, by pydantic, straight from and to JSON.

FastAPI would parse the JSON into dictionaries, validate these, and validate the reply again; for batches that is most
of the time. The endpoint's signature still says what the OpenAPI shows.
"""

from collections.abc import Callable, Coroutine
from typing import Any, get_type_hints

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from envserver.http.crowds import refuse_crowds
from envserver.http.limits import BODY

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Failed = Callable[[Exception], Response]
_NOT_JSON = {"type": "json_type", "loc": ("body",), "msg": "send JSON, with Content-Type: application/json"}


class JsonRoute(APIRoute):
    """Calls its endpoint with the `body`, the `request`, and what the path holds."""

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        endpoint = self.endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        model: type[BaseModel] = hints.pop("body")
        path = {name: TypeAdapter(hints[name]) for name in hints if name not in ("request", "return")}

        async def handle(request: Request) -> Response:
            # A form of another site may not be taken for JSON: it needs no leave to send that.
            if not _is_json(request.headers.get("content-type", "")):
                raise RequestValidationError([_NOT_JSON])
            try:
                named = {name: kind.validate_python(request.path_params[name]) for name, kind in path.items()}
                refuse_crowds(request.scope[BODY])
                body = model.model_validate_json(request.scope[BODY])
            except ValidationError as error:
                raise RequestValidationError(error.errors(include_url=False, include_input=False)) from None
            reply: BaseModel = await endpoint(body=body, request=request, **named)
            return Response(reply.model_dump_json(), media_type="application/json")

        return handle


class DirectMiddleware:
    """Hands the requests of a router's fixed paths to their endpoints, past all that FastAPI looks through before."""

    def __init__(self, app: ASGIApp, router: APIRouter, failed: Failed) -> None:
        self.app = app
        self.failed = failed
        self.handlers: dict[tuple[str, str], Handler] = {
            (method, route.path): route.get_route_handler()
            for route in router.routes
            if isinstance(route, JsonRoute) and "{" not in route.path
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self.handlers.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if handler is None:
            await self.app(scope, receive, send)
            return
        try:
            response = await handler(Request(scope, receive))
        except Exception as error:  # any at all: past FastAPI there is nobody else to answer it
            response = self.failed(error)
        await response(scope, receive, send)


def _is_json(kind: str) -> bool:
    kind = kind.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
