"""`make study-policies`: settings of each policy on simulated learners of several kinds; the defaults are chosen by it.

A setting is better the more is known, mean over the stages and over the run (`learned`); beside it stands the lowest
success at the end among stages that were passed (`retention`). Means over kinds of learners, the worst of them beside.
"""

import json
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

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
from curricula.simulate import Batch, Learner
from curricula.trials import Trial, ladder, trial

LEARNERS: Mapping[str, Learner] = {
    "each stage harder": Learner(),
    "forgets nothing": Learner(forgetting=0.0),
    "forgets fast": Learner(forgetting=0.05),
    "no transfer": Learner(transfer=0.0, start=(0.3, 0.25, 0.2, 0.15, 0.1, 0.08, 0.05)),
    "much transfer": Learner(transfer=0.7),
    "warm on three, the rest out of reach": Learner(start=(0.25, 0.25, 0.4, 0.001), transfer=0.1),
    "all within reach": Learner(start=(0.4,)),
}


def settings() -> dict[str, Policy]:
    """Return every setting that is tried."""
    shares = ((0.9, 0.1, 0.0), (0.8, 0.1, 0.1), (0.7, 0.2, 0.1), (0.5, 0.4, 0.1), (0.4, 0.3, 0.3))
    return {
        "uniform": Uniform(),
        **{f"staged {f}/{r}/{p}": Staged(frontier=f, rehearsal=r, probe=p) for f, r, p in shares},
        **{
            f"learnability decay {decay} bonus {bonus} floor {floor}": Learnability(
                decay=decay, bonus=bonus, floor=floor
            )
            for decay, bonus, floor in product((0.8, 0.9, 0.98), (0.0, 0.2, 1.0), (0.0, 0.1))
        },
        **{
            f"bandit rate {rate} temperature {t} floor {floor}": Bandit(rate=rate, temperature=t, floor=floor)
            for rate, t, floor in product((0.2, 0.5), (0.1, 0.25, 0.5, 1.0), (0.0, 0.1))
        },
        **{
            f"difficulty step {step:g} aim {aim} floor {floor}": Difficulty(step=step, aim=aim, floor=floor)
            for step, aim, floor in product((2, 5, 10, 50), (0.5, 0.7, 0.8), (0.1, 0.3))
        },
        "schedule classic": Schedule(shape="classic"),
        "schedule cosine": Schedule(shape="cosine"),
        **{
            f"schedule gaussian {exponent}/{width}": Schedule(exponent=exponent, width=width)
            for exponent, width in product((0.5, 1.0), (0.5, 1.0, 2.0))
        },
        **{
            f"progress window {window} floor {floor}": LearningProgress(window=window, floor=floor)
            for window, floor in product((5, 10, 20), (0.1, 0.2, 0.4))
        },
    }


def study(steps: int, runs: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return the measures of every setting on every kind of learner, means over runs."""
    stages, tried = ladder(), settings()
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in tried}
    for kind, learner in LEARNERS.items():
        for one in trial(stages, tried, learner, Batch(), steps, runs):
            found[one.name][kind] = _means(one)
    return found


def _means(one: Trial) -> dict[str, float]:
    return {name: round(fmean(values), 4) for name, values in one.measures.items()}


def table(result: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Return one row per setting: what was learned by each kind of learner, the mean, and the worst retention."""
    lines = [f"| setting | {' | '.join(LEARNERS)} | mean | retention, lowest |", "|---" * (len(LEARNERS) + 3) + "|"]
    for name, kinds in result.items():
        learned = [kinds[kind]["learned"] for kind in LEARNERS]
        kept = min(kinds[kind]["retention"] for kind in LEARNERS)
        lines.append(f"| {name} | {' | '.join(f'{x:.2f}' for x in learned)} | {fmean(learned):.3f} | {kept:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    short = "--short" in sys.argv
    result = study(*((5, 1) if short else (150, 4)))
    print(table(result))
    if not short:
        Path("docs/data/policies.json").write_text(json.dumps(result) + "\n", encoding="utf-8")
