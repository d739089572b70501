"""NeMo Gym's resources server under `/nemo`: `/seed_session`, a path for each tool, `/verify`.

Rows carry a `problem_id` and no answer. What was done in an episode is in the session's cookie, and to be judged in
the response itself, so that any replica answers. What cannot be judged has no reward here: it is 503, never 0.
"""

import base64
import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from envserver import wire
from envserver.errors import Invalid, Unjudged
from envserver.judging import Judge
from envserver.messages import Name
from envserver.service import Service
from generators.answers.turns import written_call
from generators.ids import MAX_LENGTH

COOKIE = "echelon_episode"
_MOST = 3_800  # bytes of a cookie that clients keep

Tool = Annotated[str, Path(pattern=r"^[a-z_]{1,64}$")]
Id = Annotated[str, Field(max_length=4 * MAX_LENGTH)]


class Row(BaseModel):
    """A row of the data set, of which the problem's id counts."""

    model_config = ConfigDict(extra="allow")

    problem_id: Id


class Finished(Row):
    """A row with what the model said to it."""

    responses_create_params: dict[str, Any]
    response: dict[str, Any]
    stage: Name | None = None
    curriculum: Name | None = None


class Verified(BaseModel):
    """The reply of `/verify`: the request's own fields, the reward, and every component beside it."""

    model_config = ConfigDict(extra="allow")

    responses_create_params: dict[str, Any]
    response: dict[str, Any]
    reward: float
    reward_components: dict[str, float]
    outcome: str
    flags: list[str]


def nemo_gym_routes(service: Service, judge: Judge) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/nemo")

    @router.post("/seed_session")
    async def seed_session(row: Row, response: Response) -> dict[str, Any]:
        """Begin an episode of a row's problem (NeMo Gym)."""
        await run_in_threadpool(service.problem, row.problem_id)
        _remember(response, row.problem_id, [])
        return {}

    @router.post("/verify")
    async def verify(row: Finished) -> Verified:
        """Judge a finished response (NeMo Gym)."""
        posed = await run_in_threadpool(service.problem, row.problem_id)
        said: dict[str, Any] = {"completion": _text(row.response)}
        if posed.max_turns > 1:
            said = {"actions": _actions(row.response), "truncated": True}  # judged where it stands
        item = wire.ScoreItem(id=posed.id, stage=row.stage, **said)
        reply = await judge.score(wire.ScoreRequest(items=[item], curriculum=row.curriculum))
        verdict = reply.verdicts[0]
        if verdict.reward is None:
            raise Unjudged(verdict.error.message if verdict.error else "the answer could not be judged")
        return Verified(
            responses_create_params=row.responses_create_params,
            response=row.response,
            reward=verdict.reward,
            reward_components=verdict.parts,
            outcome=verdict.outcome,
            flags=verdict.flags,
            **verdict.components,  # numbers at the top are recorded as metrics
        )

    @router.post("/{tool}")
    async def act(
        tool: Annotated[str, Path(pattern=r"^[a-z_]{1,64}$")],
        body: dict[str, Any],
        request: Request,
        response: Response,
    ) -> str:
        """Call a tool of the problem, and return what is seen (NeMo Gym)."""
        id, actions = _remembered(request)
        actions = [*actions, written_call(tool, body)]
        item = wire.PlayItem(id=id, actions=list(actions))
        played = (await run_in_threadpool(service.play, wire.PlayRequest(items=[item]))).items[0]
        if played.error is not None:
            raise Invalid(played.error.message)
        _remember(response, id, actions)
        return played.observations[-1]

    return router


def _remember(response: Response, id: str, actions: list[str]) -> None:
    text = base64.urlsafe_b64encode(json.dumps([id, actions]).encode()).decode()
    if len(text) > _MOST:
        raise Invalid("the episode is too long for a session of NeMo Gym; take /play")
    response.set_cookie(COOKIE, text, path="/nemo", httponly=True, samesite="strict")


def _remembered(request: Request) -> tuple[str, list[str]]:
    try:
        id, actions = json.loads(base64.urlsafe_b64decode(request.cookies.get(COOKIE, "")))
        item = wire.PlayItem(id=id, actions=actions)
    except (ValueError, TypeError):
        raise Invalid("no session: /nemo/seed_session begins one") from None
    return item.id, [action for action in item.actions if isinstance(action, str)]


def _text(response: dict[str, Any]) -> str:
    """Return the text of the last message of a response of OpenAI's form, "" where there is none."""
    said = [item for item in _items(response) if item.get("type", "message") == "message"]
    content = said[-1].get("content") if said else ""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _actions(response: dict[str, Any]) -> list[str]:
    """Return the tool calls of a response, in order; of one without any, its text."""
    calls = [item for item in _items(response) if item.get("type") == "function_call"]
    made = [written_call(str(call.get("name", "")), str(call.get("arguments", ""))) for call in calls]
    return made or ([text] if (text := _text(response)) else [])


def _items(response: dict[str, Any]) -> list[dict[str, Any]]:
    output = response.get("output")
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
