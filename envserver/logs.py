"""Logs: a line per event, as text or JSON, with the id of the request; never what an exception quotes.

The message of an exception may hold a part of an answer or of what a caller sent; its type and its place tell enough.
"""

import logging
import sys
import traceback
from contextvars import ContextVar
from types import TracebackType
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="-")

LogFormat = Literal["auto", "text", "json"]
_Told = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure_logs(form: LogFormat, level: str) -> None:
    """Send everything that is logged in this process to standard error; `auto` is text on a terminal, else JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_with_request_id)
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler.setFormatter(_Text() if as_text else _Json())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for library in ("alembic", "httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _with_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True


def discreet(error: BaseException) -> str:
    """Return where an exception and its causes come from, without what they say."""
    lines: list[str] = []
    at: BaseException | None = error
    while at is not None:
        lines += ["Traceback:", *(line.rstrip() for line in traceback.format_tb(at.__traceback__)), type(at).__name__]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(lines)


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")

    def formatException(self, ei: _Told) -> str:
        return discreet(ei[1]) if ei[1] is not None else ""


class _Json(JsonFormatter):
    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )

    def formatException(self, ei: _Told) -> str:
        return discreet(ei[1]) if ei[1] is not None else ""
