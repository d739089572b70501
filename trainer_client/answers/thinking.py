"""Budget forcing (s1: Muennighoff et al., arXiv 2501.19393): thoughts are made to last, and to end, as a budget says.

A thought that ends before its budget is spent goes on with "Wait" a number of times; one that spends it is ended, and
the answer is decoded behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trainer_client.answers.decoding import Decoding, continued, conversing, spoken
from trainer_client.answers.episodes import Generate

END, WAIT = "</think>", "\nWait"
_SEEDS = 32  # seeds of one answer, which the next one's do not meet


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
    wait = _ids(tokenizer, WAIT)
    thoughts: list[list[int]] = [[] for _ in ids]
    going = list(range(len(ids)))
    for turn in range(budget.waits + 1):
        waiting = [at for at in going if not turn or thoughts[at][-len(wait) :] == wait]
        room = {at: budget.tokens - len(thoughts[at]) for at in waiting}
        going = [at for at in waiting if room[at] > 0]
        if not going:
            break
        limit = replace(how, seed=_SEEDS * how.seed + turn, max_completion=max(room[at] for at in going))
        found = continued(model, tokenizer, [ids[at] + thoughts[at] for at in going], limit, stop=END)
        for at, more in zip(going, found, strict=True):
            thought = _thought(more, tokenizer)
            thoughts[at] += thought[: room[at]]
            if turn < budget.waits and len(thought) + len(wait) < room[at]:
                thoughts[at] += wait  # one that has spent its budget is ended
    begun = [row + thought + _ids(tokenizer, END) for row, thought in zip(ids, thoughts, strict=True)]
    answers = continued(model, tokenizer, begun, replace(how, seed=_SEEDS * how.seed + budget.waits + 1))
    return [whole[len(row) :] + answer for row, whole, answer in zip(ids, begun, answers, strict=True)]


def _thought(ids: list[int], tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the tokens of a thought before its end, be it the mark or the end of the turn: as they were sampled."""
    if ids and ids[-1] in tokenizer.all_special_ids:
        ids = ids[:-1]
    end = str(tokenizer.decode(ids)).find(END)
    return ids if end < 0 else ids[: next(n for n in range(len(ids), -1, -1) if len(tokenizer.decode(ids[:n])) <= end)]


def _ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return list(tokenizer(text=text, add_special_tokens=False)["input_ids"])


Continue = Callable[[Sequence[list[int]], Decoding], list[list[int]]]


def continuing(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, budget: Thinking | None) -> Continue:
    """Return the way to decode: plain, or with thoughts within a budget."""
    if budget is None:
        return lambda ids, how: continued(model, tokenizer, ids, how)
    return lambda ids, how: forced(model, tokenizer, ids, how, budget)


def talking(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, how: Decoding, budget: Thinking | None
) -> Generate:
    """Return the way to take turns: plain, or each with its thought within a budget."""
    if budget is None:
        return conversing(model, tokenizer, how)
    turns = count(how.seed)
    return lambda rows: spoken(forced(model, tokenizer, rows, replace(how, seed=next(turns)), budget))
