"""The playground: a problem, an answer typed by hand, and what the judge says of it, component by component."""

import json
import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from envserver import wire
from envserver.errors import Invalid, RevealRefused
from envserver.http.access import GRANTED
from envserver.judging import Judge
from envserver.pages.explained import explained
from envserver.pages.forms import fields
from envserver.pages.rendering import page
from envserver.service import Service
from generators.families import family_named, problem
from generators.turn_based import TurnBased

_TURNS = 256


@dataclass(frozen=True)
class Place:
    """Which problem is on the table."""

    curriculum: str
    stage: str
    slot: int
    split: wire.Split


def playground_routes(service: Service, judge: Judge) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)

    @router.get("/ui/play")
    async def pose(curriculum: str = "", stage: str = "", slot: wire.Slot = 0) -> Response:
        place = _place(service, curriculum, stage, slot)
        posed = await run_in_threadpool(_posed, service, place)
        return _page(service, place, posed, [posed.prompt], _Said())

    @router.post("/ui/play")
    async def answer(request: Request) -> Response:
        sent = fields(request)
        place = _place(service, sent.get("curriculum", ""), sent.get("stage", ""), _slot(sent.get("slot", "0")))
        said = _said(sent)
        if said.press == "reveal":
            return await run_in_threadpool(_revealed, service, place, said, request.scope[GRANTED])
        table = await run_in_threadpool(_played, service, place, said)
        if table.answer is not None and "score" not in request.scope[GRANTED]:
            raise Invalid("this token may look, and not have answers judged: it wants the scope score")
        asked = wire.ScoreRequest(curriculum=place.curriculum, items=[table.answer]) if table.answer else None
        judged = (await judge.score(asked)).verdicts[0] if asked else None
        return await run_in_threadpool(
            _page,
            service,
            place,
            table.posed,
            table.seen,
            table.said,
            judged=judged,
            left=table.left,
            error=table.error,
        )

    return router


@dataclass(frozen=True)
class _Said:
    """What was typed: the answer, or the actions so far and the next one; and which button was pressed."""

    text: str = ""
    actions: tuple[str, ...] = ()
    press: str = ""


def _said(sent: dict[str, str]) -> _Said:
    try:
        actions = json.loads(sent.get("actions") or "[]")
    except (ValueError, RecursionError):
        raise Invalid("the actions so far cannot be read") from None
    if not isinstance(actions, list) or len(actions) > _TURNS or not all(isinstance(one, str) for one in actions):
        raise Invalid(f"actions are a list of at most {_TURNS} texts")
    return _Said(sent.get("answer", ""), tuple(actions), sent.get("press", "judge"))


def _slot(text: str) -> int:
    if not re.fullmatch("[0-9]{1,16}", text):
        raise Invalid("the number of a problem is a whole number")
    return int(text)


def _place(service: Service, curriculum: str, stage: str, slot: int) -> Place:
    found = service.curriculum(curriculum or service.first)
    chosen = found.stage(stage) if stage else found.stages[0]
    return Place(found.name, chosen.name, slot, "test" if found.test_only else "train")


def _posed(service: Service, place: Place, reveal: wire.Reveal | None = None) -> wire.ProblemOut:
    asked = wire.SampleRequest(
        curriculum=place.curriculum, stage=place.stage, split=place.split, slots=[place.slot], reveal=reveal
    )
    return service.sample(asked, reveal is not None).problems[0]


@dataclass(frozen=True)
class _Table:
    """What is seen after what was said, and what is there to be judged."""

    posed: wire.ProblemOut
    seen: list[str]
    said: _Said
    answer: wire.ScoreItem | None = None
    left: int = 1
    error: str = ""


def _revealed(service: Service, place: Place, said: _Said, granted: frozenset[str]) -> Response:
    if "reveal" not in granted or place.split != "train":
        raise RevealRefused("worked answers are shown where the server may reveal them, and of train problems")
    posed = _posed(service, place, "worked")
    return _page(service, place, posed, [posed.prompt], _Said(actions=said.actions), revealed=posed.revealed)


def _played(service: Service, place: Place, said: _Said) -> _Table:
    posed = _posed(service, place)
    if posed.error:
        return _Table(posed, [posed.prompt], said)
    if not isinstance(problem(posed.id), TurnBased):
        return _Table(posed, [posed.prompt], said, wire.ScoreItem(id=posed.id, stage=place.stage, completion=said.text))
    actions = (*said.actions, said.text) if said.press == "judge" and said.text.strip() else said.actions
    played = service.played(wire.PlayItem(id=posed.id, actions=list(actions)))
    if played.error:
        return _Table(posed, [posed.prompt], said, left=posed.max_turns, error=played.error.message)
    item = wire.ScoreItem(id=posed.id, stage=place.stage, actions=list(actions), truncated=not played.over)
    ended = played.over or said.press == "end"
    return _Table(posed, played.observations, _Said(actions=actions), item if ended else None, played.turns_left)


def _page(
    service: Service, place: Place, posed: wire.ProblemOut, seen: list[str], said: _Said, **more: Any
) -> Response:
    judged: wire.VerdictOut | None = more.get("judged")
    curriculum = service.curriculum(place.curriculum)
    components = family_named(curriculum.stage(place.stage).family.partition("@")[0]).components
    return page(
        "play.html",
        curricula={name: list(one.names) for name, one in service.curricula.items() if not one.disabled},
        stages=curriculum.names,
        place=place,
        about=curriculum.stage(place.stage).about,
        posed=posed,
        seen=seen,
        said=said,
        actions=json.dumps(said.actions),
        judged=judged,
        explained=explained(judged, components, curriculum.reward) if judged else None,
        revealed=more.get("revealed"),
        error=more.get("error") or (posed.error.message if posed.error else ""),
        left=more.get("left", posed.max_turns),
    )
