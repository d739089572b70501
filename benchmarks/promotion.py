"""`make study-promotion`: how often each test promotes who should not be, and how long it takes with who should.

Runs of 200 looks of 32 problems, learners that stay where they are or drift up to the bar from below; and the rule of
other collections, the mean of the last 20 training samples above 0.7, asked after every sample.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from curricula.promotion import BetaPosterior, ClopperPearson, EProcess, Evidence, MeanOfLast, Promotion
from envserver.intervals import wilson

LOOKS, LOOK = 200, 32
_PATIENT = 40  # looks after which one who should be promoted counts as not found

TESTS: Mapping[str, Promotion] = {
    "e-process (default)": EProcess(),
    "Beta posterior, alpha spent over looks": BetaPosterior(),
    "Clopper-Pearson at n = 128": ClopperPearson(n=128),
    "mean of the last 32": MeanOfLast(n=32),
    "mean of the last 128": MeanOfLast(n=128),
}


@dataclass(frozen=True)
class Truth:
    """How likely a learner is right at look k of all."""

    name: str
    success: Callable[[int], float]


UNDESERVED = (
    Truth("0.65", lambda k: 0.65),
    Truth("0.70", lambda k: 0.70),
    Truth("0.75", lambda k: 0.75),
    Truth("0.30 rising to 0.75", lambda k: 0.30 + 0.45 * k / (LOOKS - 1)),
    Truth("0.60, from the middle on 0.75", lambda k: 0.60 if k < LOOKS // 2 else 0.75),
)
DESERVED = (
    *(Truth(f"{p:.2f}", lambda k, p=p: p) for p in (0.85, 0.90, 0.95)),
    Truth("0.50 for 10 looks, then 0.95", lambda k: 0.5 if k < 10 else 0.95),
)


def promoted_at(test: Promotion, truth: Truth, runs: int, looks: int, seed: int) -> list[int | None]:
    """Return, for each run, the look at which it is promoted, None where it is not."""
    random = np.random.default_rng(seed)
    chances = np.array([truth.success(k) for k in range(looks)])
    found: list[int | None] = []
    for right in random.binomial(LOOK, chances, size=(runs, looks)):
        now, at = Evidence(), None
        for k, successes in enumerate(right.tolist(), start=1):
            now = test.after(now, successes, LOOK)
            if test.passed(now):
                at = k
                break
        found.append(at)
    return found


def peer_promoted(truth: Truth, runs: int, seed: int) -> int:
    """Return how many runs the rule of other collections promotes: mean of the last 20 above 0.7, at every sample."""
    random = np.random.default_rng(seed)
    chances = np.repeat([truth.success(k) for k in range(LOOKS)], LOOK)
    promoted = 0
    for right in random.random((runs, len(chances))) < chances:
        sums = np.array([0, *accumulate(right.tolist())])
        promoted += bool((sums[20:] - sums[:-20] > 14).any())
    return promoted


def study(runs: int, peers: int) -> dict[str, Any]:
    """Return, per test, the share of runs promoted at each truth that deserves none, and the looks of those that do."""
    false = {
        name: {
            truth.name: sum(at is not None for at in promoted_at(test, truth, runs, LOOKS, 1)) for truth in UNDESERVED
        }
        for name, test in TESTS.items()
    }
    found = {
        name: {truth.name: promoted_at(test, truth, runs // 10, _PATIENT, 2) for truth in DESERVED}
        for name, test in TESTS.items()
    }
    peer = {truth.name: peer_promoted(truth, peers, 3) for truth in UNDESERVED}
    return {"runs": runs, "false": false, "looks": found, "peer_runs": peers, "peer": peer}


def table(result: Mapping[str, Any]) -> str:
    """Return both tables in Markdown."""
    runs, peers = result["runs"], result["peer_runs"]
    heads = [truth.name for truth in UNDESERVED]
    lines = [f"| promoted in 200 looks, true success | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    lines += [_row(name, [_share(row[head], runs) for head in heads]) for name, row in result["false"].items()]
    lines.append(_row("mean of the last 20 samples > 0.7", [_share(result["peer"][head], peers) for head in heads]))
    heads = [truth.name for truth in DESERVED]
    lines += [
        "",
        f"| looks, median (nine in ten), true success | {' | '.join(heads)} |",
        "|---" * (len(heads) + 1) + "|",
    ]
    lines += [_row(name, [_waited(row[head]) for head in heads]) for name, row in result["looks"].items()]
    return "\n".join(lines)


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _share(promoted: int, runs: int) -> str:
    low, high = wilson(promoted, runs)
    return f"{promoted / runs:.2%} [{low:.2%}, {high:.2%}]"


def _waited(at: list[int | None]) -> str:
    waited = sorted(_PATIENT + 1 if k is None else k for k in at)
    shown = (waited[int(share * (len(waited) - 1))] for share in (0.5, 0.9))
    return "{} ({})".format(*(str(k) if k <= _PATIENT else f"more than {_PATIENT}" for k in shown))


if __name__ == "__main__":
    short = "--short" in sys.argv
    result = study(*((200, 50) if short else (10_000, 1_000)))
    print(table(result))
    if not short:
        Path("docs/data/promotion.json").write_text(json.dumps(result) + "\n", encoding="utf-8")
