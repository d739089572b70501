"""What a likelihood reward claims, held against what exact verification says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

from envserver.intervals import mean
from trainer_client.answers.estimators import spearman
from trainer_client.likelihood.modes import Likelihood, ranked, rewarded
from trainer_client.prompt_model.arms import Arm, Bench
from trainer_client.reward_config import LikelihoodConfig, LikelihoodMode

STEPS = ((0.05, 0.5), (1.0, 0.9), (2.0, 1.0))
"""VR-CLI's thresholds, in percent of improvement."""


@dataclass(frozen=True)
class Agreement:
    """Spearman's correlation of each mode with exact correctness; None where one of them is constant."""

    texts: int
    right: float
    """The share of texts behind which the base is right."""
    pooled: dict[str, float | None] = field(default_factory=dict)
    """Over all texts."""
    within: dict[str, float | None] = field(default_factory=dict)
    """The mean over problems whose texts differ in correctness: what a group's advantage goes by."""


def agreement(bench: Bench, samples: Sequence[list[str]]) -> Agreement:
    """Return how the modes agree with the verdicts on several texts to each problem."""
    none, given = Arm("none"), Arm("given")
    bench.ask(none, [""] * len(bench.problems))
    for helps in samples:
        bench.ask(given, helps)
    right = [[float(v.outcome == "correct") for v in row] for row in zip(*given.rounds, strict=True)]
    likelihoods = [list(row) for row in zip(*given.likelihoods, strict=True)]
    rewards = {name: _rewards(name, none.likelihoods[0], likelihoods) for name in (*get_args(LikelihoodMode), "steps")}
    flat = [value for row in right for value in row]
    return Agreement(
        len(flat),
        mean(flat),
        {name: spearman([v for row in rows for v in row], flat) for name, rows in rewards.items()},
        {name: _within(rows, right) for name, rows in rewards.items()},
    )


def _rewards(name: str, without: Sequence[Likelihood], given: Sequence[Sequence[Likelihood]]) -> list[list[float]]:
    config = LikelihoodConfig(mode="relative", thresholds=STEPS) if name == "steps" else None
    config = config or LikelihoodConfig.model_validate({"mode": name})
    rows = [[rewarded(config, w, g) for g in row] for w, row in zip(without, given, strict=True)]
    return [ranked(row) for row in rows] if name == "rank" else rows


def _within(rewards: Sequence[Sequence[float]], right: Sequence[Sequence[float]]) -> float | None:
    telling = [(a, b) for a, b in zip(rewards, right, strict=True) if len(set(b)) > 1]
    found = [spearman(a, b) or 0.0 for a, b in telling]
    return mean(found) if found else None
