"""What the endpoints do, without HTTP: requests to replies. Also used by the terminal commands."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from curricula.advance import advance
from curricula.curriculum import Curriculum
from curricula.errors import EmptySlot, Stale, UnknownCurriculum
from curricula.progress import MAX_BYTES, Progress
from curricula.rewards.reward import Reward
from curricula.room import room
from curricula.sampling import Draw, Wish, drawing, id_of_slot
from envserver.episodes import played
from envserver.errors import Invalid, RevealRefused, error_body
from envserver.scoring import Judging, scored
from envserver.wire import (
    AdvanceReply,
    AdvanceRequest,
    ErrorBody,
    MessageOut,
    PlayedOut,
    PlayItem,
    PlayReply,
    PlayRequest,
    ProblemOut,
    SampleReply,
    SampleRequest,
    ScoreItem,
    ScoreReply,
    ScoreRequest,
)
from generators.errors import BadId, EmptySplit, did_you_mean
from generators.families import build, family_named, foresee, waits
from generators.ids import MAX_LENGTH, ProblemId
from generators.problem import Problem
from generators.turn_based import TurnBased
from generators.workers import WorkerFailed

_log = logging.getLogger(__name__)
_BINARY = Reward(preset="binary")
_AT_ONCE = 8  # items of a request that wait for other processes
_OF_A_SLOT = (EmptySlot, EmptySplit, WorkerFailed)  # what spoils one slot, and not the request


class RewardedBy(NamedTuple):
    """What makes components one number, and the curriculum that it is of."""

    curriculum: Curriculum | None
    reward: Reward


class Service:
    """A pure function per endpoint over the curricula that are served."""

    def __init__(self, curricula: Mapping[str, Curriculum], max_completion_chars: int) -> None:
        self.curricula = curricula
        self.max_completion_chars = max_completion_chars

    def curriculum(self, reference: str) -> Curriculum:
        """Return a curriculum by `name` or `name@digest`; raises `UnknownCurriculum` or `Stale`."""
        name, _, digest = reference.partition("@")
        if name not in self.curricula:
            raise UnknownCurriculum(f"unknown curriculum {name!r}{did_you_mean(name, self.curricula)}")
        found = self.curricula[name]
        if digest and digest != found.digest:
            raise Stale(f"{reference} was asked for, this server has {found.reference}")
        return found

    def sample(self, request: SampleRequest, may_reveal: bool) -> SampleReply:
        """Return the problem of every slot; answers too, where they are asked for and the caller may have them."""
        if request.reveal is not None:
            _check_reveal(request, may_reveal)
        if (request.curriculum is None) == (request.family is None):
            raise Invalid("give either a curriculum or a family")
        if request.family is not None:
            return self._sample_family(request)
        curriculum = self.curriculum(request.curriculum or "")
        progress = self._progress(curriculum, request.progress)
        style = request.style or curriculum.style
        wish = Wish(request.split, style, request.seed, request.stage, request.pooled)
        place = drawing(curriculum, progress, wish)
        return SampleReply(curriculum=curriculum.reference, problems=self._posed(place, request))

    def rewarded_by(self, request: ScoreRequest) -> RewardedBy:
        """Return what rewards the items of a request."""
        curriculum = self.curriculum(request.curriculum) if request.curriculum else None
        reward = request.reward or (curriculum.reward if curriculum else _BINARY)
        return RewardedBy(curriculum, reward)

    def score(self, request: ScoreRequest, queued_s: float = 0.0) -> ScoreReply:
        """Judge every item; a bad item spoils that item only. `queued_s` is how long the request has waited."""
        curriculum, reward = self.rewarded_by(request)
        if reward.anneal and curriculum is None:
            raise Invalid("a reward that is annealed by stage goes with a curriculum")
        if curriculum and (strange := {stage for at in reward.anneal.values() for stage in at} - set(curriculum.order)):
            raise Invalid(f"anneal: {curriculum.name} has no stage {', '.join(sorted(strange))}")
        how = Judging(reward, curriculum, self.max_completion_chars, round(1_000 * queued_s, 4))
        judged = partial(scored, how=how)
        if len(request.items) == 1 or not self.waits(request):
            return ScoreReply(stored=False, verdicts=[judged(item) for item in request.items])
        foresee(_ids(request.items))
        # While one item waits for another process, the next ones get theirs.
        with ThreadPoolExecutor(min(len(request.items), _AT_ONCE)) as pool:
            return ScoreReply(stored=False, verdicts=list(pool.map(judged, request.items)))

    def advance(self, request: AdvanceRequest) -> AdvanceReply:
        """Fold a report into progress."""
        curriculum = self.curriculum(request.curriculum)
        progress = self._progress(curriculum, request.progress)
        done = advance(curriculum, progress, request.training, request.held_out)
        return AdvanceReply(progress=done.progress, decision=done.decision, next_look=done.next_look)

    def waits(self, request: SampleRequest | ScoreRequest | PlayRequest) -> bool:
        """Whether a request may wait for another process, so that the event loop must not wait for it."""
        if isinstance(request, ScoreRequest) and self._embeds(request):
            return True
        if isinstance(request, ScoreRequest | PlayRequest):
            return any(waits(item.id.partition("@")[0]) for item in request.items)
        if request.family is not None:
            return waits(request.family.partition("@")[0])
        curriculum = self.curricula.get((request.curriculum or "").partition("@")[0])
        return curriculum is not None and any(waits(stage.family.partition("@")[0]) for stage in curriculum.stages)

    def problem(self, text: str) -> ProblemOut:
        """Return one problem by its id."""
        return _out(build(ProblemId.parse(text)), None, None, None)

    def play(self, request: PlayRequest) -> PlayReply:
        """Replay every episode and return what is seen; a bad item spoils that item only."""
        return PlayReply(items=[self.played(item) for item in request.items])

    @property
    def first(self) -> str:
        """The curriculum that is meant where none is named."""
        return "inverse" if "inverse" in self.curricula else next(iter(self.curricula))

    def played(self, item: PlayItem) -> PlayedOut:
        """Replay one episode and return what is seen; what is wrong with it is in the reply."""
        try:
            return played(item)
        except Exception:  # a fault of ours in one episode: never the end of the batch
            _log.exception("playing %s failed", item.id[:MAX_LENGTH])
            fault = ErrorBody(status=500, code="internal", message="the episode failed; this is the server's fault")
            return PlayedOut(id=item.id, error=fault)

    def _progress(self, curriculum: Curriculum, given: Progress | None) -> Progress:
        progress = given or Progress(curriculum=curriculum.reference)
        curriculum.check(progress)
        if progress.policy and room(curriculum, progress.policy) > MAX_BYTES:
            raise Invalid(
                f"what this policy remembers of {len(curriculum.names)} stages could outgrow {MAX_BYTES} bytes"
            )
        if given and len(given.model_dump_json()) > MAX_BYTES:
            raise Invalid(f"progress is at most {MAX_BYTES} bytes")
        return progress

    def _sample_family(self, request: SampleRequest) -> SampleReply:
        if request.progress or request.stage:
            raise Invalid("progress and stage go with a curriculum, not with a family")
        name, _, version = (request.family or "").partition("@")
        family = family_named(name)
        if version != str(family.version):
            raise Invalid(f"write the family with its version: {name}@{family.version}")
        params = tuple(sorted(family.completed(request.params or {}).items()))
        style = request.style or next(iter(family.styles))
        family.check(start := ProblemId(name, family.version, params, request.split, 0, style))

        def place(slot: int) -> Draw:
            return Draw(None, id_of_slot(start, request.seed, slot, request.pooled))

        return SampleReply(curriculum=None, problems=self._posed(place, request))

    def _posed(self, place: Callable[[int], Draw], request: SampleRequest) -> list[ProblemOut]:
        """Return the problem that `place` puts in every slot; an empty slot spoils that slot only."""
        draws = [_placed(place, slot) for slot in request.slots]
        if self.waits(request):
            foresee(draw.id for draw in draws if isinstance(draw, Draw))
        return [_built(draw, slot, request) for slot, draw in zip(request.slots, draws, strict=True)]

    def _embeds(self, request: ScoreRequest) -> bool:
        """Whether a reward asks a model, which takes long."""
        named = self.curricula.get((request.curriculum or "").partition("@")[0])
        reward = request.reward or (named.reward if named else _BINARY)
        return "similarity" in reward.names


def _ids(items: Iterable[ScoreItem]) -> Iterator[ProblemId]:
    """Return the ids that are ids."""
    for text in dict.fromkeys(item.id for item in items):
        with suppress(BadId):
            yield ProblemId.parse(text)


def _placed(place: Callable[[int], Draw], slot: int) -> Draw | Exception:
    try:
        return place(slot)
    except _OF_A_SLOT as error:
        return error


def _built(draw: Draw | Exception, slot: int, request: SampleRequest) -> ProblemOut:
    try:
        if isinstance(draw, Exception):
            raise draw
        family_named(draw.id.family).require(draw.id.layout)
        problem = build(draw.id)
    except _OF_A_SLOT as error:
        return ProblemOut(slot=slot, id="", stage=request.stage, error=error_body(error))
    return _out(problem, draw.stage, slot, request)


def _check_reveal(request: SampleRequest, may_reveal: bool) -> None:
    if not may_reveal:
        raise RevealRefused(
            "this server reveals no answers to you (ECHELON_REVEAL=1, or a token with the scope `reveal`)"
        )
    if request.split != "train":
        raise RevealRefused("answers of dev and test problems are never revealed")


def _out(problem: Problem, stage: str | None, slot: int | None, asked: SampleRequest | None) -> ProblemOut:
    several = problem if isinstance(problem, TurnBased) else None
    how = asked.reveal if asked else None
    said = problem.messages
    return ProblemOut(
        slot=slot,
        id=str(problem.id),
        stage=stage,
        messages=[MessageOut(role=m.role, content=m.content) for m in said],
        prompt="\n\n".join([m.content for m in said]),
        tools=[tool.schema() for tool in several.tools] if several else [],
        max_turns=problem.max_turns,
        revealed=problem.reveal(how, asked.noise) if asked and how else None,
        revealed_actions=list(several.revealed(how, asked.noise)) if asked and how and several else None,
    )
