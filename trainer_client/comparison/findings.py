"""What a study found, as numbers: differences on the same problems, shares of the reference's gain, costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from trainer_client.comparison.one_run import Rates, Result
from trainer_client.estimators import paired_means

GREEDY, SAMPLED = "greedy", "T=1"


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

    def problems(self, way: str, stage: str, n: int) -> list[float]:
        """Return the success on each problem of a stage, the mean over seeds."""
        rows = [result.rates[way][stage] if not result.collapsed else [0.0] * n for result in self.seeds]
        return [fmean(column) for column in zip(*rows, strict=True)]

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
        return list(self.base[GREEDY])

    def change(self, arm: Arm, way: str, against: str | None = None) -> tuple[float, float, float]:
        """Return the mean difference to the untrained model over all problems, each stage counting by its problems."""
        before = [rate for stage in self.stages for rate in self.base[against or way][stage]]
        after = [rate for stage in self.stages for rate in arm.problems(way, stage, len(self.base[GREEDY][stage]))]
        return paired_means(before, after)

    def contribution(self, arm: Arm, way: str) -> float | None:
        """Return C = (S_arm - S_base) / (S_reference - S_base); None where the reference gained nothing."""
        base = success(self.base[way])
        reference = fmean(next(one for one in self.arms if one.name == self.reference).scores(way))
        gained = reference - base
        return (fmean(arm.scores(way)) - base) / gained if gained > 0 else None

    @property
    def coolest(self) -> str:
        """The temperature at which the untrained model does best."""
        ways = [way for way in self.base if way != GREEDY]
        return max(ways, key=lambda way: success(self.base[way]))


def success(stages: Mapping[str, Sequence[float]]) -> float:
    return fmean(fmean(rates) for rates in stages.values()) if stages else 0.0
