"""Runs: announced and told of by their trainers, read by people and pages."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from envserver import wire
from envserver.http.routing import JsonRoute
from envserver.run_wire import LogKind, RunName
from envserver.store.errors import NoStore
from envserver.store.reading import rollout_of, rollouts_of
from envserver.store.runs import begin_run, end_run, list_runs, log_run, one_run, read_log
from envserver.store.store import Store

Most = Annotated[int, Query(ge=1, le=1_000)]
Key = Annotated[int, Query(ge=0, lt=2**63)]


def run_routes(store: Store | None) -> APIRouter:
    """Return the routes. Without a store a run may be told of all the same, and nothing is kept of it."""
    router = APIRouter()
    router.include_router(_telling(store))
    router.include_router(_asking(store))
    router.include_router(_rollouts(store))
    return router


def _telling(store: Store | None) -> APIRouter:
    router = APIRouter(route_class=JsonRoute)

    @router.post("/runs")
    async def begin(body: wire.RunBegun, request: Request) -> wire.Kept:
        """Announce a run, or one more attempt at it."""
        if store is not None:
            await store.tell(begin_run, body)
        return wire.Kept(stored=store is not None)

    @router.post("/runs/{run}/log")
    async def log(run: RunName, body: wire.LogRows, request: Request) -> wire.Kept:
        """Keep what a run says of its steps."""
        if store is not None:
            await store.tell(log_run, run, body.rows)
        return wire.Kept(stored=store is not None)

    @router.post("/runs/{run}/end")
    async def end(run: RunName, body: wire.RunEnded, request: Request) -> wire.Kept:
        """Note how a run ended; another attempt makes it run again."""
        if store is not None:
            await store.tell(end_run, run, body.state, body.note)
        return wire.Kept(stored=store is not None)

    return router


def _asking(store: Store | None) -> APIRouter:
    router = APIRouter()

    @router.get("/runs")
    async def newest(most: Most = 100, before: float | None = None) -> list[wire.RunOut]:
        """List runs, newest first; `before` is when the last one of the page before began."""
        return await _there(store).ask(list_runs, most, before)

    @router.get("/runs/{run}")
    async def one(run: RunName) -> wire.RunOut:
        """Return a run with its settings."""
        return await _there(store).ask(one_run, run)

    @router.delete("/runs/{run}")
    async def remove(run: RunName) -> wire.Kept:
        """Remove a run, its log and its rollouts: at once out of sight, and gone a little later."""
        await _there(store).remove(run)
        return wire.Kept(stored=False)

    @router.get("/runs/{run}/log")
    async def read(run: RunName, kind: LogKind | None = None, after: Key = 0, most: Most = 1_000) -> list[wire.LogOut]:
        """Return what a run said of its steps, behind the row `after`, without what a later attempt superseded."""
        return await _there(store).ask(read_log, run, kind, after, most)

    return router


def _rollouts(store: Store | None) -> APIRouter:
    router = APIRouter()

    @router.get("/rollouts")
    async def rollouts(asked: Annotated[wire.RolloutQuery, Query()]) -> list[wire.RolloutOut]:
        """Return rollouts, newest first, fewer than `most` where they are long; none means that there are no more.

        `before` is the key of the last one of the page before.
        """
        return await _there(store).ask(rollouts_of, asked)

    @router.get("/rollouts/{key}")
    async def rollout(key: Annotated[int, Path(ge=0, lt=2**63)]) -> wire.RolloutOut:
        """Return one rollout in full."""
        return await _there(store).ask(rollout_of, key)

    return router


def _there(store: Store | None) -> Store:
    if store is None:
        raise NoStore("this server keeps nothing (ECHELON_DATABASE_URL=none)")
    return store
