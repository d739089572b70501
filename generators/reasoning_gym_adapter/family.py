"""The families `rg.NAME`.

Q: State the final answer to the following arithmetic problem: 4 + 3 =
A: <answer>7</answer>

Their generators and scorers, our ids: the content decides the split, where their own scripts share 99.95 % of train and
validation; answers stay on the server; a scorer that pays for nothing is not believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from importlib.util import find_spec
from typing import Any

from generators.errors import BadId, Overtaxed, Unreadable, did_you_mean
from generators.family import Family, Kind
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import OneOf, Parameter, Params, Whole
from generators.reasoning_gym_adapter.equality import no_number, number_of, readings, same_number, same_shape, same_text
from generators.reasoning_gym_adapter.worker import IDLE
from generators.splits import text_digest
from generators.stream import Stream
from generators.workers import Worker, WorkerFailed
from generators.written import FORMAT, Written

PREFIX = "rg."
CPU_S, DRAW_S, MEMORY_MB = 5, 20, 4_096
MAX_ANSWER = 16_000  # characters
_INDICES = 2**31

COMPONENTS = {
    "correct": "1 if the answer is right: strict, by a scorer that pays for nothing else; lenient, by theirs as it is",
    "score": "the partial credit of reasoning-gym's own scorer",
    "format": FORMAT,
}

_worker = Worker("generators.reasoning_gym_adapter.worker", CPU_S, MEMORY_MB)


@dataclass(frozen=True)
class Item:
    """One item of theirs: what it is drawn from, its question and an answer that wins."""

    name: str
    levels: tuple[tuple[str, int], ...]
    at: int
    question: str
    answer: str

    def tried(self) -> Mapping[str, bool]:
        """Return what their scorer pays for that is no answer: `nothing`, `words`; and whether it is its `own`."""
        given: Mapping[str, bool] = _worker.ask(
            {"do": "try", "name": self.name, "levels": dict(self.levels), "at": self.at}
        )
        return given

    def scores(self, *answers: str) -> list[float]:
        """Return what their scorer gives; raises `Overtaxed` for a text that it does not survive."""
        request = {"do": "score", "name": self.name, "levels": dict(self.levels), "at": self.at, "answers": answers}
        given: list[float] = _worker.ask(request)
        return given


def content_of(item: Item) -> str:
    """Return the question but for case and white space: all that is known of what is asked."""
    return f"{PREFIX}{item.name}:{text_digest(item.question)}"


@dataclass(frozen=True)
class RgQuestion(Written[str]):
    """A question of theirs, judged strictly or as they do."""

    id: ProblemId
    item: Item
    components = COMPONENTS
    role = "You solve problems exactly."

    @property
    def content(self) -> str:
        return content_of(self.item)

    @property
    def task(self) -> str:
        return self.item.question

    @property
    def short(self) -> str:
        return f"{self.item.question}\nA:"

    @property
    def right(self) -> str:
        return self.item.answer

    @property
    def example(self) -> None:
        return None

    @property
    def cheap(self) -> Mapping[str, str]:
        return {f"blind_{at}": text for at, text in enumerate(IDLE)}

    def read(self, text: str) -> str:
        if len(text) > MAX_ANSWER:
            raise Unreadable("the answer is too long")
        if not text.strip():
            raise Unreadable("there is no answer", "gave_up")
        return text.strip()

    def final_part(self, completion: str) -> str:
        """Return all of a `bare` one: many of their answers hold a `=`."""
        return super().final_part(completion) if self.in_full else completion

    def write(self, answer: str) -> str:
        return answer

    def canonical(self, answer: str) -> str:
        return " ".join(answer.split())

    def same(self, given: str, other: str) -> bool:
        return self.canonical(given) == self.canonical(other)

    def fault(self, given: str) -> str:
        if same_text(given, self.right) or (self._strict and same_number(given, self.right)):
            return ""
        if self._strict and not self._asks_theirs(given):
            return "that is not the answer"
        return "" if max(self.item.scores(*readings(given))) >= 1.0 else "its scorer does not take that for right"

    def measure(self, given: str) -> Mapping[str, float]:
        if self._strict and not self._asks_theirs(given):
            return {}
        return {"score": min(1.0, max(0.0, *self.item.scores(*readings(given))))}

    def mistake(self, stream: Stream) -> str:
        return stream.choice([text for text in IDLE if not same_text(text, self.right)])

    @property
    def _strict(self) -> bool:
        return dict(self.id.params)["scorer"] == "strict"

    def _asks_theirs(self, given: str) -> bool:
        """Whether their scorer is to be believed on an answer that is not simply the one that comes with the item.

        Not on numbers, which are equal or not; not where it is the default one, which knows one answer only; not where
        it pays for what is no answer; and where it overlooks words, only on answers without any.
        """
        if number_of(self.right) is not None or not self._tried["own"] or self._tried["nothing"]:
            return False
        return not no_number(given, self.right) and (not self._tried["words"] or same_shape(given, self.right))

    @cached_property
    def _tried(self) -> Mapping[str, bool]:
        return self.item.tried()


def _draw(name: str, levels: tuple[str, ...], stream: Stream, params: Params) -> Item:
    at = stream.below(_INDICES)
    chosen = {level: int(params[level]) for level in levels}
    try:
        made = _worker.ask({"do": "make", "name": name, "levels": chosen, "at": at}, DRAW_S)
    except Overtaxed:
        raise WorkerFailed(f"reasoning-gym takes more than {DRAW_S} s to draw one {name} at these levels") from None
    if "refused" in made:
        raise BadId("parameters", f"reasoning-gym refuses these levels: {made['refused']}")
    return Item(name, tuple(chosen.items()), at, made["question"], made["answer"] or "")


def _has_answer(item: Item, params: Params) -> bool:
    """Whether the answer that comes with an item wins by their own scorer, and takes more than a blind guess."""
    return bool(item.answer) and item.scores(item.answer)[0] >= 1.0


def installed() -> bool:
    """Whether reasoning-gym is here; it is not imported to find out."""
    return find_spec("reasoning_gym") is not None


@lru_cache(maxsize=1)
def _listing() -> dict[str, Any]:
    listing: dict[str, Any] = _worker.ask({"do": "list"})
    return listing


def names() -> list[str]:
    """Return the names of all families that can be made here, `rg.` before each; none without reasoning-gym."""
    return [f"{PREFIX}{name}" for name in _listing()["families"]] if installed() else []


@lru_cache(maxsize=256)
def adapted(name: str) -> Family[Item]:
    """Return a family by its name with `rg.` before it; raises `BadId`."""
    if not installed():
        raise BadId("family", f"{name} needs reasoning-gym: pip install 'echelon[reasoning-gym]'")
    theirs = name.removeprefix(PREFIX)
    listed = _listing()["families"]
    if theirs not in listed:
        raise BadId("family", f"no family {theirs!r} of reasoning-gym comes with answers{did_you_mean(theirs, listed)}")
    attributes, first = listed[theirs]["attributes"], listed[theirs]["first"]
    release = _listing()["release"].replace(".", "_")
    common: dict[str, Parameter] = {
        "release": OneOf((release,), "of reasoning-gym: another one draws other items"),
        "scorer": OneOf(("strict", "lenient"), "ours over theirs, or theirs as it is"),
    }
    example = {"release": release, "scorer": "strict"}
    kinds = {"default": Kind("as it comes", common, partial(_draw, theirs, ()), _has_answer, example=example)}
    if attributes:
        levels = {
            at: Whole(0, len(values) - 1, f"level of {at}, {about}: {', '.join(values)[:200]}")
            for at, (about, values) in attributes.items()
        }
        kinds["levels"] = Kind(
            "its attributes at levels, as its own curriculum raises them",
            {**common, **levels},
            partial(_draw, theirs, tuple(levels)),
            _has_answer,
            example={**example, **first},
        )
    return Family(
        name=name,
        version=1,
        about=f"{theirs.replace('_', ' ')}, of reasoning-gym.",
        kinds=kinds,
        styles=styles("the question, then 'A:'; all that follows is the answer", "boxed"),
        components=COMPONENTS,
        content=content_of,
        pose=RgQuestion,
        settled=lambda params: {"release": release},
        waits=True,
        in_code=True,  # of some of their sets
    )
