"""The HTTP client: batched, retried with a deadline; raises, never invents a reward.

with EnvClient("http://127.0.0.1:8000") as env:
    problems = env.sample(SampleRequest(curriculum="inverse", slots=[0, 1]))
    verdicts = env.score([ScoreItem(id=problems[0].id, completion="...")])
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, RootModel, ValidationError

from envserver.wire import (
    AdvanceReply,
    AdvanceRequest,
    CurriculumOut,
    Kept,
    Limits,
    LogRows,
    PlayedOut,
    PlayItem,
    PlayReply,
    PlayRequest,
    ProblemOut,
    Reward,
    RunBegun,
    RunContext,
    RunEnded,
    SampleReply,
    SampleRequest,
    ScoreItem,
    ScoreReply,
    ScoreRequest,
    VerdictOut,
)
from trainer_client.api_token import authorization
from trainer_client.errors import BadReply, ServerRefused, ServerUnreachable
from trainer_client.item_sizes import play_size, score_size

_AGAIN = frozenset({429, 500, 502, 503, 504})  # every call is repeatable, so a replica's fault ends no run
_LONGEST_PAUSE_S, _TELL_AFTER_S = 2.0, 5.0
_TELL_S = 10.0  # for what decides nothing
_CALL_S, _SHORTEST_S = 60.0, 0.5  # of one try
_log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R", bound=BaseModel)


class EnvClient:
    """One server. `transport` and `sleep` are doors for tests; every call may be repeated without harm.

    `token` is for a server that asks for one; without it `ECHELON_TOKEN` is read.
    """

    def __init__(
        self,
        url: str,
        deadline_s: float = 120.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        token: str | None = None,
    ) -> None:
        headers = authorization(token)
        self._http = httpx.Client(base_url=url, timeout=_CALL_S, transport=transport, headers=headers)
        self._deadline_s = deadline_s
        self._sleep = sleep
        self._limits: Limits | None = None
        self._spent = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The server's address."""
        return str(self._http.base_url).rstrip("/")

    @property
    def seconds(self) -> float:
        """Spent in calls of this thread, pauses included."""
        return float(getattr(self._spent, "seconds", 0.0))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def limits(self) -> Limits:
        """What one request may hold; asked for once."""
        if self._limits is None:
            self._limits = _read(Limits, self._call("GET", "/limits", None, self._deadline_s))
        return self._limits

    def curriculum(self, name: str) -> CurriculumOut:
        """Return the curriculum of that name; raises `ServerRefused`."""
        listed = _read(_Curricula, self._call("GET", "/curricula", None, self._deadline_s)).root
        for entry in listed:
            if entry.name == name:
                return entry
        names = ", ".join(entry.name for entry in listed)
        raise ServerRefused(404, f"the server has no curriculum {name!r} (it has: {names})")

    def sample(self, request: SampleRequest, slots: Sequence[int] | None = None) -> list[ProblemOut]:
        """Return one problem per slot, in order; slots that cannot be filled carry an `error`.

        `slots`, instead of the request's own, may be more than one request holds.
        """
        problems: list[ProblemOut] = []
        for part in _chunks(request.slots if slots is None else slots, self.limits.max_slots):
            reply = self._post("/sample", request.model_copy(update={"slots": part}), SampleReply).problems
            if [problem.slot for problem in reply] != part:
                raise BadReply("/sample answered other slots than it was asked")
            problems += reply
        return problems

    def score(
        self,
        items: Sequence[ScoreItem],
        curriculum: str | None = None,
        reward: Reward | None = None,
        run: RunContext | None = None,
    ) -> list[VerdictOut]:
        """Return one verdict per item, in order; raises `ServerRefused` where an item is not a problem at all."""
        verdicts: list[VerdictOut] = []
        for part in self._fitting(items, score_size):
            request = ScoreRequest(items=part, curriculum=curriculum, reward=reward, run=run)
            reply = self._post("/score", request, ScoreReply).verdicts
            if [verdict.id for verdict in reply] != [item.id for item in part]:
                raise BadReply("/score answered other items than it was asked")
            verdicts += reply
        for verdict in verdicts:
            if verdict.error is not None and verdict.error.status < 500:
                raise ServerRefused(verdict.error.status, f"{verdict.id}: {verdict.error.message}")
        return verdicts

    def play(self, items: Sequence[PlayItem]) -> list[PlayedOut]:
        """Return what is seen of every episode after its actions, in order; raises `ServerRefused`."""
        played: list[PlayedOut] = []
        for part in self._fitting(items, play_size):
            reply = self._post("/play", PlayRequest(items=part), PlayReply).items
            if [item.id for item in reply] != [item.id for item in part]:
                raise BadReply("/play answered other items than it was asked")
            played += reply
        for item in played:
            if item.error is not None:
                raise ServerRefused(item.error.status, f"{item.id}: {item.error.message}")
        return played

    def advance(self, request: AdvanceRequest) -> AdvanceReply:
        """Report, and return the new progress."""
        return self._post("/advance", request, AdvanceReply)

    def tell(self, path: str, told: RunBegun | LogRows | RunEnded) -> bool:
        """Tell the server of a run; return whether it keeps that. Nothing waits for it long."""
        body = told.model_dump_json(exclude_none=True)
        return _read(Kept, self._call("POST", path, body, min(_TELL_S, self._deadline_s))).stored

    def _post(self, path: str, request: BaseModel, reply: type[R]) -> R:
        return _read(reply, self._call("POST", path, request.model_dump_json(exclude_none=True), self._deadline_s))

    def _fitting(self, items: Sequence[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
        """Split by both limits: the number of items, and the bytes of a body."""
        part: list[T] = []
        room = self.limits.max_body_bytes
        for item in items:
            size = size_of(item)
            if part and (len(part) == self.limits.max_items or size > room):
                yield part
                part, room = [], self.limits.max_body_bytes
            part.append(item)
            room -= size
        if part:
            yield part

    def _call(self, method: str, path: str, body: str | None, deadline_s: float) -> bytes:
        started, told = time.monotonic(), False
        pause = 0.05
        try:
            while True:
                wait, problem = pause, ""
                if not told and time.monotonic() - started > _TELL_AFTER_S:
                    told = True
                    _log.warning("waiting for %s, for up to %.0f s", self._http.base_url, deadline_s)
                try:
                    left = max(_SHORTEST_S, deadline_s - (time.monotonic() - started))
                    response = self._http.request(
                        method,
                        path,
                        content=body,
                        headers={"Content-Type": "application/json"},
                        timeout=min(_CALL_S, left),
                    )
                except httpx.TransportError as error:
                    problem = repr(error)
                else:
                    if response.status_code == 200:
                        return response.content
                    if response.status_code not in _AGAIN:
                        raise ServerRefused(response.status_code, _message(response))
                    problem = f"status {response.status_code}"
                    wait = max(wait, _retry_after(response))
                if time.monotonic() - started + wait > deadline_s:
                    raise ServerUnreachable(f"{self._http.base_url}{path}: {problem}, tried {deadline_s:.0f} s")
                # Many who were sent away together are not to come back together.
                self._sleep(wait * random.uniform(1.0, 1.5))
                pause = min(2 * pause, _LONGEST_PAUSE_S)
        finally:
            self._spent.seconds = self.seconds + time.monotonic() - started


class _Curricula(RootModel[list[CurriculumOut]]):
    """The reply of `GET /curricula`."""


def _read(model: type[R], body: bytes) -> R:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise BadReply(f"not a {model.__name__}: {error.errors()[0]['msg']}") from error


def _chunks(items: Sequence[T], size: int) -> list[list[T]]:
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("Retry-After", "0")
    return float(value) if value.isdigit() else 0.0


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]
