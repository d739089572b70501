"""A curriculum as a ladder: its stages in order, what is asked on each, and what it takes to pass."""

from functools import lru_cache

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from envserver import wire
from envserver.catalogue import describe_curriculum
from envserver.pages.rendering import page
from envserver.service import Service

_SAMPLES = 3


def ladder_routes(service: Service) -> APIRouter:
    """Return the routes; what is shown of a curriculum is made once."""
    router = APIRouter(include_in_schema=False)

    @lru_cache(maxsize=64)
    def ladder(name: str) -> tuple[wire.CurriculumOut, dict[str, list[wire.ProblemOut]]]:
        curriculum = service.curriculum(name)
        asked = [_samples(stage, curriculum.name, curriculum.test_only) for stage in curriculum.names]
        posed = {one.stage or "": service.sample(one, may_reveal=False).problems for one in asked}
        return describe_curriculum(curriculum), posed

    @router.get("/ui/curricula")
    async def curricula() -> Response:
        return page("curricula.html", curricula=list(service.curricula.values()))

    @router.get("/ui/curricula/{name}")
    async def one(name: str) -> Response:
        described, posed = await run_in_threadpool(ladder, service.curriculum(name).name)
        return page("ladder.html", curriculum=described, posed=posed)

    return router


def _samples(stage: str, curriculum: str, test_only: bool) -> wire.SampleRequest:
    split: wire.Split = "test" if test_only else "train"
    return wire.SampleRequest(curriculum=curriculum, stage=stage, split=split, slots=list(range(_SAMPLES)))
