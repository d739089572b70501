"""NeMo Gym's resources server under `/nemo`: `/seed_session`, a path for each tool, `/verify`.

Rows carry a `problem_id` and no answer. A response is judged by what stands in it, so that any replica may be asked.
Which tools were called before is known to the process where the session began: clients keep the cookie of its
beginning alone (verifiers 0.4.0). What cannot be judged has no reward here: it is 503, never 0.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from envserver import wire
from envserver.errors import Invalid
from envserver.http.crowds import refuse_crowds
from envserver.http.limits import BODY
from envserver.judging import Judge
from envserver.messages import Name
from envserver.service import Service
from generators.answers.turns import written_call
from generators.ids import MAX_LENGTH

COOKIE = "echelon_episode"
_MOST = 16_384  # sessions of a process; the one that was not used for longest goes
_LONGEST = 4_096  # characters of a tool call

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
    router = APIRouter(prefix="/nemo", dependencies=[Depends(_uncrowded)])
    sessions = _Sessions(service)

    @router.post("/seed_session")
    async def seed_session(row: Row, response: Response) -> dict[str, Any]:
        """Begin an episode of a row's problem (NeMo Gym)."""
        await run_in_threadpool(service.problem, row.problem_id)
        response.set_cookie(COOKIE, sessions.begin(row.problem_id), path="/nemo", httponly=True, samesite="strict")
        return {}

    @router.post("/verify")
    async def verify(row: Finished) -> Verified:
        """Judge a finished response (NeMo Gym)."""
        posed = await run_in_threadpool(service.problem, row.problem_id)
        return await _verified(judge, row, posed.max_turns > 1)

    @router.post("/{tool}")
    async def act(tool: Tool, body: dict[str, Any], request: Request) -> str:
        """Call a tool of the problem, and return what is seen (NeMo Gym)."""
        return await run_in_threadpool(sessions.act, request.cookies.get(COOKIE, ""), written_call(tool, body))

    return router


def _uncrowded(request: Request) -> None:
    """Refuse a body of very many values before they are looked at, as every other endpoint does."""
    refuse_crowds(request.scope[BODY])


async def _verified(judge: Judge, row: Finished, several: bool) -> Verified:
    said: dict[str, Any] = {"completion": _text(row.response)}
    if several:
        said = {"actions": _actions(row.response), "truncated": True}  # judged where it stands
    item = wire.ScoreItem(id=row.problem_id, stage=row.stage, **said)
    verdict, reward = await judge.rewarded(item, row.curriculum)
    return Verified(
        responses_create_params=row.responses_create_params,
        response=row.response,
        reward=reward,
        reward_components=verdict.parts,
        outcome=verdict.outcome,
        flags=verdict.flags,
        **verdict.components,  # numbers at the top are recorded as metrics
    )


@dataclass
class _Session:
    """The tool calls so far; one at a time, though a model may ask for several at once."""

    id: str
    actions: tuple[str, ...] = ()
    busy: Lock = field(default_factory=Lock)


class _Sessions:
    """Every session that began in this process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._known: OrderedDict[str, _Session] = OrderedDict()

    def begin(self, id: str) -> str:
        """Return the key of a new session."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._known[key] = _Session(id)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return key

    def act(self, key: str, action: str) -> str:
        """Return what is seen after one more action, which counts if it was one; raises `Invalid`."""
        if len(action) > _LONGEST:
            raise Invalid(f"a tool call has at most {_LONGEST:,} characters")
        with self._lock:
            session = self._known.get(key)
            if session is None:
                raise Invalid("no session here: /nemo/seed_session begins one, in one process of a server")
            self._known.move_to_end(key)
        with session.busy:
            actions = (*session.actions, action)
            played = self._service.played(wire.PlayItem(id=session.id, actions=list(actions)))
            if played.error is not None:
                raise Invalid(played.error.message)
            session.actions = actions
        return played.observations[-1]


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
