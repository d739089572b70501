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

from generators.errors import BadId, Unreadable, did_you_mean
from generators.family import Family, Kind
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import OneOf, Parameter, Whole
from generators.reasoning_gym_adapter.equality import no_number, number_of, readings, same_number, same_shape, same_text
from generators.reasoning_gym_adapter.items import PREFIX, Item, content_of, drawn, foresee, wins, worker
from generators.reasoning_gym_adapter.worker import IDLE
from generators.stream import Stream
from generators.written import FORMAT, Written

MAX_ANSWER = 16_000  # characters

COMPONENTS = {
    "correct": "1 if the answer is right: strict, by a scorer that pays for nothing else; lenient, by theirs as it is",
    "score": "the partial credit of reasoning-gym's own scorer",
    "format": FORMAT,
}


@dataclass(frozen=True)
class RgQuestion(Written[str]):
    """A question of theirs, judged strictly or as they do."""

    id: ProblemId
    item: Item
    components = COMPONENTS
    role = "You solve problems exactly."
    bare_is_whole = True

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


def installed() -> bool:
    """Whether reasoning-gym is here; it is not imported to find out."""
    return find_spec("reasoning_gym") is not None


@lru_cache(maxsize=1)
def _listing() -> dict[str, Any]:
    listing: dict[str, Any] = worker.ask({"do": "list"})
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
    kinds = {"default": Kind("as it comes", common, partial(drawn, theirs, ()), wins, example=example)}
    if attributes:
        levels = {
            at: Whole(0, len(values) - 1, f"level of {at}, {about}: {', '.join(values)[:200]}")
            for at, (about, values) in attributes.items()
        }
        kinds["levels"] = Kind(
            "its attributes at levels, as its own curriculum raises them",
            {**common, **levels},
            partial(drawn, theirs, tuple(levels)),
            wins,
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
        foresee=partial(foresee, theirs),
        in_code=True,  # of some of their sets
    )
