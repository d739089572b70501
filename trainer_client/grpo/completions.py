"""From what TRL sampled to items that the server scores."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from envserver.wire import ScoreItem


def items_of(
    completions: Sequence[Any],
    completion_ids: Sequence[Sequence[int]],
    columns: Mapping[str, Sequence[Any]],
    ends: Container[int],
    place: tuple[int, int],
) -> list[ScoreItem]:
    """Return one item per completion; one whose last token is none of `ends` was cut.

    `place` is the number of the first row among those of all ranks, and the size of a group, which may straddle ranks.
    """
    first, samples = place
    rows = zip(columns["problem_id"], completions, completion_ids, columns["stage"], columns["slot"], strict=True)
    return [
        ScoreItem(
            id=id,
            completion=text if isinstance(text, str) else text[-1].get("content") or "",
            truncated=ids[-1] not in ends,
            tokens=len(ids),
            stage=stage,
            slot=slot,
            sample=(first + i) % samples,
        )
        for i, (id, text, ids, stage, slot) in enumerate(rows)
    ]
