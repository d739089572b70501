"""The HTTP client: batched, retried with a deadline; raises, never invents a reward.

with EnvClient("http://127.0.0.1:8000") as env:
    problems = env.sample(SampleRequest(curriculum="inverse", slots=[0, 1]))
    verdicts = env.score([ScoreItem(id=problems[0].id, completion="...")])

It needs neither torch nor a server: `EnvClient(transport=InProcess(create_app(...)))` asks an application in this
process (in_process.py). `AsyncEnvClient` (async_client.py) is the same to be awaited.
"""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

import httpx

from envserver.wire import (
    AdvanceReply,
    AdvanceRequest,
    CurriculumOut,
    Limits,
    LogRows,
    PlayedOut,
    PlayItem,
    ProblemOut,
    Reward,
    RunBegun,
    RunContext,
    RunEnded,
    SampleRequest,
    ScoreItem,
    VerdictOut,
)
from trainer_client.client import calls
from trainer_client.client.api_token import authorization
from trainer_client.client.calls import Call, Calls
from trainer_client.client.patience import CALL_S, Patience

HERE = "http://127.0.0.1:8000"

T = TypeVar("T")


class EnvClient:
    """One server. `transport` and `sleep` are doors for tests; every call may be repeated without harm.

    `token` is for a server that asks for one; without it `ECHELON_TOKEN` is read.
    """

    def __init__(
        self,
        url: str = HERE,
        deadline_s: float = 120.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        token: str | None = None,
    ) -> None:
        headers = authorization(token)
        self._http = httpx.Client(base_url=url, timeout=CALL_S, transport=transport, headers=headers)
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
            self._limits = self._done(calls.limits())
        return self._limits

    def curriculum(self, name: str) -> CurriculumOut:
        """Return the curriculum of that name; raises `ServerRefused`."""
        return self._done(calls.curriculum(name))

    def sample(self, request: SampleRequest, slots: Sequence[int] | None = None) -> list[ProblemOut]:
        """Return one problem per slot, in order; slots that cannot be filled carry an `error`.

        `slots`, instead of the request's own, may be more than one request holds.
        """
        return self._done(calls.sample(self.limits, request, slots))

    def score(
        self,
        items: Sequence[ScoreItem],
        curriculum: str | None = None,
        reward: Reward | None = None,
        run: RunContext | None = None,
    ) -> list[VerdictOut]:
        """Return one verdict per item, in order; raises `ServerRefused` where an item is not a problem at all."""
        return self._done(calls.score(self.limits, items, curriculum, reward, run))

    def play(self, items: Sequence[PlayItem]) -> list[PlayedOut]:
        """Return what is seen of every episode after its actions, in order; raises `ServerRefused`."""
        return self._done(calls.play(self.limits, items))

    def advance(self, request: AdvanceRequest) -> AdvanceReply:
        """Report, and return the new progress."""
        return self._done(calls.advance(request))

    def tell(self, path: str, told: RunBegun | LogRows | RunEnded) -> bool:
        """Tell the server of a run; return whether it keeps that. Nothing waits for it long."""
        return self._done(calls.tell(path, told))

    def _done(self, asked: Calls[T]) -> T:
        try:
            call = next(asked)
            while True:
                call = asked.send(self._call(call))
        except StopIteration as end:
            value: T = end.value
            return value

    def _call(self, call: Call) -> bytes:
        if call.after_s:
            self._sleep(call.after_s)
        patience = Patience(f"{self._http.base_url}{call.path}", call.deadline(self._deadline_s))
        try:
            while True:
                came: httpx.Response | httpx.TransportError
                try:
                    came = self._http.request(
                        call.method,
                        call.path,
                        content=call.body,
                        headers={"Content-Type": "application/json"},
                        timeout=patience.timeout,
                    )
                    if came.status_code == 200:
                        return came.content
                except httpx.TransportError as error:
                    came = error
                self._sleep(patience.pause(came))
        finally:
            self._spent.seconds = self.seconds + patience.spent
