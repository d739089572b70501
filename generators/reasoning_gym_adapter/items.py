"""Items of reasoning-gym: drawn in its worker, one by one or many in one go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from generators.errors import BadId, Overtaxed
from generators.ids import ProblemId
from generators.parameters import Params
from generators.splits import split_of, text_digest
from generators.stream import Stream
from generators.workers import Worker, WorkerFailed

PREFIX = "rg."
CPU_S, DRAW_S, MEMORY_MB = 5, 20, 4_096
_INDICES = 2**31
_ROUNDS = 4  # of foreseeing: of `train` one draw in five is in another split
_MOST = 4_096  # items that are remembered

worker = Worker("generators.reasoning_gym_adapter.worker", CPU_S, MEMORY_MB)


@dataclass(frozen=True)
class Item:
    """One item of theirs: what it is drawn from, its question, an answer, and whether that wins by their scorer."""

    name: str
    levels: tuple[tuple[str, int], ...]
    at: int
    question: str
    answer: str
    wins: bool

    def tried(self) -> Mapping[str, bool]:
        """Return what their scorer pays for that is no answer: `nothing`, `words`; and whether it is its `own`."""
        given: Mapping[str, bool] = worker.ask({"do": "try", **_place(self.name, self.levels, self.at)})
        return given

    def scores(self, *answers: str) -> list[float]:
        """Return what their scorer gives; raises `Overtaxed` for a text that it does not survive."""
        given: list[float] = worker.ask({"do": "score", **_place(self.name, self.levels, self.at), "answers": answers})
        return given


def content_of(item: Item) -> str:
    """Return the question but for case and white space: all that is known of what is asked."""
    return f"{PREFIX}{item.name}:{text_digest(item.question)}"


def wins(item: Item, params: Params) -> bool:
    """Whether the answer that comes with an item wins by their own scorer, and takes more than a blind guess."""
    return item.wins


def drawn(name: str, levels: Sequence[str], stream: Stream, params: Params) -> Item:
    """Draw an item at the levels that the parameters give; raises `BadId` where reasoning-gym refuses these."""
    chosen, at = _levels(levels, params), stream.below(_INDICES)
    made = _remembered.get((name, chosen, at))
    if made is None:
        try:
            made = worker.ask(_made(name, chosen, at), DRAW_S)
        except Overtaxed:
            raise WorkerFailed(f"reasoning-gym takes more than {DRAW_S} s to draw one {name} at these levels") from None
        _remembered.add({(name, chosen, at): made})
    if "refused" in made:
        raise BadId("parameters", f"reasoning-gym refuses these levels: {made['refused']}")
    return _item(name, chosen, at, made)


def foresee(name: str, ids: Iterable[ProblemId]) -> None:
    """Draw what these ids will draw, all in one go: each would cost a way to the worker and back of its own."""
    open = [(id, _levels(_named(id), dict(id.params)), Stream(id.key)) for id in ids]
    for _ in range(_ROUNDS):
        places = [(name, chosen, stream.below(_INDICES)) for _, chosen, stream in open]
        unknown = [place for place in dict.fromkeys(places) if _remembered.get(place) is None]
        made = worker.ask_many([_made(*place) for place in unknown], DRAW_S)
        _remembered.add({place: one for place, one in zip(unknown, made, strict=True) if one is not None})
        open = [one for one, place in zip(open, places, strict=True) if _goes_on(one[0], place)]


class _Memory:
    """What was drawn last: a problem is judged soon after it was posed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: dict[_Place, dict[str, Any]] = {}

    def get(self, place: "_Place") -> dict[str, Any] | None:
        return self._made.get(place)

    def add(self, made: Mapping["_Place", dict[str, Any]]) -> None:
        with self._lock:
            self._made |= made
            while len(self._made) > _MOST:
                del self._made[next(iter(self._made))]


_Levels = tuple[tuple[str, int], ...]
_Place = tuple[str, _Levels, int]
_remembered = _Memory()


def _goes_on(id: ProblemId, place: _Place) -> bool:
    """Whether an id draws again after this item; not where nothing is known of it."""
    made = _remembered.get(place)
    if made is None or "refused" in made:
        return False
    return not made["wins"] or split_of(content_of(_item(*place, made))) != id.split


def _item(name: str, levels: _Levels, at: int, made: Mapping[str, Any]) -> Item:
    return Item(name, levels, at, made["question"], made["answer"], made["wins"])


def _made(name: str, levels: _Levels, at: int) -> dict[str, Any]:
    return {"do": "make", **_place(name, levels, at)}


def _place(name: str, levels: _Levels, at: int) -> dict[str, Any]:
    return {"name": name, "levels": dict(levels), "at": at}


def _levels(names: Iterable[str], params: Params) -> _Levels:
    return tuple((level, int(params[level])) for level in sorted(names))


def _named(id: ProblemId) -> list[str]:
    """Return the parameters of an id that are levels."""
    return [key for key, _ in id.params if key not in ("kind", "release", "scorer")]
