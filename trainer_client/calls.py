"""What the calls of a client ask and how replies are read, without sending anything: one text for sync and async.

Each is a generator that yields calls, is sent the bodies of their replies, and returns what was wanted.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import NamedTuple, TypeVar

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
from trainer_client.errors import BadReply, ServerRefused
from trainer_client.item_sizes import play_size, score_size

TELL_S = 10.0  # for what decides nothing

T = TypeVar("T")
R = TypeVar("R", bound=BaseModel)


class Call(NamedTuple):
    """One request; `within_s` where it is not worth the client's whole deadline."""

    method: str
    path: str
    body: str | None = None
    within_s: float | None = None

    def deadline(self, most_s: float) -> float:
        """Return for how many seconds it is tried by a client that has so many."""
        return most_s if self.within_s is None else min(self.within_s, most_s)


Calls = Generator[Call, bytes, T]


def limits() -> Calls[Limits]:
    """Ask what one request may hold."""
    return _read(Limits, (yield Call("GET", "/limits")))


def curriculum(name: str) -> Calls[CurriculumOut]:
    """Ask for a curriculum by its name; raises `ServerRefused`."""
    listed = _read(_Curricula, (yield Call("GET", "/curricula"))).root
    for entry in listed:
        if entry.name == name:
            return entry
    names = ", ".join(entry.name for entry in listed)
    raise ServerRefused(404, f"the server has no curriculum {name!r} (it has: {names})")


def sample(room: Limits, request: SampleRequest, slots: Sequence[int] | None) -> Calls[list[ProblemOut]]:
    """Ask for the problem of every slot, in as many requests as they take."""
    problems: list[ProblemOut] = []
    for part in _chunks(request.slots if slots is None else slots, room.max_slots):
        reply = (yield from _post("/sample", request.model_copy(update={"slots": part}), SampleReply)).problems
        if [problem.slot for problem in reply] != part:
            raise BadReply("/sample answered other slots than it was asked")
        problems += reply
    return problems


def score(
    room: Limits, items: Sequence[ScoreItem], curriculum: str | None, reward: Reward | None, run: RunContext | None
) -> Calls[list[VerdictOut]]:
    """Ask for the verdict on every item; raises `ServerRefused` where an item is not a problem at all."""
    verdicts: list[VerdictOut] = []
    for part in _fitting(room, items, score_size):
        request = ScoreRequest(items=part, curriculum=curriculum, reward=reward, run=run)
        reply = (yield from _post("/score", request, ScoreReply)).verdicts
        if [verdict.id for verdict in reply] != [item.id for item in part]:
            raise BadReply("/score answered other items than it was asked")
        verdicts += reply
    for verdict in verdicts:
        if verdict.error is not None and verdict.error.status < 500:
            raise ServerRefused(verdict.error.status, f"{verdict.id}: {verdict.error.message}")
    return verdicts


def play(room: Limits, items: Sequence[PlayItem]) -> Calls[list[PlayedOut]]:
    """Ask what is seen of every episode after its actions; raises `ServerRefused`."""
    played: list[PlayedOut] = []
    for part in _fitting(room, items, play_size):
        reply = (yield from _post("/play", PlayRequest(items=part), PlayReply)).items
        if [item.id for item in reply] != [item.id for item in part]:
            raise BadReply("/play answered other items than it was asked")
        played += reply
    for item in played:
        if item.error is not None:
            raise ServerRefused(item.error.status, f"{item.id}: {item.error.message}")
    return played


def advance(request: AdvanceRequest) -> Calls[AdvanceReply]:
    """Report, and ask for the new progress."""
    return (yield from _post("/advance", request, AdvanceReply))


def tell(path: str, told: RunBegun | LogRows | RunEnded) -> Calls[bool]:
    """Tell of a run; whether it is kept."""
    reply = yield Call("POST", path, told.model_dump_json(exclude_none=True), TELL_S)
    return _read(Kept, reply).stored


def _post(path: str, request: BaseModel, reply: type[R]) -> Calls[R]:
    return _read(reply, (yield Call("POST", path, request.model_dump_json(exclude_none=True))))


def _fitting(limits: Limits, items: Sequence[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """Split by both limits: the number of items, and the bytes of a body."""
    part: list[T] = []
    room = limits.max_body_bytes
    for item in items:
        size = size_of(item)
        if part and (len(part) == limits.max_items or size > room):
            yield part
            part, room = [], limits.max_body_bytes
        part.append(item)
        room -= size
    if part:
        yield part


class _Curricula(RootModel[list[CurriculumOut]]):
    """The reply of `GET /curricula`."""


def _read(model: type[R], body: bytes) -> R:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise BadReply(f"not a {model.__name__}: {error.errors()[0]['msg']}") from error


def _chunks(items: Sequence[T], size: int) -> list[list[T]]:
    return [list(items[i : i + size]) for i in range(0, len(items), size)]
