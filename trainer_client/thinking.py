"""Budget forcing (s1: Muennighoff et al., arXiv 2501.19393): thoughts are made to last, and to end, as a budget says.

A thought that ends before its budget is spent goes on with "Wait" a number of times; one that spends it is ended, and
the answer is decoded behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trainer_client.decoding import Decoding, continued

END, WAIT = "</think>", "\nWait"


@dataclass(frozen=True)
class Thinking:
    """Tokens that a thought may take, and how often it is told to wait instead of ending."""

    tokens: int
    waits: int = 0


def forced(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    ids: Sequence[list[int]],
    how: Decoding,
    budget: Thinking,
) -> list[list[int]]:
    """Return what follows each row: a thought within its budget, and then up to `how.max_completion` of an answer.

    A row that ends without a thought's end is a thought that ended too soon.
    """
    thoughts: list[list[int]] = [[] for _ in ids]
    going = list(range(len(ids)))
    for turn in range(budget.waits + 1):
        room = {at: budget.tokens - len(thoughts[at]) for at in going}
        going = [at for at in going if room[at] > 0]
        if not going:
            break
        seed = replace(how, seed=how.seed + turn, max_completion=max(room[at] for at in going))
        found = continued(model, tokenizer, [ids[at] + thoughts[at] for at in going], seed, stop=END)
        for at, more in zip(going, found, strict=True):
            thoughts[at] += _thought(more, tokenizer)[: room[at]]
            if turn < budget.waits:
                thoughts[at] += _ids(tokenizer, WAIT)
    begun = [row + thought + _ids(tokenizer, END) for row, thought in zip(ids, thoughts, strict=True)]
    answers = continued(model, tokenizer, begun, replace(how, seed=how.seed + budget.waits + 1))
    return [whole[len(row) :] + answer for row, whole, answer in zip(ids, begun, answers, strict=True)]


def _thought(ids: list[int], tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return a thought without its end, be it the mark or the end of the turn."""
    text = str(tokenizer.decode(ids, skip_special_tokens=True))
    return _ids(tokenizer, text.partition(END)[0])


def _ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return list(tokenizer(text=text, add_special_tokens=False)["input_ids"])


Continue = Callable[[Sequence[list[int]], Decoding], list[list[int]]]


def continuing(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, budget: Thinking | None) -> Continue:
    """Return the way to decode: plain, or with thoughts within a budget."""
    if budget is None:
        return lambda ids, how: continued(model, tokenizer, ids, how)
    return lambda ids, how: forced(model, tokenizer, ids, how, budget)
