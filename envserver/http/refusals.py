"""Replies that are made before a request reaches its endpoint."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from envserver.wire import ErrorBody


def refusal(status: int, code: str, message: str, headers: Mapping[str, str]) -> JSONResponse:
    """Return a reply of the form that every error has."""
    body = ErrorBody(status=status, code=code, message=message)
    return JSONResponse({"error": body.model_dump()}, status, dict(headers))
