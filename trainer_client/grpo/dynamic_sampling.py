"""Groups whose samples all earned the same have no gradient: leave them out, or sample others in their place.

DAPO's dynamic sampling (arXiv 2503.14476). What was sampled in vain is reported to the curriculum all the same: the
share of such groups is the best sign of a stage that is too easy or too hard.
"""

from collections.abc import Sequence
from typing import Any

import torch
from accelerate import Accelerator

from trainer_client.watching.ladder import Row

Output = dict[str, Any]
"""What TRL makes of a generation: tensors with a row per completion, and numbers."""

_FROM_THE_LEFT = ("prompt_ids", "prompt_mask")
_TOKENS = ("prompt_ids", "completion_ids")


def telling(rows: Sequence[Row], samples: int) -> list[bool]:
    """Return, per group, whether its rewards differ; `rows` are those of all ranks, groups one after another."""
    groups = [rows[at : at + samples] for at in range(0, len(rows), samples)]
    return [len({row.reward for row in group if row.reward is not None}) > 1 for group in groups]


def kept(tells: Sequence[bool], wanted: int) -> list[int]:
    """Return the groups of all rounds that make the batch: those that tell, in order, then others to fill it."""
    return sorted(range(len(tells)), key=lambda at: not tells[at])[:wanted]


def silence(output: Output, tells: Sequence[bool], samples: int, first: int) -> None:
    """Take rows of groups that do not tell out of the loss; the local rows begin at row `first` of all."""
    leave_out(output, [not tells[(first + i) // samples] for i in range(len(output["completion_mask"]))])


def leave_out(output: Output, rows: Sequence[bool]) -> None:
    """Take rows out of the loss: advantage 0 leaves them in the KL, and in a denominator that counts tokens."""
    out = torch.tensor(rows, device=output["completion_mask"].device)
    output["completion_mask"][out] = 0
    # What is masked is not computed again: against another number than 0 its ratio could overflow, and 0·inf is NaN.
    for key in ("old_per_token_logps", "ref_per_token_logps"):
        if key in output:
            output[key][out] = 0


def assembled(
    rounds: Sequence[Output], groups: Sequence[int], samples: int, accelerator: Accelerator, pad: int
) -> Output:
    """Return this rank's rows of a batch made of some groups of several rounds.

    Groups move between ranks, so all rows are gathered first: token numbers and masks, a few megabytes.
    """
    joined = _joined([_gathered(output, accelerator, pad) for output in rounds], pad)
    rows = torch.tensor([group * samples + k for group in groups for k in range(samples)])
    share = len(rows) // accelerator.num_processes
    own = rows[accelerator.process_index * share :][:share]
    return {key: value[own.to(value.device)] if _by_row(value) else value for key, value in joined.items()}


def _by_row(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.ndim > 0


def _gathered(output: Output, accelerator: Accelerator, pad: int) -> Output:
    found = dict(output)
    for key, value in output.items():
        if _by_row(value):
            filler = pad if key in _TOKENS else 0
            wide: Any = accelerator.pad_across_processes(value, 1, filler, pad_first=key in _FROM_THE_LEFT)
            found[key] = accelerator.gather(wide if value.ndim > 1 else value)
    return found


def _joined(rounds: Sequence[Output], pad: int) -> Output:
    found = dict(rounds[-1])
    for key, value in found.items():
        if _by_row(value):
            parts = [output[key] for output in rounds]
            found[key] = torch.cat(parts if value.ndim == 1 else _widened(parts, key, pad))
    return found


def _widened(parts: Sequence[torch.Tensor], key: str, pad: int) -> list[torch.Tensor]:
    width = max(part.shape[1] for part in parts)
    filler = pad if key in _TOKENS else 0
    sides = [(width - part.shape[1], 0) if key in _FROM_THE_LEFT else (0, width - part.shape[1]) for part in parts]
    return [torch.nn.functional.pad(part, side, value=filler) for part, side in zip(parts, sides, strict=True)]
