"""Alarms: the rate of a sign of gaming, what wrong answers earn, or the length of answers has jumped.

Per stage and sign the last 4 generations are held against up to 16 before them, with one number per group, because the
completions of a group are not independent. A jump is an alarm when it is large and z >= 4; what has jumped is the new
normal afterwards. Slow drifts are no jumps: they are for the curves in `climb.png`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from envserver.intervals import mean
from trainer_client.watching.ladder import Row, groups_of

_RECENT, _BEFORE = 4, 16  # generations
_GROUPS = 16  # at least so many in either window
_GENERATIONS = 4  # at least so many before
_Z = 4.0
_LEAST_VARIANCE = 0.01
_RATE, _EARNED, _LONGER = 0.05, 0.1, 2.0  # a jump is at least so large
SUCCESS, UNEARNED, LENGTH = "success", "unearned", "length"


@dataclass(frozen=True)
class Alarm:
    """What jumped at which stage, in means per completion."""

    stage: str
    sign: str
    before: float
    now: float

    @property
    def says(self) -> str:
        """One sentence."""
        if self.sign == UNEARNED:
            return f"{self.stage}: wrong answers earn {self.now:.2f} of the best reward, {self.before:.2f} before"
        if self.sign == LENGTH:
            return f"{self.stage}: answers have {self.now:.0f} tokens, {self.before:.0f} before"
        rates = f"{1_000 * self.now:.0f} per 1,000 completions, {1_000 * self.before:.0f} before"
        return f"{self.stage}: {self.sign} in {rates}"


@dataclass(frozen=True)
class _Window:
    """A number per group, of several generations."""

    n: int
    mean: float
    variance: float


class Alarms:
    """Watches the generations of a run; `state` is what a checkpoint keeps."""

    def __init__(self, best: float, shaped: frozenset[str]) -> None:
        self.best = best
        """The most that an answer can earn."""
        self.shaped = shaped
        """The parts of the reward that are neither the exact verdict nor form."""
        self._seen: dict[str, list[dict[str, list[float]]]] = defaultdict(list)
        self._since: dict[str, dict[str, int]] = defaultdict(dict)
        self._count: dict[str, int] = defaultdict(int)

    def watch(self, rows: Sequence[Row]) -> list[Alarm]:
        """Take in one generation and return what has jumped."""
        found = []
        for stage, groups in groups_of(rows).items():
            seen = self._seen[stage]
            seen.append(self._measured(groups))
            self._count[stage] += 1
            del seen[: -_RECENT - _BEFORE]
            for sign in sorted({name for generation in seen for name in generation} - {SUCCESS, ""}):
                if alarm := self._jump(stage, sign):
                    found.append(alarm)
                    self._since[stage][sign] = self._count[stage]
        return found

    def _measured(self, groups: Sequence[Sequence[Row]]) -> dict[str, list[float]]:
        """Return per sign the sum and the sum of squares over groups; under "" their number."""
        values: dict[str, list[float]] = defaultdict(list)
        for group in groups:
            values[SUCCESS].append(mean([row.correct for row in group]))
            values[LENGTH].append(mean([row.length for row in group]))
            values[UNEARNED].append(mean([0.0 if row.correct else self._shaped(row) for row in group]))
            for flag in {flag for row in group for flag in row.flags}:
                values[flag].append(mean([flag in row.flags for row in group]))
        sums = {name: [sum(found), sum(x * x for x in found)] for name, found in values.items()}
        return {**sums, "": [float(len(groups)), 0.0]}

    def _shaped(self, row: Row) -> float:
        return sum(value for name, value in row.parts.items() if name in self.shaped) / self.best

    def _jump(self, stage: str, sign: str) -> Alarm | None:
        age = self._count[stage] - self._since[stage].get(sign, 0)
        before, now = self._windows(stage, sign, age)
        if before is None or now is None:
            return None
        apart = now.mean - before.mean
        least = _LEAST_VARIANCE * (max(1.0, before.mean) ** 2 if sign == LENGTH else 1.0)
        error = sqrt(max(before.variance, least) / before.n + max(now.variance, least) / now.n)
        if apart < _Z * error or not self._large(stage, sign, age, before.mean, apart):
            return None
        return Alarm(stage, sign, before.mean, now.mean)

    def _large(self, stage: str, sign: str, age: int, before: float, apart: float) -> bool:
        if sign == LENGTH:
            return before + apart >= _LONGER * before
        if sign != UNEARNED:
            return apart >= _RATE
        was, is_now = self._windows(stage, SUCCESS, age)
        learned = is_now.mean - was.mean if was and is_now else 0.0
        return apart >= _EARNED and learned < apart / 2

    def _windows(self, stage: str, sign: str, age: int) -> tuple[_Window | None, _Window | None]:
        seen = self._seen[stage][-age:]
        if len(seen) < _RECENT + _GENERATIONS:
            return None, None
        return _window(seen[:-_RECENT], sign), _window(seen[-_RECENT:], sign)

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"seen": self._seen, "since": self._since, "count": self._count}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self._seen = defaultdict(list, {stage: list(seen) for stage, seen in state["seen"].items()})
        self._since = defaultdict(dict, {stage: dict(since) for stage, since in state["since"].items()})
        self._count = defaultdict(int, state["count"])


def _window(seen: Sequence[Mapping[str, Sequence[float]]], sign: str) -> _Window | None:
    n = int(sum(generation[""][0] for generation in seen))
    if n < _GROUPS:
        return None
    total = sum(generation.get(sign, (0.0, 0.0))[0] for generation in seen)
    squares = sum(generation.get(sign, (0.0, 0.0))[1] for generation in seen)
    middle = total / n
    return _Window(n, middle, max(0.0, squares / n - middle**2) * n / (n - 1))
