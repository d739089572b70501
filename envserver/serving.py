"""A server, or several workers on one port: what they share, and how they end."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from envserver.app import create_app
from envserver.logs import configure_logs
from envserver.metrics import SHARED, forget_the_dead
from envserver.settings import Settings
from envserver.store.database import Database
from envserver.store.errors import StoreUnavailable
from envserver.store.tokens import all_tokens


def run_server(given: Mapping[str, object], workers: int) -> None:
    """Serve until told to end; what is `given` outweighs the environment, and workers read it from there."""
    named = {
        f"ECHELON_{name.upper()}": str(int(value) if isinstance(value, bool) else value)
        for name, value in given.items()
    }
    with _environment(named):
        settings = Settings()
        configure_logs(settings.log_format, settings.log_level)
        _refuse_without_tokens(settings)
        if workers == 1:
            _serve(settings)
            return
        with tempfile.TemporaryDirectory(prefix="echelon-metrics-") as folder, _environment({SHARED: folder}):
            _serve(settings, workers)


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """Have these variables, for this process and those it starts, until the block is over."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(settings: Settings, workers: int = 1) -> None:
    # What cannot be served is said here, by one process, and not by each of its workers.
    application = create_app(settings)
    uvicorn.run(
        application if workers == 1 else f"{__name__}:worker",
        factory=workers > 1,
        workers=workers,
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        log_config=None,
        ws_max_size=settings.max_body_bytes,
        timeout_graceful_shutdown=round(settings.shutdown_s),
    )


def worker() -> FastAPI:
    """Build the application of one of several workers."""
    settings = Settings()
    configure_logs(settings.log_format, settings.log_level)
    forget_the_dead()
    return create_app(settings)


def _refuse_without_tokens(settings: Settings) -> None:
    """End where nobody could get in, or anybody would who was not meant to."""
    if not settings.wants_tokens:
        return
    if not settings.keeps:
        sys.exit("echelon-server: tokens are kept in the store: give it one, or say ECHELON_ACCESS=open")
    database = Database(settings.database_url, settings.store_timeout_s)
    now = time.time()
    try:
        found = all_tokens(database)
    except StoreUnavailable:
        if database.is_file:
            raise
        return  # nobody is let in before it comes
    if not any(token.valid(now) for token in found):
        sys.exit(
            f"echelon-server: on {settings.host} a token is needed, and there is none that is valid: make one by\n"
            "  echelon-server token create NAME --scope sample --scope score\n"
            "or let everybody in who reaches it: ECHELON_ACCESS=open"
        )
    database.close()
