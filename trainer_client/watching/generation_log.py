"""What is logged of one generation: rollouts as rows, and means per stage, component and flag."""

from collections.abc import Mapping, Sequence
from typing import Any

from envserver.intervals import mean
from envserver.wire import ScoreItem, VerdictOut
from trainer_client.answers.estimators import spearman
from trainer_client.watching.ladder import Row, alike, groups_of

SERVER_REWARD = "server_reward"
"""What the server's reward is logged as, where another one trains."""


def rollout_rows(
    items: Sequence[ScoreItem], verdicts: Sequence[VerdictOut], place: Mapping[str, Any], limit: int
) -> list[dict[str, Any]]:
    """Return the first completions or episodes with their verdicts."""
    return [
        {
            **place,
            **item.model_dump(exclude={"actions"} if item.actions is None else {"completion"}),
            **verdict.model_dump(exclude={"id"}),
        }
        for item, verdict in list(zip(items, verdicts, strict=True))[:limit]
    ]


def generation_metrics(rows: Sequence[Row], stages: Sequence[str]) -> dict[str, float]:
    """Return means over what could be scored; `stages` in the order of the curriculum."""
    scored = [row for row in rows if row.reward is not None]
    found = {"success": mean([row.correct for row in scored]), "unscored": float(len(rows) - len(scored))}
    for stage in stages:
        if of_stage := [row.correct for row in scored if row.stage == stage]:
            found[f"success/{stage}"] = mean(of_stage)
            found[f"share/{stage}"] = len(of_stage) / len(scored)
    groups = groups_of(rows)
    for stage in stages:
        if stage in groups:
            found[f"alike/{stage}"] = alike(groups[stage]) / len(groups[stage])
    return {**found, **_shown(scored)}


def _shown(scored: Sequence[Row]) -> dict[str, float]:
    """Return means of components and reward parts, flags per 1,000, and how a likelihood agrees with the verdicts."""
    found = {}
    for name in dict.fromkeys(name for row in scored for name in row.components):
        found[f"component/{name}"] = mean([row.components[name] for row in scored if name in row.components])
    for name in dict.fromkeys(name for row in scored for name in row.parts):
        found[f"part/{name}"] = mean([row.parts[name] for row in scored if name in row.parts])
    for flag in sorted({flag for row in scored for flag in row.flags}):
        found[f"flag/{flag}"] = 1_000 * mean([flag in row.flags for row in scored])
    if scored and SERVER_REWARD in scored[0].components:
        agreement = spearman([row.reward or 0.0 for row in scored], [float(row.correct) for row in scored])
        if agreement is not None:
            found["likelihood/spearman"] = agreement
    return found
