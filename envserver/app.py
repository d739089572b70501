"""The HTTP application: routes of a few lines each, and errors to status codes."""

import logging
from functools import cache, partial
from typing import Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from envserver import wire
from envserver.catalogue import describe_curriculum, describe_family
from envserver.episodes import weight
from envserver.errors import EXPECTED, error_body, invalid
from envserver.limits import LimitMiddleware
from envserver.service import Service
from envserver.sets import served
from envserver.settings import Settings
from generators.families import FAMILIES
from generators.reasoning_gym_adapter.family import adapted, names

_log = logging.getLogger(__name__)

# Batches up to here are worked off on the event loop, where a thread would cost more than it spares the others.
_AT_ONCE = 128
_AT_A_TIME = 64  # requests in threads; more queue, up to `max_in_flight`
_ERRORS: dict[int | str, dict[str, object]] = {
    status: {"description": text, "content": {"application/json": {}}}
    for status, text in {
        403: "not permitted",
        404: "no such thing",
        408: "slow",
        409: "stale",
        413: "too large",
        422: "invalid",
        429: "busy",
        503: "not to be had now",
    }.items()
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; raises `BadCurriculum` when a curriculum file cannot be served."""
    settings = settings or Settings()
    curricula = served(settings)
    for curriculum in curricula.values():
        if curriculum.disabled:
            _log.warning("the curriculum %s is not served: %s", curriculum.name, curriculum.disabled)
    service = Service(curricula, settings.reveal, settings.max_completion_chars)
    app = FastAPI(title="Echelon", summary="Staged problems with exact answers", responses=_ERRORS)
    app.add_middleware(
        LimitMiddleware,
        max_body_bytes=settings.max_body_bytes,
        max_in_flight=settings.max_in_flight,
        body_timeout_s=settings.body_timeout_s,
    )
    _handle_errors(app)
    _add_batch_routes(app, service)
    _add_catalogue_routes(app, service, settings)
    return app


def _add_batch_routes(app: FastAPI, service: Service) -> None:
    # Threads of their own: programs that take long must not keep looks and lists waiting.
    in_a_thread = partial(run_sync, limiter=CapacityLimiter(_AT_A_TIME))

    @app.post("/sample", response_model=wire.SampleReply)
    async def sample(request: wire.SampleRequest) -> Response:
        """Return the problem of every slot. A pure function: same body, same reply."""
        enumerates = request.split != "train" or request.pooled  # a pool, if nobody has asked for it before
        if not enumerates and len(request.slots) <= _AT_ONCE and not service.waits(request):
            return _json(service.sample(request))
        return _json(await in_a_thread(service.sample, request))

    @app.post("/score", response_model=wire.ScoreReply)
    async def score(request: wire.ScoreRequest) -> Response:
        """Judge finished answers, in order. The only judge."""
        if weight(request.items) <= _AT_ONCE and not service.waits(request):
            return _json(service.score(request))
        return _json(await in_a_thread(service.score, request))

    @app.post("/play", response_model=wire.PlayReply)
    async def play(request: wire.PlayRequest) -> Response:
        """Replay episodes and answer what is seen after the last action; no judgement, nothing is kept."""
        if weight(request.items) <= _AT_ONCE:
            return _json(service.play(request))
        return _json(await in_a_thread(service.play, request))

    @app.post("/advance", response_model=wire.AdvanceReply)
    async def advance(request: wire.AdvanceRequest) -> Response:
        """Fold training reports and the results of a look into progress."""
        return _json(await run_in_threadpool(service.advance, request))


def _add_catalogue_routes(app: FastAPI, service: Service, settings: Settings) -> None:
    curricula = [describe_curriculum(c) for c in service.curricula.values()]
    families = [describe_family(f, service) for f in FAMILIES.values()]

    @app.get("/curricula")
    async def all_curricula() -> list[wire.CurriculumOut]:
        """List the curricula with their stages."""
        return curricula

    @app.get("/families")
    async def all_families(group: Literal["own", "reasoning_gym"] = "own") -> list[wire.FamilyOut]:
        """List the families with JSON Schemas of their parameters and an example; reasoning-gym's take a while."""
        return families if group == "own" else await run_in_threadpool(adapted_families)

    @cache
    def adapted_families() -> list[wire.FamilyOut]:
        return [describe_family(adapted(name), service) for name in names()]

    @app.get("/problem")
    async def problem(id: str) -> wire.ProblemOut:
        """Return one problem by its id."""
        return await run_in_threadpool(service.problem, id)

    @app.get("/limits")
    async def limits() -> wire.Limits:
        """Say what one request may hold."""
        return wire.Limits(
            max_body_bytes=settings.max_body_bytes,
            max_slots=wire.MAX_SLOTS,
            max_items=wire.MAX_ITEMS,
            max_completion_chars=settings.max_completion_chars,
            max_in_flight=settings.max_in_flight,
        )

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process lives."""
        return {"status": "ok"}


def _json(reply: BaseModel) -> Response:
    # Serialised once, by pydantic: returning the model would have FastAPI validate it again.
    return Response(reply.model_dump_json(), media_type="application/json")


def _handle_errors(app: FastAPI) -> None:
    def answer(body: wire.ErrorBody) -> JSONResponse:
        return JSONResponse({"error": body.model_dump()}, body.status)

    async def expected(request: Request, error: Exception) -> Response:
        return answer(error_body(error))

    async def unreadable(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(invalid(error.errors()))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = 422 if error.status_code == 400 else error.status_code  # 400: a body that is not JSON at all
        code = {404: "not_found", 405: "method_not_allowed", 422: "invalid_request"}.get(status, "http")
        return answer(wire.ErrorBody(status=status, code=code, message=str(error.detail)))

    async def unexpected(request: Request, error: Exception) -> Response:
        return answer(wire.ErrorBody(status=500, code="internal", message="a fault of the server; see its log"))

    app.add_exception_handler(Exception, unexpected)
    for kind in EXPECTED:
        app.add_exception_handler(kind, expected)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, http)
