"""The seam `bind`: slots become prompts at generation time, so no prompt is older than the last decision.

TRL and its loaders fetch rows up to four generations ahead; a data set of bare slot numbers makes that harmless.
"""

from collections.abc import Sequence
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from envserver.wire import ProblemOut, Progress, Reveal, SampleRequest
from trainer_client.client import EnvClient
from trainer_client.client.filled import filled
from trainer_client.loading.models import prompt_of


def slot_dataset(n: int) -> Dataset:
    """Return n slots; the prompt is a placeholder until generation."""
    return Dataset.from_dict({"slot": list(range(n)), "prompt": [""] * n})


def sample_slots(
    client: EnvClient, progress: Progress, seed: int, slots: Sequence[int], how: tuple[str | None, Reveal | None]
) -> list[ProblemOut]:
    """Return one train problem per slot, in one request; `how`: the style, and what is to be revealed."""
    style, reveal = how
    request = SampleRequest(
        curriculum=progress.curriculum, progress=progress, seed=seed, slots=[0], style=style, reveal=reveal
    )
    return filled(client.sample(request, slots))


def bind_rows(
    rows: Sequence[dict[str, Any]], problems: dict[int, ProblemOut], tokenizer: PreTrainedTokenizerBase
) -> list[dict[str, Any]]:
    """Return the rows with the prompt, the problem id and the stage of their slot."""
    bound = []
    for row in rows:
        problem = problems[row["slot"]]
        bound.append(
            {**row, "prompt": prompt_of(problem, tokenizer), "problem_id": problem.id, "stage": problem.stage or ""}
        )
    return bound
