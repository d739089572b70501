"""A batch in groups of rows of like length: short rows are not computed at the width of the longest one.

Completions of one batch differ in length by a factor of three and more, episodes by ten; padded to one width, most of
the forward and backward passes would go into padding.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn.functional import pad

_ROWS = 16  # a group has at least so many: smaller ones cost more in calls than they save in padding
_GROUPS = 8

Tensors = tuple[Any, ...]
"""Tensors of rows x completion (log-probabilities first), numbers that are averaged over the groups, or None."""


def length_groups(mask: torch.Tensor) -> Iterator[tuple[torch.Tensor, int, int]]:
    """Yield the rows of each group and its first and last column, behind which all of them are padding.

    The number of groups depends on the number of rows alone, so that all ranks make the same number of calls.
    """
    groups = max(1, min(_GROUPS, len(mask) // _ROWS))
    for rows in mask.sum(dim=1).argsort(stable=True).tensor_split(groups):
        held = mask[rows].any(dim=0).nonzero()
        yield rows, int(held[0]), int(held[-1]) + 1


def by_length(
    compute: Callable[[torch.Tensor, torch.Tensor, int], Tensors],
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    completion: int,
) -> Tensors:
    """Return what `compute(input_ids, attention_mask, completion)` gives for the whole batch, group by group.

    Rows are padded on the left up to their question and on the right behind their completion, whose width is
    `completion`; places of padding get 0.
    """
    question = input_ids.size(1) - completion
    order, parts = [], []
    for rows, first, last in length_groups(attention_mask):
        first, last = min(first, question - 1), max(last, question + 1)
        ids, mask = input_ids[rows, first:last], attention_mask[rows, first:last]
        parts.append([_widened(value, input_ids.size(1) - last) for value in compute(ids, mask, last - question)])
        order.append(rows)
    back = torch.cat(order).argsort()
    return tuple(_joined(values, back) for values in zip(*parts, strict=True))


def _widened(value: Any, missing: int) -> Any:
    return pad(value, (0, missing)) if value is not None and value.ndim > 1 else value


def _joined(values: Sequence[Any], back: torch.Tensor) -> Any:
    if values[0] is None:
        return None
    return torch.cat(list(values))[back] if values[0].ndim > 1 else torch.stack(list(values)).mean()
