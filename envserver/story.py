"""What a run tells of itself: success per stage over samples, looks, promotions, parts of the reward, signs of gaming.

Folded from the rows of its logs: the trainer has them in its folder, the server in its store. The picture, the display
and the summary show it there, the pages here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from envserver.intervals import mean

_STAGE, _ALIKE, _SHARE, _PART, _FLAG, _SECONDS = "success/", "alike/", "share/", "part/", "flag/", "seconds/"
_RECENT = 20  # steps that the pace is of


@dataclass(frozen=True)
class Look:
    """One look at held-out problems, and whether the stage was passed by it, or lost."""

    step: int
    samples: int
    stage: str
    trials: int
    successes: int
    greedy: int
    greedy_trials: int
    promoted: bool
    demoted: bool
    reason: str


@dataclass(frozen=True)
class Story:
    """One run, as its logs tell it so far."""

    name: str
    steps: int
    total_steps: int
    samples: int
    seconds: float
    environment_seconds: float
    pace: dict[str, float] = field(default_factory=dict)
    """Of the last steps: mean seconds of a step and of its parts, tokens sampled per second, and peak bytes."""
    training: dict[str, list[tuple[int, float]]] = field(default_factory=dict)  # stage -> (samples, success)
    looks: list[Look] = field(default_factory=list)
    alike: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Per stage, over samples, the share of groups that tell no answer from another: too easy, or too hard."""
    shares: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    """After so many samples, what each stage got of the generation."""
    parts: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Part of the reward -> (samples, what it added on the mean)."""
    flags: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Sign of gaming -> (samples, how many of 1,000 completions show it), 0 where none does."""
    seconds_of: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Part of a step -> (samples, its seconds)."""
    alarms: list[tuple[int, str]] = field(default_factory=list)
    """After so many samples, what had jumped."""
    probes: list[dict[str, Any]] = field(default_factory=list)
    curriculum: str = ""
    """Its name and digest."""
    last: dict[str, Any] = field(default_factory=dict)  # the newest row with a generation in it

    @property
    def overall(self) -> list[tuple[int, float]]:
        """The success over all that was sampled: each stage by its share."""
        by_stage = {stage: dict(points) for stage, points in self.training.items()}
        return [
            (at, sum(share * by_stage.get(stage, {}).get(at, 0.0) for stage, share in row.items()))
            for at, row in self.shares
        ]

    @property
    def passed(self) -> list[tuple[int, float]]:
        """How many stages were passed, after so many samples."""
        points, count = [(0, 0.0)], 0
        for look in self.looks:
            count += look.promoted - look.demoted
            points.append((look.samples, float(count)))
        return [*points, (max(self.samples, points[-1][0]), float(count))]

    @property
    def parts_of_a_step(self) -> dict[str, list[tuple[int, float]]]:
        """The seconds of each part, which sum to those of the step; what ran beside others is none."""
        return {name: points for name, points in self.seconds_of.items() if name not in ("step", "hidden")}

    @property
    def promoted(self) -> list[Look]:
        return [look for look in self.looks if look.promoted]


@dataclass(frozen=True)
class Logs:
    """The rows of a run's logs, as its trainer writes them."""

    metrics: Sequence[Mapping[str, Any]]
    decisions: Sequence[Mapping[str, Any]] = ()
    alarms: Sequence[Mapping[str, Any]] = ()
    probes: Sequence[Mapping[str, Any]] = ()


def told(name: str, logs: Logs, total_steps: int, curriculum: str) -> Story:
    """Return what the logs of a run say, which may still be going on."""
    metrics = logs.metrics
    training: dict[str, list[tuple[int, float]]] = defaultdict(list)
    alike: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in metrics:
        for stage, success in _named(row, _STAGE).items():
            training[stage].append((row["samples"], success))
        for stage, share in _named(row, _ALIKE).items():
            alike[stage].append((row["samples"], share))
    return Story(
        name=name,
        steps=metrics[-1]["step"] if metrics else 0,
        total_steps=total_steps,
        samples=metrics[-1]["samples"] if metrics else 0,
        seconds=sum(row.get("step_time") or 0.0 for row in metrics),
        environment_seconds=sum(row.get("seconds/environment") or 0.0 for row in metrics),
        pace=_pace([row for row in metrics if "seconds/step" in row][-_RECENT:]),
        training=dict(training),
        alike=dict(alike),
        shares=[(row["samples"], _named(row, _SHARE)) for row in metrics if "success" in row],
        parts=_series(metrics, _PART),
        flags=_series(metrics, _FLAG),
        seconds_of=_series(metrics, _SECONDS),
        alarms=[(row["samples"], row["says"]) for row in logs.alarms],
        probes=[dict(row) for row in logs.probes],
        curriculum=curriculum,
        looks=[_look(row) for row in logs.decisions],
        last=dict(next((row for row in reversed(metrics) if "success" in row), {})),
    )


def _pace(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return means over steps; a generation of several updates is sampled in one of them."""
    if not rows:
        return {}
    names = dict.fromkeys(name for row in rows for name in _named(row, _SECONDS))
    found = {name: mean([row.get(f"{_SECONDS}{name}") or 0.0 for row in rows]) for name in names}
    tokens = mean([row.get("tokens/sampled") or 0.0 for row in rows])
    found["tokens_per_second"] = tokens / found["sampling"] if found.get("sampling") else 0.0
    found["peak_bytes"] = max(row.get("memory/peak_bytes") or 0.0 for row in rows)
    return found


def _series(metrics: Sequence[Mapping[str, Any]], prefix: str) -> dict[str, list[tuple[int, float]]]:
    """Return every name that begins alike with its value in every generation."""
    rows = [(row["samples"], _named(row, prefix)) for row in metrics if "success" in row]
    names = dict.fromkeys(name for _, found in rows for name in found)
    return {name: [(samples, found.get(name, 0.0)) for samples, found in rows] for name in names}


def ends(points: Sequence[tuple[int, float]], window: int = 5) -> tuple[float, float]:
    """Return the means of the first and of the last `window` values."""
    values = [value for _, value in points]
    return mean(values[:window]), mean(values[-window:])


def _named(row: Mapping[str, Any], prefix: str) -> dict[str, float]:
    """Return what a row says under names that begin alike."""
    return {
        key.removeprefix(prefix): value for key, value in row.items() if key.startswith(prefix) and value is not None
    }


def smoothed(points: Sequence[tuple[int, float]], window: int = 5) -> list[tuple[int, float]]:
    """Return running means over the last `window` points."""
    values = [value for _, value in points]
    means = [sum(values[max(0, i - window + 1) : i + 1]) / min(i + 1, window) for i in range(len(values))]
    return [(at, mean) for (at, _), mean in zip(points, means, strict=True)]


def _look(row: Mapping[str, Any]) -> Look:
    evidence = row["evidence"]
    return Look(
        step=row["step"],
        samples=row["samples"],
        stage=row["stage"],
        trials=int(evidence["trials"]),
        successes=int(evidence["successes"]),
        greedy=int(evidence["greedy"]),
        greedy_trials=int(evidence["greedy_trials"]),
        promoted=row["kind"] in ("promoted", "memorised"),
        demoted=row["kind"] == "demoted",
        reason=row["reason"],
    )
