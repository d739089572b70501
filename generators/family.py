"""A family: a named, versioned way to make problems from ids."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from generators.canary import CANARY, Canary
from generators.errors import BadId, Disabled, EmptySplit, did_you_mean
from generators.ids import ProblemId, Split, Value
from generators.parameters import OneOf, Parameter, Params, check_params
from generators.problem import Problem
from generators.splits import split_of
from generators.stream import Stream
from generators.verdict import FORM

MAX_REDRAWS = 1_000
MAX_RESTATEMENTS = 200

T = TypeVar("T")
Carry = Callable[[Any], Any]


@dataclass(frozen=True)
class Transform(Generic[T]):
    """A way to restate a problem: a learner who understands the one answers the other accordingly.

    `restate` draws another object, and what takes every answer of the first problem, right or wrong, to the answer of
    the second that is right or wrong in the same way.
    """

    about: str
    restate: Callable[[Stream, T], tuple[T, Carry]]


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One way to draw the mathematical object, with exactly its own parameters.

    A kind added later never respells an older id, because it brings no parameter to the others.
    """

    about: str
    parameters: Mapping[str, Parameter]
    draw: Callable[[Stream, Params], T]
    accept: Callable[[T, Params], bool] = lambda drawn, params: True  # asked only of draws in the right split
    check: Callable[[Params], None] = lambda params: None  # refuses combinations that are empty or too costly
    transforms: Mapping[str, Transform[T]] = field(default_factory=dict)
    chance: float = field(kw_only=True, default=0.0)  # that a blind answer is right, as one of four choices
    example: Params = field(kw_only=True, default_factory=dict)  # parameters of a typical problem, for docs and tests

    def size(self, params: Params, split: Split) -> int | None:
        """Return how many problems a split has, where they are listed; None where they are drawn."""
        return None

    def misplaced(self, content: str, split: Split) -> bool:
        """Whether a content is in a split that it does not belong to."""
        return split_of(content) != split

    def restates(self, at: ProblemId, params: Params, content: Callable[[T], str], drawn: T, other: T) -> bool:
        """Whether `other` may stand for what was drawn: another problem of the same split."""
        changed = content(other)
        return changed != content(drawn) and split_of(changed) == at.split and self.accept(other, params)

    def take(self, at: ProblemId, params: Params, content: Callable[[T], str]) -> T:
        """Return the object of an id; raises `EmptySplit`."""
        stream = Stream(at.key)
        for _ in range(MAX_REDRAWS):
            drawn = self.draw(stream, params)
            if split_of(content(drawn)) == at.split and self.accept(drawn, params):
                return drawn
        raise EmptySplit(f"no {at.split} problem of {at.stem} in {MAX_REDRAWS} draws")


def _never_drawn(stream: Stream, params: Params) -> Any:
    raise NotImplementedError("listed problems are not drawn")


@dataclass(frozen=True)
class Listed(Kind[T]):
    """Problems that are the rows of a list, each in the split that the list has it in; an id's seed counts them.

    The list sees to it that no content is in two splits, nor twice in one.
    """

    draw: Callable[[Stream, Params], T] = field(init=False, default=_never_drawn)
    rows: Callable[[Params, Split], Sequence[T]] = field(kw_only=True)

    def size(self, params: Params, split: Split) -> int | None:
        return len(self.rows(params, split))

    def misplaced(self, content: str, split: Split) -> bool:
        return False

    def restates(self, at: ProblemId, params: Params, content: Callable[[T], str], drawn: T, other: T) -> bool:
        return other != drawn  # the same row, presented otherwise

    def take(self, at: ProblemId, params: Params, content: Callable[[T], str]) -> T:
        rows = self.rows(params, at.split)
        if at.seed >= len(rows):
            raise EmptySplit(f"{at.stem} has {len(rows):,} {at.split} problems")
        return rows[at.seed]


