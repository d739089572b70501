"""Policies held against each other on simulated learners: the same runs for each, means and spreads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from curricula.curriculum import Curriculum
from curricula.policies import (
    Bandit,
    Difficulty,
    Learnability,
    LearningProgress,
    Policy,
    Schedule,
    Staged,
    Uniform,
)
from curricula.reading import read_curriculum
from curricula.simulate import Batch, Learner, Trace, simulate

DEFAULTS: Mapping[str, Policy] = {
    "staged": Staged(),
    "uniform": Uniform(),
    "learnability": Learnability(),
    "bandit": Bandit(),
    "difficulty": Difficulty(),
    "cosine": Schedule(shape="cosine"),
    "gaussian": Schedule(shape="gaussian"),
    "progress": LearningProgress(),
}

_MEASURES: Mapping[str, Callable[[Trace], float]] = {
    "learned": lambda trace: trace.learned,
    "success": lambda trace: trace.success,
    "climbed": lambda trace: trace.climbed,
    "passed": lambda trace: float(sum(trace.steps[-1].passed)),
    "retention": lambda trace: trace.retention,
    "on mastered": lambda trace: trace.on_mastered,
    "alike": lambda trace: trace.alike,
    "demotions": lambda trace: float(trace.demoted),
}


@dataclass(frozen=True)
class Trial:
    """What the runs of one policy came to; the curves are means over runs, step by step."""

    name: str
    measures: Mapping[str, Sequence[float]]
    samples: Sequence[int]
    frontier: Sequence[float]
    """Stages passed."""
    success: Sequence[float]
    """Mean over stages."""
    shares: Sequence[Sequence[float]]
    """Per step, what each stage got of the batch."""

    def as_json(self) -> dict[str, Any]:
        """Return the measures of every run, and the curves."""
        return {
            "policy": self.name,
            "measures": {name: [round(value, 4) for value in values] for name, values in self.measures.items()},
            "samples": list(self.samples),
            "frontier": [round(value, 3) for value in self.frontier],
            "success": [round(value, 4) for value in self.success],
            "shares": [[round(value, 4) for value in step] for step in self.shares],
        }


def ladder(stages: int = 7) -> Curriculum:
    """Return a curriculum whose problems are made in no time; how hard they are is the simulated learner's."""
    written = [
        f"- {{name: stage_{i}, family: matrix_inverse@1, params: {{kind: scalar, bound: {60 + i}}}}}"
        for i in range(stages)
    ]
    return read_curriculum("\n".join(["name: ladder", "stages:", *written]))


def trial(
    curriculum: Curriculum | None,
    policies: Mapping[str, Policy],
    learner: Learner,
    batch: Batch,
    steps: int,
    runs: int,
) -> list[Trial]:
    """Run every policy with the seeds 0, 1, 2, ..."""
    stages = curriculum or ladder()
    return [
        _summed(name, [simulate(stages, policy, learner, steps, seed, batch) for seed in range(runs)])
        for name, policy in policies.items()
    ]


def _summed(name: str, traces: Sequence[Trace]) -> Trial:
    by_step = list(zip(*(trace.steps for trace in traces), strict=True))
    return Trial(
        name=name,
        measures={key: [measure(trace) for trace in traces] for key, measure in _MEASURES.items()},
        samples=[steps[0].samples for steps in by_step],
        frontier=[fmean(sum(step.passed) for step in steps) for steps in by_step],
        success=[fmean(fmean(step.success) for step in steps) for steps in by_step],
        shares=[[fmean(part) for part in zip(*(step.shares for step in steps), strict=True)] for steps in by_step],
    )


def table(trials: Sequence[Trial]) -> str:
    """Return a table in Markdown: means over runs, ± the standard deviation of a run."""
    lines = [f"| policy | {' | '.join(_MEASURES)} |", "|---" * (len(_MEASURES) + 1) + "|"]
    for one in trials:
        cells = [
            f"{fmean(values):.2f} ± {stdev(values) if len(values) > 1 else 0.0:.2f}" for values in one.measures.values()
        ]
        lines.append(f"| {one.name} | {' | '.join(cells)} |")
    return "\n".join(lines)
