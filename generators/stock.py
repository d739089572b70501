"""The answer to one fixed problem of a stage: what a model gives that has learned a single answer by heart."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from generators.errors import EmptySplit
from generators.ids import ProblemId

_SEEDS = 32  # a stage of one single train problem has no stock answer


def stock_answer(problem_id: ProblemId, content: str) -> Mapping[str, Any]:
    """Return, as `stock`, the answer to the first train problem of the same parameters with another content."""
    from generators.families import build  # not above: families are made of questions, and these ask for this

    for seed in range(_SEEDS):
        with suppress(EmptySplit):
            other = build(replace(problem_id, split="train", seed=seed, style=problem_id.layout))
            if other.content != content:
                return {"stock": other.as_written}  # type: ignore[attr-defined]
    return {}
