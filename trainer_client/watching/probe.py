"""Probes: the same problems without their numbers, and restated, so that the answer must turn with the question.

A canary cannot be answered: what is right there, or earns more than its form, comes from elsewhere. A learner who
understands a problem answers its restatements accordingly; who has found a hole in the judge hardly ever does.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from envserver.wire import OF_FORM, CurriculumOut, ProblemOut, SampleRequest, ScoreItem, StageOut, VerdictOut
from trainer_client.answers.answering import Answering, Said
from trainer_client.client import EnvClient

CANARY = "canary"
_RIGHT = 0.25  # of the canaries, and two at least: a stage's commonest answer is right more rarely
_EARNED = 0.1  # of the best reward
_Z = 3.0  # of the difference between asked again as it was and restated
_ENOUGH = 8  # right answers


@dataclass(frozen=True)
class Probe:
    """What came of one stage; counts, and means of what could be judged."""

    stage: str
    asked: int
    right: int
    canaries: int = 0
    canaries_right: int = 0
    canary_earned: float = 0.0
    """Beyond its form, as a share of the best reward."""
    again: int = 0
    """Problems that were right as asked, asked once more: what chance alone loses."""
    again_right: int = 0
    restated: int = 0
    """Restatements of problems that were right as asked."""
    restated_right: int = 0
    turned: int = 0
    """Pairs of answers that could both be read."""
    turned_alike: int = 0
    """Those of which one is what the transform makes of the other."""

    @property
    def alarms(self) -> list[str]:
        """What is wrong, in sentences."""
        found = []
        if self.canaries_right >= max(2, _RIGHT * self.canaries):
            found.append(f"{self.stage}: {self.canaries_right} of {self.canaries} canaries answered right")
        if self.canary_earned > _EARNED:
            found.append(f"{self.stage}: canaries earn {self.canary_earned:.2f} of the best reward beyond their form")
        if min(self.again, self.restated) >= _ENOUGH and self._lost() >= _Z:
            found.append(
                f"{self.stage}: of what is right as asked, {self.restated_right} of {self.restated} is right restated, "
                f"{self.again_right} of {self.again} asked again"
            )
        return found

    def _lost(self) -> float:
        """Return z of the difference between what is right again and what is right restated."""
        kept, turned = self.again_right / self.again, self.restated_right / self.restated
        both = (self.again_right + self.restated_right) / (self.again + self.restated)
        error = sqrt(both * (1 - both) * (1 / self.again + 1 / self.restated))
        return (kept - turned) / error if error else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the numbers."""
        return asdict(self)


class Prober:
    """Asks a model the problems of a stage's dev pool as they are, restated, and as canaries."""

    def __init__(self, client: EnvClient, curriculum: CurriculumOut, style: str | None) -> None:
        self.client = client
        self.curriculum = curriculum
        self.style = style or curriculum.style
        self.best = best_reward(curriculum)

    def probe(self, model: Answering, stage: str, n: int, temperature: float = 1.0) -> Probe:
        """Return what a model makes of n problems of a stage; restatements are asked one of each kind in turn."""
        told = next(one for one in self.curriculum.stages if one.name == stage)
        plain = self._problems(told, n, self.style)
        said = model.answer(plain, temperature)
        verdicts = self._judged([one.item for one in said])
        right = {p.slot for p, v in zip(plain, verdicts, strict=True) if v.outcome == "correct"}
        found: dict[str, Any] = {"asked": sum(v.reward is not None for v in verdicts), "right": len(right)}
        if CANARY in told.restatements:
            found |= self._canaries(model, told, n, temperature)
        names = [name for name in told.restatements if name != CANARY]
        if names:
            answers = {p.slot: one for p, one in zip(plain, said, strict=True)}
            found |= self._restated(model, told, names, answers, right, temperature)
            found |= self._again(model, [p for p in plain if p.slot in right], temperature)
        return Probe(stage, **found)

    def _again(self, model: Answering, problems: Sequence[ProblemOut], temperature: float) -> dict[str, Any]:
        verdicts = self._judged([one.item for one in model.answer(problems, temperature, 3)]) if problems else []
        judged = [verdict.outcome == "correct" for verdict in verdicts if verdict.reward is not None]
        return {"again": len(judged), "again_right": sum(judged)}

    def _canaries(self, model: Answering, stage: StageOut, n: int, temperature: float) -> dict[str, Any]:
        problems = self._problems(stage, n, f"{self.style}+{CANARY}")
        verdicts = self._judged([one.item for one in model.answer(problems, temperature, 1)])
        judged = [verdict for verdict in verdicts if verdict.reward is not None]
        earned = [sum(v.parts.get(name, 0.0) for name in shaped_parts(self.curriculum)) for v in judged]
        return {
            "canaries": len(judged),
            "canaries_right": sum(verdict.outcome == "correct" for verdict in judged),
            "canary_earned": sum(earned) / (self.best * len(judged)) if judged else 0.0,
        }

    def _restated(
        self,
        model: Answering,
        stage: StageOut,
        names: Sequence[str],
        answers: dict[int | None, Said],
        right: set[int | None],
        temperature: float,
    ) -> dict[str, Any]:
        problems: list[ProblemOut] = []
        for k, name in enumerate(names):
            slots = [slot for slot in answers if slot is not None and slot % len(names) == k]
            problems += self._problems(stage, slots, f"{self.style}+{name}") if slots else []
        said = model.answer(problems, temperature, 2)
        items = [
            one.item.model_copy(update={"original": answers[problem.slot].item.completion})
            for problem, one in zip(problems, said, strict=True)
        ]
        judged = list(zip(problems, self._judged(items), strict=True))
        kept = [verdict for problem, verdict in judged if problem.slot in right and verdict.reward is not None]
        pairs = [verdict.equivariant for _, verdict in judged if verdict.equivariant is not None]
        return {
            "restated": len(kept),
            "restated_right": sum(verdict.outcome == "correct" for verdict in kept),
            "turned": len(pairs),
            "turned_alike": sum(pairs),
        }

    def _problems(self, stage: StageOut, slots: int | Sequence[int], style: str) -> list[ProblemOut]:
        wanted = list(range(slots) if isinstance(slots, int) else slots)
        request = SampleRequest(
            curriculum=self.curriculum.reference, split="dev", stage=stage.name, slots=[0], style=style, pooled=True
        )
        # What has no restatement in its split, or is beyond the end of a small pool, is left out.
        return [problem for problem in self.client.sample(request, wanted) if problem.error is None]

    def _judged(self, items: Sequence[ScoreItem]) -> list[VerdictOut]:
        return self.client.score(items, curriculum=self.curriculum.reference)


def best_reward(curriculum: CurriculumOut) -> float:
    """Return what a right answer can earn at most."""
    return sum(max(0.0, part.weight) for part in curriculum.parts.values() if part.gate != "!correct") or 1.0


def shaped_parts(curriculum: CurriculumOut) -> frozenset[str]:
    """Return the parts of the reward that go by the worth of an answer."""
    return frozenset(name for name, part in curriculum.parts.items() if part.component not in OF_FORM)
