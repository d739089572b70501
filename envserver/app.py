"""The HTTP application: what is served, kept and counted, put together; errors to status codes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from envserver.batch_routes import batch_routes
from envserver.catalogue_routes import catalogue_routes
from envserver.errors import EXPECTED
from envserver.http.access import AccessMiddleware, Tokens
from envserver.http.failures import failed
from envserver.http.hosts import HostMiddleware
from envserver.http.limits import InFlight, LimitMiddleware
from envserver.http.observed import ObservedMiddleware
from envserver.http.routing import DirectMiddleware
from envserver.http.scopes import SCOPES, is_page
from envserver.http.threads import AT_A_TIME
from envserver.judging import Judge
from envserver.metrics import Metrics
from envserver.operation_routes import operation_routes
from envserver.pages.routes import error_page, page_routes
from envserver.protocols.nemo_gym import nemo_gym_routes
from envserver.protocols.openenv import openenv_routes
from envserver.run_routes import run_routes
from envserver.service import Service
from envserver.sets import served
from envserver.settings import Settings
from envserver.store.database import Database
from envserver.store.errors import StoreUnavailable
from envserver.store.store import Store

_log = logging.getLogger(__name__)
_ERRORS: dict[int | str, dict[str, object]] = {
    status: {"description": text, "content": {"application/json": {}}}
    for status, text in {
        401: "no valid token",
        403: "not permitted",
        404: "no such thing",
        408: "slow",
        409: "stale, or taken",
        413: "too large",
        421: "another host's name",
        422: "invalid",
        429: "busy",
        503: "not to be had now",
    }.items()
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; raises `BadCurriculum` or `StoreUnavailable` where it cannot serve."""
    settings = settings or Settings()
    curricula = served(settings)
    for curriculum in curricula.values():
        if curriculum.disabled:
            _log.warning("the curriculum %s is not served: %s", curriculum.name, curriculum.disabled)
    metrics = Metrics()
    store = _store(settings, metrics)
    service = Service(curricula, settings.max_completion_chars)
    app = FastAPI(
        title="Echelon",
        summary="Staged problems with exact answers",
        responses=_ERRORS,
        lifespan=_lifespan(store),
        docs_url=None,  # operation_routes.py has it, with a policy that lets its page load
        redoc_url=None,
    )
    # Threads of their own: programs that take long must not keep looks and lists waiting.
    threads = CapacityLimiter(AT_A_TIME)
    judge = Judge(service, store, metrics, threads)
    batches = batch_routes(service, judge, threads)
    tokens = _tokens(settings, store)
    _add_middleware(app, settings, tokens, metrics, batches)
    _handle_errors(app)
    for router in (
        batches,
        catalogue_routes(service, settings),
        run_routes(store),
        operation_routes(store, metrics),
        page_routes(service, judge, store, tokens),
        openenv_routes(service, judge),
        nemo_gym_routes(service, judge),
    ):
        app.include_router(router)
    return app


def _store(settings: Settings, metrics: Metrics) -> Store | None:
    """Return the store; a file that cannot be had is said at the start, a database elsewhere may still come."""
    if not settings.keeps:
        return None
    database = Database(settings.database_url, settings.store_timeout_s)
    try:
        database.migrate()
    except StoreUnavailable as error:
        if database.is_file:
            raise
        _log.error("not ready: %s", error)
    return Store(database, metrics.kept, settings.keep_days)


def _tokens(settings: Settings, store: Store | None) -> Tokens | None:
    if not settings.wants_tokens:
        return None
    if store is None:
        raise StoreUnavailable("tokens are kept in the store: without one, ECHELON_ACCESS=open is all there is")
    return Tokens(store.database)


def _add_middleware(
    app: FastAPI, settings: Settings, tokens: Tokens | None, metrics: Metrics, batches: APIRouter
) -> None:
    """The last one that is added is the first that a request meets."""
    in_flight = InFlight(settings.max_in_flight, metrics.in_flight)
    app.add_middleware(DirectMiddleware, router=batches, failed=failed)
    app.add_middleware(
        LimitMiddleware,
        in_flight=in_flight,
        max_body_bytes=settings.max_body_bytes,
        body_timeout_s=settings.body_timeout_s,
    )
    # Who is on this machine may remove its runs; who merely reaches it may not.
    kept_back = ({"reveal"} if not settings.reveal else set()) | ({"admin"} if not settings.loopback else set())
    granted = frozenset(SCOPES) - kept_back
    app.add_middleware(AccessMiddleware, tokens=tokens, granted=granted)
    app.add_middleware(HostMiddleware, hosts=settings.names)
    app.add_middleware(ObservedMiddleware, metrics=metrics, log_all=settings.log_requests)


def _lifespan(store: Store | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(store.sweep()) if store else None
        yield
        if store and sweeping:
            sweeping.cancel()
            await asyncio.to_thread(store.close)

    return lifespan


def _handle_errors(app: FastAPI) -> None:
    async def handled(request: Request, error: Exception) -> Response:
        told = failed(error)
        return error_page(error, told.status_code) if is_page(request.url.path) else told

    app.add_exception_handler(Exception, handled)
    for kind in (*EXPECTED, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handled)
