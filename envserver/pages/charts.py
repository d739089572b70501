"""The charts of a run as numbers: series over training samples, at most so many points each."""

from collections.abc import Mapping, Sequence
from typing import Any

from envserver.intervals import mean, wilson
from envserver.story import Look, Story, smoothed

_POINTS = 400
_FLAGS = 8
_SECONDS = ("sampling", "environment", "loss", "backward", "optimiser", "idle")

Points = Sequence[tuple[int, float]]


def charts_of(story: Story) -> dict[str, Any]:
    """Return every chart of the run page by its name."""
    alike = {name: [(at, row[name]) for at, row in _alike(story) if name in row] for name in story.alike}
    shares = {name: [(at, row.get(name, 0.0)) for at, row in story.shares] for name in story.training}
    often = sorted(story.flags, key=lambda name: -max(value for _, value in story.flags[name]))[:_FLAGS]
    seconds = {name: points for name, points in story.seconds_of.items() if name not in ("step", "hidden")}
    return {
        "success": {
            **_chart({name: smoothed(points) for name, points in story.training.items()}, top=1.0),
            "looks": [_look(look) for look in story.looks],
        },
        "shares": _chart(shares, top=1.0, stacked=True),
        "alike": _chart({name: smoothed(points) for name, points in alike.items()}, top=1.0),
        "parts": _chart({name: smoothed(points) for name, points in story.parts.items()}),
        "flags": {
            **_chart({name: smoothed(story.flags[name]) for name in often}),
            "marks": [{"x": at, "label": says} for at, says in story.alarms],
        },
        "seconds": _chart(seconds, stacked=True),
    }


def compared(stories: Mapping[str, Story]) -> dict[str, Any]:
    """Return the charts of several runs beside each other: success over all stages, and stages passed."""
    success = {name: smoothed(_overall(story)) for name, story in stories.items()}
    return {
        "success": _chart(success, top=1.0),
        "passed": {**_chart({name: _passed(story) for name, story in stories.items()}), "stepped": True},
    }


def _alike(story: Story) -> list[tuple[int, dict[str, float]]]:
    """Return the share of groups that tell no answer from another, generation by generation."""
    rows: dict[int, dict[str, float]] = {}
    for stage, values in story.alike.items():
        for (at, _), value in zip(story.training.get(stage, []), values, strict=False):
            rows.setdefault(at, {})[stage] = value
    return sorted(rows.items())


def _overall(story: Story) -> Points:
    """Return the success over all that was sampled: each stage by its share."""
    by_stage = {stage: dict(points) for stage, points in story.training.items()}
    return [
        (at, sum(share * by_stage.get(stage, {}).get(at, 0.0) for stage, share in row.items()))
        for at, row in story.shares
    ]


def _passed(story: Story) -> Points:
    points, count = [(0, 0.0)], 0
    for look in story.looks:
        count += look.promoted - look.demoted
        points.append((look.samples, float(count)))
    return [*points, (max(story.samples, points[-1][0]), float(count))]


def _look(look: Look) -> dict[str, Any]:
    low, high = wilson(look.successes, look.trials)
    return {
        "x": look.samples,
        "y": look.successes / look.trials if look.trials else 0.0,
        "low": low,
        "high": high,
        "series": look.stage,
        "mark": "promoted" if look.promoted else "lost" if look.demoted else "",
    }


def _chart(series: Mapping[str, Points], top: float | None = None, stacked: bool = False) -> dict[str, Any]:
    """Return columns over one axis of samples; where there are many points, means of neighbours."""
    every = sorted({at for points in series.values() for at, _ in points})
    size = -(-len(every) // _POINTS) or 1
    place = {at: index // size for index, at in enumerate(every)}
    columns = []
    for name, points in series.items():
        cells: dict[int, list[float]] = {}
        for at, value in points:
            cells.setdefault(place[at], []).append(value)
        values = [round(mean(cells[i]), 5) if i in cells else None for i in range(-(-len(every) // size))]
        columns.append({"name": name, "values": values})
    return {
        "x": every[size - 1 :: size] + every[-1:] * bool(len(every) % size),
        "series": columns,
        "top": top,
        "stacked": stacked,
    }
