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
from trainer_client.client.item_sizes import play_size, score_size
from trainer_client.errors import BadReply, ServerRefused, ServerUnreachable

TELL_S = 10.0  # for what decides nothing

_ROUNDS = 4  # in which an item that failed on the server's side is asked for again

T = TypeVar("T")
F = TypeVar("F", ProblemOut, PlayedOut)
R = TypeVar("R", bound=BaseModel)


class Call(NamedTuple):
    """One request; `within_s`: it is not worth the client's whole deadline; `after_s`: it is to wait before."""

    method: str
    path: str
    body: str | None = None
    within_s: float | None = None
    after_s: float = 0.0

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

    def posed(part: list[int], after_s: float) -> Calls[list[ProblemOut]]:
        asked = request.model_copy(update={"slots": part})
        reply = (yield from _post("/sample", asked, SampleReply, after_s)).problems
        if [problem.slot for problem in reply] != part:
            raise BadReply("/sample answered other slots than it was asked")
        return reply

    for part in _chunks(request.slots if slots is None else slots, room.max_slots):
        problems += yield from _each(part, posed)
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

    def seen(part: list[PlayItem], after_s: float) -> Calls[list[PlayedOut]]:
        reply = (yield from _post("/play", PlayRequest(items=part), PlayReply, after_s)).items
        if [item.id for item in reply] != [item.id for item in part]:
            raise BadReply("/play answered other items than it was asked")
        return reply

    for part in _fitting(room, items, play_size):
        played += yield from _each(part, seen)
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


def _post(path: str, request: BaseModel, reply: type[R], after_s: float = 0.0) -> Calls[R]:
    body = request.model_dump_json(exclude_none=True)
    return _read(reply, (yield Call("POST", path, body, after_s=after_s)))


def _each(items: list[T], ask: Callable[[list[T], float], Calls[list[F]]]) -> Calls[list[F]]:
    """Ask for each item, and again for those that the server had no process for; raises `ServerUnreachable`."""
    found = yield from ask(items, 0.0)
    for again in range(_ROUNDS):
        missing = [at for at, one in enumerate(found) if one.error is not None and one.error.status >= 500]
        if not missing:
            return found
        for at, one in zip(missing, (yield from ask([items[at] for at in missing], 2.0**again)), strict=True):
            found[at] = one
    failed = next((one.error for one in found if one.error is not None and one.error.status >= 500), None)
    if failed is not None:
        raise ServerUnreachable(f"{failed.message} (asked {_ROUNDS + 1} times)")
    return found


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