@dataclass(frozen=True, eq=False)
class Family(Generic[T]):
    """Change what any id means, and `version` must change with it (`tests/golden.json` watches).

    `kinds` maps the value of the parameter `kind` to what it draws; a family without kinds has the one key "".
    `pose` makes the problem from the object drawn; `content` is the object's canonical text.
    """

    name: str
    version: int
    about: str
    kinds: Mapping[str, Kind[T]]
    styles: Mapping[str, str]
    components: Mapping[str, str]
    content: Callable[[T], str]
    pose: Callable[[ProblemId, T], Problem]
    settled: Callable[[Params], Params] = lambda params: {}  # what the installation decides: fingerprints, releases
    form: frozenset[str] = FORM
    waits: bool = False  # for another process, so that an event loop must not
    foresee: Callable[[Sequence[ProblemId]], None] = lambda ids: None  # asks that process for many problems in one go
    disabled: Callable[[str], str] = lambda layout: ""  # why problems of a layout cannot be judged here
    in_code: bool = False  # answers may be programs
    turns: bool = False  # its problems may be episodes
    in_numbers: frozenset[str] = frozenset()  # kinds whose question without its numbers cannot be answered

    def kind_of(self, params: Params) -> Kind[T]:
        """Return the kind that the parameters name; raises `BadId`."""
        name = params.get("kind", "")
        if name not in self.kinds:
            raise BadId("parameters", f"unknown kind {str(name)!r}{did_you_mean(str(name), self.kinds)}")
        return self.kinds[str(name)]

    def declared(self, kind: str) -> dict[str, Parameter]:
        """Return every parameter of an id of that kind, `kind` itself included."""
        own = dict(self.kinds[kind].parameters)
        return {"kind": OneOf((kind,), self.kinds[kind].about), **own} if kind else own

    def example(self, kind: str, style: str = "") -> ProblemId:
        """Return the id of a typical problem of a kind."""
        params = {"kind": kind, **self.kinds[kind].example} if kind else self.kinds[kind].example
        return ProblemId(
            self.name, self.version, tuple(sorted(params.items())), "train", 0, style or next(iter(self.styles))
        )

    def completed(self, params: Params) -> Params:
        """Return parameters with those that the installation decides filled in, where they are not given."""
        return {**self.settled(params), **params}

    def check(self, problem_id: ProblemId) -> None:
        """Raise `BadId` unless the id names a problem of this family that may be built."""
        if problem_id.version != self.version:
            raise BadId("version", f"{self.name} is served at version {self.version}, not {problem_id.version}")
        self._check(problem_id.params, problem_id.style)

    @lru_cache(maxsize=1_024)  # noqa: B019 - families are never thrown away; errors are not remembered
    def _check(self, pairs: tuple[tuple[str, Value], ...], style: str) -> None:
        params = dict(pairs)
        kind = self.kind_of(params)
        layout, plus, transform = style.partition("+")
        there = self.restatements(str(params.get("kind", "")))
        if layout not in self.styles or (plus and transform not in there):
            known = [*self.styles, *(f"{one}+{name}" for one in self.styles for name in there)]
            raise BadId("style", f"unknown style {style!r}{did_you_mean(style, known)}")
        check_params(self.declared(str(params.get("kind", ""))), params)
        kind.check(params)

    def restatements(self, kind: str) -> dict[str, str]:
        """Return what may follow a style of a kind, as in `chat+transpose`."""
        told = {name: transform.about for name, transform in self.kinds[kind].transforms.items()}
        return {**told, CANARY: Canary.__doc__ or ""} if kind in self.in_numbers else told

    def require(self, layout: str) -> None:
        """Raise `Disabled` where problems in a layout cannot be judged in this installation."""
        if reason := self.disabled(layout):
            raise Disabled(f"{self.name} in the style {layout} is not served here: {reason}")

    def build(self, problem_id: ProblemId) -> Problem:
        """Regenerate a problem; raises `BadId`, or `EmptySplit` when its split holds none of them."""
        return self.restated(problem_id)[0]

    def restated(self, problem_id: ProblemId) -> tuple[Problem, Carry]:
        """Regenerate a problem with what takes answers of the problem as drawn to answers of it.

        A restatement stays in the split of its id: the transform is drawn again until its content belongs there too.
        """
        self.check(problem_id)
        params: dict[str, Value] = dict(problem_id.params)
        kind = self.kind_of(params)
        drawn = kind.take(problem_id, params, self.content)
        if not problem_id.transform:
            return self.pose(problem_id, drawn), lambda answer: answer
        if problem_id.transform == CANARY:
            return Canary(self.pose(problem_id, drawn)), lambda answer: answer
        stream = Stream(f"{problem_id.key}/{problem_id.transform}")
        for _ in range(MAX_RESTATEMENTS):
            other, carry = kind.transforms[problem_id.transform].restate(stream, drawn)
            if kind.restates(problem_id, params, self.content, drawn, other):
                return self.pose(problem_id, other), carry
        raise EmptySplit(f"no {problem_id.transform} of {problem_id} stays in {problem_id.split}")
