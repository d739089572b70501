"""All pages, and the files that they are made of."""

from importlib.resources import files

from fastapi import APIRouter, Response
from starlette.responses import HTMLResponse

from envserver.errors import EXPECTED, error_body
from envserver.http.access import Tokens
from envserver.judging import Judge
from envserver.pages.entrance import entrance_routes
from envserver.pages.ladders import ladder_routes
from envserver.pages.playground import playground_routes
from envserver.pages.rendering import page
from envserver.pages.rollouts import rollout_pages
from envserver.pages.runs import run_pages
from envserver.service import Service
from envserver.store.errors import NoStore
from envserver.store.runs import list_runs
from envserver.store.store import Store

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_RECENT = 5


def page_routes(service: Service, judge: Judge, store: Store | None, tokens: Tokens | None) -> APIRouter:
    """Return the routes; without a store the pages of runs say that there is none."""
    router = APIRouter(include_in_schema=False)
    static = {file.name: file.read_bytes() for file in (files("envserver.pages") / "static").iterdir()}

    @router.get("/ui")
    async def start() -> Response:
        recent = await store.ask(list_runs, _RECENT, None) if store else None
        return page("start.html", curricula=list(service.curricula.values()), recent=recent, tokens=tokens is not None)

    @router.get("/ui/static/{name}")
    async def asset(name: str) -> Response:
        kind = _KINDS.get(name.rpartition(".")[2])
        if kind is None or name not in static:
            return page("error.html", 404, code=404, says="there is no such file")
        return Response(static[name], media_type=kind, headers={"Cache-Control": "public, max-age=300"})

    for routes in (entrance_routes(tokens), playground_routes(service, judge), ladder_routes(service)):
        router.include_router(routes)
    for routes in (run_pages(store), rollout_pages(service, store)) if store else (_without_store(),):
        router.include_router(routes)
    return router


def error_page(error: Exception, status: int) -> HTMLResponse:
    """Return what a person is shown of a request that failed."""
    says = error_body(error).message if isinstance(error, EXPECTED) else ""
    return page("error.html", status, code=status, says=says)


def _without_store() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/ui/runs")
    @router.get("/ui/runs/{run:path}")
    @router.get("/ui/rollouts")
    @router.get("/ui/rollouts/{key:path}")
    @router.get("/ui/compare")
    async def nothing() -> Response:
        raise NoStore("this server keeps nothing (ECHELON_DATABASE_URL=none)")

    return router
