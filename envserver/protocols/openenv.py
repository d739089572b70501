"""OpenEnv's protocol: `/ws`, `/reset`, `/step`, `/state`, `/schema`, `/metadata`, `/mcp`, `/health`.

A session over `/ws` is a problem and the turns so far. Over HTTP OpenEnv's own servers forget between a reset and a
step; here the action carries the id of its problem, so that a step means what it says.
"""

import asyncio
import json
import logging
from typing import Any

from fastapi import APIRouter, Request, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from envserver.errors import EXPECTED, Invalid, error_body
from envserver.http.crowds import refuse_crowds
from envserver.http.hosts import of_another_site
from envserver.http.routing import JsonRoute
from envserver.judging import Judge
from envserver.protocols.openenv_session import Session
from envserver.protocols.openenv_wire import (
    Answer,
    EpisodeState,
    Health,
    Metadata,
    Observed,
    Posed,
    Reset,
    Schemas,
    StepBody,
)
from envserver.service import Service

_log = logging.getLogger(__name__)
_ABOUT = "Problems in stages with exact answers: matrices, programs, word problems; one answer, or turn by turn."
_SOCKETS = 1_024  # sessions of one process
_TOOL = {"name": "answer", "description": "Say the answer, or one turn.", "inputSchema": Answer.model_json_schema()}


def openenv_routes(service: Service, judge: Judge) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    router.include_router(_described(service))
    router.include_router(_stateless(service, judge))
    open_now = asyncio.Semaphore(_SOCKETS)

    @router.websocket("/ws")
    async def session(socket: WebSocket) -> None:
        # A page of another site may open a socket here from somebody's browser, which no CORS forbids.
        if of_another_site(socket.headers):
            await socket.close(1008)
            return
        await socket.accept()
        if open_now.locked():
            await socket.send_json(_error("too many sessions", "CAPACITY_REACHED"))
            await socket.close(1013)
            return
        async with open_now:
            await _talk(socket, Session(service, judge))

    return router


async def _talk(socket: WebSocket, session: Session) -> None:
    try:
        while (reply := await _replied(session, await socket.receive_text())) is not None:
            await socket.send_text(json.dumps(reply))
        await socket.close()
    except (WebSocketDisconnect, KeyError):  # gone, or a frame of bytes
        return


async def _replied(session: Session, text: str) -> dict[str, Any] | None:
    """Return the reply to a frame, None to one that closes the session."""
    try:
        refuse_crowds(text.encode("utf-8", "surrogatepass"))
        message = json.loads(text)
    except (ValueError, RecursionError, Invalid):
        return _error("a message is JSON, and not a crowd", "INVALID_JSON")
    kind, data = (message.get("type"), message.get("data") or {}) if isinstance(message, dict) else (None, {})
    if kind in ("reset", "step"):
        return await _done(session, kind, data)
    if kind == "state":
        return {"type": "state", "data": session.state.model_dump()}
    if kind == "mcp":
        return {"type": "mcp", "data": _rpc(data)}
    return None if kind == "close" else _error(f"unknown message type {str(kind)[:40]!r}", "UNKNOWN_TYPE")


async def _done(session: Session, kind: str, data: Any) -> dict[str, Any]:
    """Reset or step; what goes wrong is told, and the session goes on."""
    try:
        if kind == "reset":
            seen = await asyncio.to_thread(session.reset, Reset.model_validate(data))
        else:
            seen = await session.step(Answer.model_validate(data))
        return {"type": "observation", "data": seen.model_dump()}
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return _error(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "VALIDATION_ERROR")
    except EXPECTED as error:
        return _error(error_body(error).message, "EXECUTION_ERROR")
    except Exception:  # a fault of ours ends nobody's session
        _log.exception("a session failed")
        return _error("a fault of the server; see its log", "EXECUTION_ERROR")


def _stateless(service: Service, judge: Judge) -> APIRouter:
    router = APIRouter(route_class=JsonRoute)

    @router.post("/reset")
    async def reset(body: Reset, request: Request) -> Observed:
        """Pose a problem (OpenEnv)."""
        return await asyncio.to_thread(Session(service, judge).reset, body)

    @router.post("/step")
    async def step(body: StepBody, request: Request) -> Observed:
        """Judge an answer, or take a turn, of the problem that the action names (OpenEnv)."""
        action = body.action
        if action.problem_id is None:
            raise Invalid("over HTTP there is no session: say the action's problem_id, or use /ws")
        state = EpisodeState(problem_id=action.problem_id, step_count=len(action.history))
        session = Session(service, judge, state, action.stage, action.curriculum, action.history)
        return await session.step(Answer(answer=action.answer))

    return router


def _described(service: Service) -> APIRouter:
    router = APIRouter()

    @router.get("/state")
    async def state() -> EpisodeState:
        """Return where the session is (OpenEnv): over HTTP there is none."""
        return EpisodeState()

    @router.get("/schema")
    async def schema() -> Schemas:
        """Describe action, observation and state (OpenEnv)."""
        return Schemas(
            action=Answer.model_json_schema(),
            observation=Posed.model_json_schema(),
            state=EpisodeState.model_json_schema(),
        )

    @router.get("/metadata")
    async def metadata() -> Metadata:
        """Describe this environment (OpenEnv)."""
        return Metadata(description=f"{_ABOUT} Curricula: {', '.join(service.curricula)}.")

    @router.get("/health")
    async def health() -> Health:
        """Say that the process lives (OpenEnv)."""
        return Health()

    @router.post("/mcp", include_in_schema=False)
    async def mcp(request: Request) -> dict[str, Any]:
        """Answer JSON-RPC 2.0 (OpenEnv): the one tool is `answer`, which wants a session."""
        try:
            return _rpc(await request.json())
        except (ValueError, RecursionError):
            return _rpc(None)

    return router


def _rpc(asked: Any) -> dict[str, Any]:
    asked = asked if isinstance(asked, dict) else {}
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": asked.get("id")}
    if asked.get("method") == "tools/list":
        return {**reply, "result": {"tools": [_TOOL]}}
    if asked.get("method"):
        return {**reply, "error": {"code": -32601, "message": "only tools/list; answers are given by step"}}
    return {**reply, "error": {"code": -32600, "message": "not a JSON-RPC request"}}


def _error(message: str, code: str) -> dict[str, Any]:
    return {"type": "error", "data": {"message": message, "code": code}}
