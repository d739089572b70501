"""From what was raised while a request was answered to the reply that says so."""

import logging

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from envserver.errors import EXPECTED, error_body, invalid
from envserver.wire import ErrorBody

_log = logging.getLogger(__name__)
_CODES = {404: "not_found", 405: "method_not_allowed", 422: "invalid_request"}


def failed(error: Exception) -> Response:
    """Return the reply to a request that failed; what nobody expected is logged, and its reply says nothing of it."""
    if isinstance(error, EXPECTED):
        return _reply(error_body(error))
    if isinstance(error, RequestValidationError):
        return _reply(invalid(error.errors()))
    if isinstance(error, HTTPException):
        status = 422 if error.status_code == 400 else error.status_code  # 400: a body that is not JSON at all
        reply = _reply(ErrorBody(status=status, code=_CODES.get(status, "http"), message=str(error.detail)))
        reply.headers.update(error.headers or {})
        return reply
    _log.error("a request failed", exc_info=error)
    return _reply(ErrorBody(status=500, code="internal", message="a fault of the server; see its log"))


def _reply(body: ErrorBody) -> JSONResponse:
    again = {"Retry-After": "1"} if body.status == 503 else None
    return JSONResponse({"error": body.model_dump()}, body.status, again)
