"""What is served, and within which limits."""

from functools import cache
from typing import Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from envserver import wire
from envserver.catalogue import describe_curriculum, describe_family
from envserver.service import Service
from envserver.settings import Settings
from generators.answers.tokens import MAX_DIGITS
from generators.families import FAMILIES
from generators.reasoning_gym_adapter.family import adapted, names


def catalogue_routes(service: Service, settings: Settings) -> APIRouter:
    """Return the routes; descriptions are made once, when they are first asked for."""
    router = APIRouter()

    @cache
    def curricula() -> list[wire.CurriculumOut]:
        return [describe_curriculum(c) for c in service.curricula.values()]

    @cache
    def families() -> list[wire.FamilyOut]:
        return [describe_family(f, service) for f in FAMILIES.values()]

    @cache
    def adapted_families() -> list[wire.FamilyOut]:
        return [describe_family(adapted(name), service) for name in names()]

    @router.get("/curricula")
    async def all_curricula() -> list[wire.CurriculumOut]:
        """List the curricula with their stages."""
        return await run_in_threadpool(curricula)

    @router.get("/families")
    async def all_families(group: Literal["own", "reasoning_gym"] = "own") -> list[wire.FamilyOut]:
        """List the families with JSON Schemas of their parameters and an example; reasoning-gym's take a while."""
        return await run_in_threadpool(families if group == "own" else adapted_families)

    @router.get("/problem")
    async def problem(id: str) -> wire.ProblemOut:
        """Return one problem by its id."""
        return await run_in_threadpool(service.problem, id)

    @router.get("/limits")
    async def limits() -> wire.Limits:
        """Say what one request may hold."""
        return wire.Limits(
            max_body_bytes=settings.max_body_bytes,
            max_slots=wire.MAX_SLOTS,
            max_items=wire.MAX_ITEMS,
            max_completion_chars=settings.max_completion_chars,
            max_in_flight=settings.max_in_flight,
            max_answer_digits=MAX_DIGITS,
            max_log_rows=wire.MAX_LOG_ROWS,
            store_timeout_s=settings.store_timeout_s,
        )

    return router
