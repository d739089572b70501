"""What a study found, as numbers: differences on the same problems, shares of the reference's gain, costs.

Intervals count both what another draw of problems and what other seeds of training would change: the variance of the
mean over problems, paired, and that over seeds; Student's t at the degrees of freedom of Welch and Satterthwaite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance
from typing import Any

from trainer_client.comparison.course import Course
from trainer_client.comparison.one_run import Rates, Result, success

GREEDY, SAMPLED = "greedy", "T=1"

# Quantiles of Student's t for 95 % at 1, 2, ... degrees of freedom; above the last one 1.96.
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)

Change = tuple[float, float, float]
"""A difference, and its interval."""


@dataclass(frozen=True)
class Arm:
    """One arm at its rate: the results of the reported seeds."""

    name: str
    rate: float
    seeds: Sequence[Result]
    layer: int | None = None
    """The one layer that trained, if it was one."""

    @property
    def collapsed(self) -> int:
        return sum(bool(result.collapsed) for result in self.seeds)

    def scores(self, way: str) -> list[float]:
        """Return the success of each seed, the mean over stages; that of a collapsed run is 0."""
        return [success(result.rates.get(way, {})) for result in self.seeds]

    def rates(self, way: str, stage: str, n: int) -> list[list[float | None]]:
        """Return the rates of a stage's problems for each seed; those of a collapsed run are 0."""
        return [result.rates[way][stage] if not result.collapsed else [0.0] * n for result in self.seeds]

    def cost(self, *path: str) -> float:
        """Return a mean cost by its place in cost.json."""
        found: list[Any] = [result.cost for result in self.seeds]
        for key in path:
            found = [one[key] for one in found]
        return fmean(found)


@dataclass(frozen=True)
class Findings:
    """Everything that a report is made of; `base` is the untrained model at several temperatures."""

    title: str
    base: Rates
    base_pass_at: Mapping[str, Mapping[str, float]]
    arms: Sequence[Arm]
    reference: str
    sweep: Mapping[str, Mapping[str, float]]
    """Greedy success on dev by arm and rate."""

    @property
    def stages(self) -> list[str]:
        """The stages that have held-out problems."""
        return [stage for stage, rates in self.base[GREEDY].items() if rates]

    def arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)

    def change(self, arm: Arm, way: str, against: str | None = None, stages: Sequence[str] = ()) -> Change:
        """Return the mean difference to the untrained model, decoded the same way or as `against` says."""
        chosen = list(stages) or self.stages
        before = [[self.base[against or way][stage]] for stage in chosen]
        return _difference(before, [arm.rates(way, stage, len(self.base[way][stage])) for stage in chosen])

    def distance(self, arm: Arm, way: str) -> Change:
        """Return the mean difference to the reference."""
        sizes = {stage: len(self.base[way][stage]) for stage in self.stages}
        reference = self.arm(self.reference)
        before = [reference.rates(way, stage, n) for stage, n in sizes.items()]
        return _difference(before, [arm.rates(way, stage, n) for stage, n in sizes.items()])

    def contribution(self, arm: Arm, way: str) -> float | None:
        """Return C = (S_arm - S_base) / (S_reference - S_base); None where the reference's gain may be none."""
        gained = self.change(self.arm(self.reference), way)
        return self.change(arm, way)[0] / gained[0] if gained[1] > 0 else None

    @property
    def watched(self) -> bool:
        """Whether it is known how the runs came where they are."""
        return bool(self.grid)

    @property
    def grid(self) -> list[int]:
        """After how many samples the runs were looked at: as one that went to its end was."""
        ways = [Course(**result.course) for arm in self.arms for result in arm.seeds]
        return max(([at for at, _ in way.greedy] for way in ways), key=len, default=[])

    def courses(self, arm: Arm) -> list[Course]:
        """Return the way of each seed; a collapsed one knows nothing from then on."""
        ways = [(Course(**result.course), result.collapsed) for result in arm.seeds]
        return [way.to_the_end(self.grid) if collapsed else way for way, collapsed in ways]

    @property
    def coolest(self) -> str:
        """The temperature at which the untrained model does best."""
        ways = [way for way in self.base if way != GREEDY]
        return max(ways, key=lambda way: success(self.base[way]))


def _difference(
    before: Sequence[Sequence[Sequence[float | None]]], after: Sequence[Sequence[Sequence[float | None]]]
) -> Change:
    """Return the difference of two arms' means over stages; each is given per stage and seed, a rate per problem.

    Problems that were not judged for every seed of both are left out.
    """
    parts: list[float] = []
    over_problems = 0.0
    seeds: list[list[list[float]]] = [[], []]  # of each arm, per stage the mean of each seed
    for first, second in zip(before, after, strict=True):
        columns = [
            (a, b)
            for a, b in zip(zip(*first, strict=True), zip(*second, strict=True), strict=True)
            if None not in a and None not in b
        ]
        changes = [fmean(b) - fmean(a) for a, b in columns]
        parts.append(fmean(changes))
        # One change of +1 and one of -1 more, so that no interval is of length 0.
        over_problems += variance([*changes, 1.0, -1.0]) / (len(changes) + 2)
        for at, rows in enumerate(([a for a, _ in columns], [b for _, b in columns])):
            seeds[at].append([fmean(column) for column in zip(*rows, strict=True)])
    mean, count = fmean(parts), len(parts)
    over_problems /= count**2
    over_seeds, freedom = _over_seeds(seeds)
    half = _t95((over_problems + over_seeds) ** 2 / freedom if freedom else 0.0, over_problems + over_seeds)
    return mean, max(-1.0, mean - half), min(1.0, mean + half)


def _over_seeds(arms: Sequence[Sequence[Sequence[float]]]) -> tuple[float, float]:
    """Return the variance of the difference that seeds make, and the sum of squares for its degrees of freedom."""
    total = weight = 0.0
    for stages in arms:
        means = [fmean(column) for column in zip(*stages, strict=True)]
        if len(means) > 1:
            part = variance(means) / len(means)
            total += part
            weight += part**2 / (len(means) - 1)
    return total, weight


def _t95(freedom: float, spread: float) -> float:
    """Return half the length of an interval; 0 degrees of freedom means that there is no variance over seeds."""
    at = int(freedom)
    quantile = _T95[max(at, 1) - 1] if freedom > 0 and at <= len(_T95) else 1.96
    return quantile * sqrt(spread)
