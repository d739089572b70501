"""Runs: the list, one of them as it goes on, and several beside each other."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from envserver.errors import Invalid
from envserver.intervals import mean, wilson
from envserver.pages.rendering import page
from envserver.pages.stories import Stories
from envserver.run_wire import RunName
from envserver.store.runs import list_runs
from envserver.store.store import Store
from envserver.story import Look, Story
from envserver.wire import RunOut

_PAGE = 50
_BESIDE = 8  # runs that are compared at most
_LAST = 5  # generations that a success is the mean of


def run_pages(store: Store) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)
    stories = Stories()

    @router.get("/ui/runs")
    async def runs(before: float | None = None) -> Response:
        found = await store.ask(list_runs, _PAGE, before)
        return page("runs.html", runs=found, older=found[-1].began if len(found) == _PAGE else None, before=before)

    @router.get("/ui/runs/{run}")
    async def one(run: RunName) -> Response:
        found, story = await store.ask(stories.of, run)
        return page("run.html", **_facts(found, story))

    @router.get("/ui/runs/{run}/facts")
    async def facts(run: RunName) -> Response:
        found, story = await store.ask(stories.of, run)
        return page("run_facts.html", **_facts(found, story))

    @router.get("/ui/runs/{run}/charts")
    async def charts(run: RunName) -> Response:
        return Response(await store.ask(stories.charts, run), media_type="application/json")

    @router.get("/ui/compare")
    async def compare(request: Request, run: Annotated[list[RunName], Query()] = []) -> Response:  # noqa: B006
        names = list(dict.fromkeys(run))
        if len(names) > _BESIDE:
            raise Invalid(f"at most {_BESIDE} runs are shown beside each other")
        found = [await store.ask(stories.of, name) for name in names]
        return page("compare.html", **_beside(found), query=request.url.query)

    @router.get("/ui/compare/charts")
    async def compare_charts(run: Annotated[list[RunName], Query(max_length=_BESIDE)]) -> Response:
        return Response(await store.ask(stories.compared, list(dict.fromkeys(run))), media_type="application/json")

    return router


def _facts(run: RunOut, story: Story) -> dict[str, Any]:
    return {"run": run, "story": story, "stages": [_stage(name, story) for name in story.training]}


def _stage(name: str, story: Story) -> dict[str, Any]:
    """Return a row of the table of stages."""
    looks = [look for look in story.looks if look.stage == name]
    last = looks[-1] if looks else None
    recent = [value for _, value in story.training[name][-_LAST:]]
    alike = [share for _, share in story.alike.get(name, [])[-_LAST:]]
    return {
        "name": name,
        "training": mean(recent) if recent else None,
        "alike": mean(alike) if alike else None,
        "look": last.successes / last.trials if last and last.trials else None,
        "span": wilson(last.successes, last.trials) if last else None,
        "looks": len(looks),
        "passed": _passed_at(looks),
    }


def _passed_at(looks: list[Look]) -> int | None:
    """Return after how many samples a stage was passed for good."""
    at: int | None = None
    for look in looks:
        at = None if look.demoted else look.samples if look.promoted and at is None else at
    return at


def _beside(found: list[tuple[RunOut, Story]]) -> dict[str, Any]:
    stages = list(dict.fromkeys(name for _, story in found for name in story.training))
    rows = [{row["name"]: row for row in (_stage(name, story) for name in story.training)} for _, story in found]
    settings = [_flat(run.config) for run, _ in found]
    names = list(dict.fromkeys(name for one in settings for name in one))
    differing = [name for name in names if len({repr(one.get(name)) for one in settings}) > 1]
    return {
        "runs": found,
        "stages": [(name, [row.get(name) for row in rows]) for name in stages],
        "differing": [(name, [one.get(name) for one in settings]) for name in differing],
    }


def _flat(config: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in config.items():
        found |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found
