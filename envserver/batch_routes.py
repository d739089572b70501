"""The four endpoints of a training step: batches in, batches out, and nothing remembered but what is kept of a run."""

from functools import partial

from anyio import CapacityLimiter
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from envserver import wire
from envserver.episodes import weight
from envserver.http.access import GRANTED
from envserver.http.routing import JsonRoute
from envserver.http.threads import done
from envserver.judging import Judge
from envserver.service import Service


def batch_routes(service: Service, judge: Judge, threads: CapacityLimiter) -> APIRouter:
    """Return the routes."""
    router = APIRouter(route_class=JsonRoute)

    @router.post("/sample")
    async def sample(body: wire.SampleRequest, request: Request) -> wire.SampleReply:
        """Return the problem of every slot. A pure function: same body, same reply."""
        enumerates = body.split != "train" or body.pooled  # a pool, if nobody has asked for it before
        work = partial(service.sample, body, "reveal" in request.scope[GRANTED])
        return await done(work, len(body.slots), threads, waits=enumerates or service.waits(body))

    @router.post("/score")
    async def score(body: wire.ScoreRequest, request: Request) -> wire.ScoreReply:
        """Judge finished answers, in order. The only judge; with a `run`, what it says is kept before it is sent."""
        return await judge.score(body)

    @router.post("/play")
    async def play(body: wire.PlayRequest, request: Request) -> wire.PlayReply:
        """Replay episodes and answer what is seen after the last action; no judgement, nothing is kept."""
        return await done(partial(service.play, body), weight(body.items), threads, waits=service.waits(body))

    @router.post("/advance")
    async def advance(body: wire.AdvanceRequest, request: Request) -> wire.AdvanceReply:
        """Fold training reports and the results of a look into progress."""
        return await run_in_threadpool(service.advance, body)

    return router
