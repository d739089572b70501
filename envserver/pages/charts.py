"""The charts of a run as numbers: series over training samples, at most so many points each."""

from collections.abc import Mapping, Sequence
from typing import Any

from envserver.intervals import mean, wilson
from envserver.story import Look, Story, smoothed

_POINTS = 400
_FLAGS = 8

Points = Sequence[tuple[int, float]]


def charts_of(story: Story) -> dict[str, Any]:
    """Return every chart of the run page by its name."""
    shares = {name: [(at, row.get(name, 0.0)) for at, row in story.shares] for name in story.training}
    often = sorted(story.flags, key=lambda name: -max(value for _, value in story.flags[name]))[:_FLAGS]
    return {
        "success": {
            **_chart({name: smoothed(points) for name, points in story.training.items()}, top=1.0),
            "looks": [_look(look) for look in story.looks],
        },
        "shares": _chart(shares, top=1.0, stacked=True),
        "alike": _chart({name: smoothed(points) for name, points in story.alike.items()}, top=1.0),
        "parts": _chart({name: smoothed(points) for name, points in story.parts.items()}),
        "flags": {
            **_chart({name: smoothed(story.flags[name]) for name in often}),
            "marks": [{"x": at, "label": says} for at, says in story.alarms],
        },
        "seconds": _chart(story.parts_of_a_step, stacked=True),
    }


def compared(stories: Mapping[str, Story]) -> dict[str, Any]:
    """Return the charts of several runs beside each other: success over all stages, and stages passed."""
    success = {name: smoothed(story.overall) for name, story in stories.items()}
    # Of several looks after as many samples the last one says how many were passed by then.
    passed = {name: list(dict(story.passed).items()) for name, story in stories.items()}
    return {"success": _chart(success, top=1.0), "passed": {**_chart(passed), "stepped": True}}


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
