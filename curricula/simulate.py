"""Simulated learners: what a policy and a promotion test do to somebody who learns, forgets and transfers, in a second.

A model of learning, not of any network: it serves to compare policies under assumptions that can be read, and to test
the real `advance`, which is what runs here. Success at stage k is the logistic function of a skill z_k. A group of a
batch teaches by the chance that its samples differ, 1 - p^G - (1-p)^G, which is when GRPO has a gradient:

    z_j <- z_j + rate · sum_k share_k · signal(p_k) · transfer^|j-k|
               - forgetting · (1 - share_j) · max(0, z_j - z_j at the start)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from random import Random
from statistics import fmean

from curricula.advance import Advanced, advance
from curricula.curriculum import Curriculum
from curricula.looks import tested_split
from curricula.policies import Policy
from curricula.pools import pool
from curricula.progress import Progress
from curricula.reports import HeldOut, NextLook, TrainingReport

_MASTERED = 0.9
_MOST_LOOKS = 3  # a generation


@dataclass(frozen=True)
class Learner:
    """How somebody learns; `start` is the success per stage before training, its last one that of all after it."""

    start: tuple[float, ...] = (0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)
    rate: float = 0.4
    """Gain of skill per step if the whole batch is on one stage and every group of it tells answers apart."""
    transfer: float = 0.4
    """Share of a gain that the neighbouring stages have; theirs have the square of it."""
    forgetting: float = 0.02
    """Share of what was learned that is lost per step without practice."""

    def skills(self, stages: int) -> list[float]:
        """Return the skill at every stage before training."""
        known = [*self.start[:stages], *[self.start[-1]] * (stages - len(self.start))]
        return [log(p / (1 - p)) for p in known]


@dataclass(frozen=True)
class Batch:
    """The size of a generation: `prompts` groups of `samples`."""

    prompts: int = 32
    samples: int = 8


@dataclass(frozen=True)
class Step:
    """One step: where the learner stood after it, and what it was made of."""

    samples: int
    success: tuple[float, ...]
    shares: tuple[float, ...]
    passed: tuple[bool, ...]
    alike: float
    """Share of groups whose samples were all right or all wrong."""


@dataclass(frozen=True)
class Trace:
    """One simulated run."""

    steps: Sequence[Step]
    progress: Progress
    promoted: Mapping[str, float] = field(default_factory=dict)
    """The true success at which a stage was first passed."""
    demoted: int = 0

    @property
    def climbed(self) -> float:
        """The mean share of stages that are passed, over the run: the area under the frontier."""
        return fmean(fmean(step.passed) for step in self.steps)

    @property
    def success(self) -> float:
        """Mean success over the stages at the end."""
        return fmean(self.steps[-1].success)

    @property
    def learned(self) -> float:
        """Mean success over the stages and over the run."""
        return fmean(fmean(step.success) for step in self.steps)

    @property
    def retention(self) -> float:
        """The lowest success at the end among the stages that are passed; 1 where none is."""
        last = self.steps[-1]
        return min((p for p, done in zip(last.success, last.passed, strict=True) if done), default=1.0)

    @property
    def on_mastered(self) -> float:
        """The share of samples spent on stages at a success of 0.9 or more: rehearsal, or waste."""
        before = [self.steps[0].success, *(step.success for step in self.steps[:-1])]
        spent = [
            sum(share for share, p in zip(step.shares, was, strict=True) if p >= _MASTERED)
            for step, was in zip(self.steps, before, strict=True)
        ]
        return fmean(spent)

    @property
    def alike(self) -> float:
        """The share of groups without signal."""
        return fmean(step.alike for step in self.steps)


def simulate(
    curriculum: Curriculum,
    policy: Policy | None,
    learner: Learner,
    steps: int,
    seed: int,
    batch: Batch = Batch(),
    carried: Callable[[Progress], Progress] = lambda progress: progress,
) -> Trace:
    """Run a learner through a curriculum; a pure function of its arguments. `carried` is what happens between steps."""
    random = Random(f"{curriculum.name}/{seed}")
    horizon = steps * batch.prompts * batch.samples
    progress = Progress(curriculum=curriculum.reference, policy=policy, horizon=horizon)
    start = learner.skills(len(curriculum.names))
    skills, demoted = list(start), 0
    rows: list[Step] = []
    promoted: dict[str, float] = {}
    for _ in range(steps):
        success = [1 / (1 + exp(-skill)) for skill in skills]
        groups = _groups(random, curriculum.weights(progress), success, batch)
        shares = [len(rights) / batch.prompts for rights in groups]
        reports = {
            name: _report(rights, batch.samples)
            for name, rights in zip(curriculum.names, groups, strict=True)
            if rights
        }
        skills = _taught(learner, start, skills, success, shares, batch.samples)
        progress, decisions = _climbed(curriculum, progress, reports, success, random)
        for told in decisions:
            demoted += told.decision.kind == "demoted"
            if told.decision.kind in ("promoted", "memorised"):
                promoted.setdefault(told.decision.stage, success[curriculum.names.index(told.decision.stage)])
        progress = carried(progress)
        alike = sum(report.zero_variance_groups for report in reports.values()) / batch.prompts
        now = tuple(1 / (1 + exp(-skill)) for skill in skills)
        rows.append(Step(progress.samples, now, tuple(shares), tuple(curriculum.passed(progress)), alike))
    return Trace(rows, progress, promoted, demoted)


def _groups(random: Random, weights: Sequence[float], success: Sequence[float], batch: Batch) -> list[list[int]]:
    """Return, per stage, how many samples of each of its groups were right."""
    groups: list[list[int]] = [[] for _ in weights]
    for stage in random.choices(range(len(weights)), weights, k=batch.prompts):
        groups[stage].append(sum(random.random() < success[stage] for _ in range(batch.samples)))
    return groups


def _report(rights: Sequence[int], samples: int) -> TrainingReport:
    rates = [right / samples for right in rights]
    return TrainingReport(
        n=len(rights) * samples,
        successes=sum(rights),
        mean_reward=fmean(rates),
        # Of p·G ones and the rest zeros, the mean of |r - p| / sd is 2 sqrt(p(1 - p)), with G - 1 in the variance.
        mean_abs_advantage=fmean(2 * (rate * (1 - rate) * (samples - 1) / samples) ** 0.5 for rate in rates),
        groups=len(rights),
        zero_variance_groups=sum(right in (0, samples) for right in rights),
    )


def _taught(
    learner: Learner,
    start: Sequence[float],
    skills: Sequence[float],
    success: Sequence[float],
    shares: Sequence[float],
    samples: int,
) -> list[float]:
    signal = [
        share * (1 - p**samples - (1 - p) ** samples) if share else 0.0
        for share, p in zip(shares, success, strict=True)
    ]
    after = []
    for j, skill in enumerate(skills):
        gain = learner.rate * sum(part * learner.transfer ** abs(j - k) for k, part in enumerate(signal) if part)
        loss = learner.forgetting * (1 - shares[j]) * max(0.0, skill - start[j])
        after.append(skill + gain - loss)
    return after


def _climbed(
    curriculum: Curriculum,
    progress: Progress,
    reports: Mapping[str, TrainingReport],
    success: Sequence[float],
    random: Random,
) -> tuple[Progress, list[Advanced]]:
    """Report a batch and answer every look that is due, as a trainer does."""
    told = [advance(curriculum, progress, reports, [])]
    while (look := told[-1].next_look) is not None and len(told) <= _MOST_LOOKS:
        right = success[curriculum.names.index(look.stage)]
        told.append(advance(curriculum, told[-1].progress, {}, _answers(curriculum, look, right, random)))
    return told[-1].progress, told


def _answers(curriculum: Curriculum, look: NextLook, success: float, random: Random) -> list[HeldOut]:
    stage = curriculum.stage(look.stage)
    ids = pool(stage.stem, tested_split(stage))
    return [HeldOut(id=str(ids[slot]), sampled=random.random() < success) for slot in look.slots]
