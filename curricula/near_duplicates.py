"""Questions that are almost the same in two splits: what a hash of the content cannot see."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WORDS = 4  # of a shingle
THRESHOLD = 0.6  # of Jaccard's index; the same question with two numbers changed has about 0.7
MAX_ROWS = 200_000  # held-out questions that are kept in memory
_COMMON = 200  # a shingle of more held-out questions than this tells nothing

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d[\d,.]*")


@dataclass(frozen=True)
class Pair:
    """A held-out question and the train question most like it, by position; `likeness` is Jaccard's index."""

    held_out: int
    train: int
    likeness: float
    numbers_only: bool


def near_duplicates(held_out: Sequence[str], train: Iterable[str], threshold: float = THRESHOLD) -> list[Pair]:
    """Return, for every held-out question that has one, the train question most like it.

    One that is the same but for its numbers comes before any other. Else alike are questions that share a share
    `threshold` of their sequences of four words. Memory grows with the held-out questions, time with both. Source: Lee
    et al., Deduplicating Training Data Makes Language Models Better, 2022 (there by MinHash; here exactly, except for
    sequences in many questions).
    """
    index: dict[int, list[int]] = {}
    sizes: list[int] = []
    masked: dict[int, list[int]] = {}
    for at, question in enumerate(held_out[:MAX_ROWS]):
        shingles = set(_shingles(question))
        sizes.append(len(shingles))
        for shingle in shingles:
            index.setdefault(shingle, []).append(at)
        masked.setdefault(_masked(question), []).append(at)
    best: dict[int, Pair] = {}
    for row, question in enumerate(train):
        for pair in _alike(question, row, index, sizes, masked):
            known = best.get(pair.held_out)
            enough = pair.likeness >= threshold or pair.numbers_only
            if enough and (known is None or (pair.numbers_only, pair.likeness) > (known.numbers_only, known.likeness)):
                best[pair.held_out] = pair
    return sorted(best.values(), key=lambda pair: -pair.likeness)


def _alike(
    question: str, row: int, index: dict[int, list[int]], sizes: Sequence[int], masked: dict[int, list[int]]
) -> Iterator[Pair]:
    shingles = set(_shingles(question))
    shared: Counter[int] = Counter()
    for shingle in shingles:
        places = index.get(shingle, ())
        if len(places) <= _COMMON:
            shared.update(places)
    same = set(masked.get(_masked(question), ()))
    for at in shared.keys() | same:
        likeness = shared[at] / (sizes[at] + len(shingles) - shared[at]) if shared[at] else 0.0
        yield Pair(at, row, likeness, at in same)


def _shingles(question: str) -> Iterator[int]:
    words = _WORD.findall(question.casefold())
    for at in range(max(1, len(words) - WORDS + 1)):
        yield hash(tuple(words[at : at + WORDS]))


def _masked(question: str) -> int:
    return hash(" ".join(_WORD.findall(_NUMBER.sub("0", question.casefold()))))
