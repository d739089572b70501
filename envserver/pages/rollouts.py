"""Rollouts: found by what they are, and read one at a time: what was asked, what was said, what it is worth and why."""

import json
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool

from curricula.rewards.reward import Reward
from envserver import wire
from envserver.episodes import spoken_actions
from envserver.errors import Invalid
from envserver.pages.explained import explained
from envserver.pages.rendering import page
from envserver.service import Service
from envserver.store.looking import LOOKED, Window, looked_for
from envserver.store.reading import rollout_of, siblings_of
from envserver.store.store import Store
from generators.errors import GeneratorError
from generators.families import family_named
from generators.verdict import OUTCOMES

_PAGE = 50
_EXCERPT = 160


class Search(wire.RolloutQuery):
    """What the form of the page asks for."""

    most: Annotated[int, Field(ge=1, le=_PAGE)] = _PAGE
    text: Annotated[str, Field(max_length=200)] | None = None


def rollout_pages(service: Service, store: Store) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)

    @router.get("/ui/rollouts")
    async def rollouts(request: Request) -> Response:
        # A form sends what was left empty as an empty text.
        given = {name: value for name, value in request.query_params.items() if value.strip()}
        try:
            asked = Search.model_validate(given)
        except ValidationError as error:
            raise Invalid(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from None
        window = await store.ask(looked_for, asked, asked.text)
        return page("rollouts.html", **_listed(given, window))

    @router.get("/ui/rollouts/{key}")
    async def rollout(key: Annotated[int, Path(ge=0, lt=2**63)]) -> Response:
        found = await store.ask(rollout_of, key)
        siblings = await store.ask(siblings_of, found)
        return await run_in_threadpool(partial(_page, service, found, siblings))

    return router


def _listed(given: dict[str, str], window: Window) -> dict[str, Any]:
    fields = ("run", "phase", "stage", "outcome", "flag", "generation", "text")
    return {
        "given": {name: given.get(name, "") for name in fields},
        "superseded": given.get("superseded", ""),
        "outcomes": OUTCOMES,
        "window": window,
        "looked": LOOKED,
        "rows": [(one, _excerpt(one.item)) for one in window.found],
    }


def _excerpt(item: wire.ScoreItem) -> str:
    said = item.completion if isinstance(item.completion, str) else " | ".join(_spoken(item))
    return said if len(said) <= _EXCERPT else f"…{said[-_EXCERPT:]}"  # the answer is at the end


def _spoken(item: wire.ScoreItem) -> list[str]:
    """Return what was said, turn by turn."""
    if isinstance(item.completion, str):
        return [item.completion]
    return spoken_actions((item.completion if item.actions is None else item.actions) or ())


def _page(service: Service, one: wire.RolloutOut, siblings: list[wire.RolloutOut]) -> Response:
    asked, seen, fault = _asked(service, one.item)
    family = one.item.id.partition("@")[0]
    try:
        components = dict(family_named(family).components)
    except GeneratorError:
        components = {}
    return page(
        "rollout.html",
        one=one,
        asked=asked,
        turns=[(said, seen[at + 1] if at + 1 < len(seen) else "") for at, said in enumerate(_spoken(one.item))],
        episode=bool(one.item.actions) or not isinstance(one.item.completion, str),
        fault=fault,
        explained=explained(one.verdict, components, Reward.model_validate(one.rewarded_by)),
        reward=json.dumps(one.rewarded_by),
        siblings=siblings,
    )


def _asked(service: Service, item: wire.ScoreItem) -> tuple[list[wire.MessageOut], list[str], str]:
    """Return the question as it was posed, what was seen of an episode, and why there may be neither any more."""
    try:
        posed = service.problem(item.id)
    except GeneratorError as error:  # a family of another version, a data set that is not here
        return [], [], str(error)
    if posed.max_turns == 1 or isinstance(item.completion, str):
        return posed.messages, [], ""
    played = service.played(wire.PlayItem(id=item.id, actions=list(_spoken(item))))
    return posed.messages, played.observations, played.error.message if played.error else ""
