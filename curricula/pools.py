"""Held-out pools: the distinct contents that the slots of `dev` and `test` index."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from curricula.fields import MAX_POOL
from generators.errors import EmptySplit
from generators.families import family_named
from generators.ids import ProblemId, Split

MAX_SEEDS = 4_096  # a space of 440 contents is complete after these but for one in ten thousand
MEMORISABLE = 200
_GIVE_UP = 8  # seeds in a row without any problem of the split


@lru_cache(maxsize=256)
def pool(stem: str, split: Split) -> tuple[ProblemId, ...]:
    """Return the first `MAX_POOL` distinct contents met at seeds 0, 1, 2, ... of one family, parameters and split.

    `stem` is `family@version/parameters`. The style of the ids is the family's first: pools do not depend on it.
    Of listed problems these are the first rows.
    """
    return tuple(islice(_distinct(stem, split), MAX_POOL))


def listed(start: ProblemId) -> int | None:
    """Return how many problems the split of an id lists; None where problems are drawn, and have no number."""
    params = dict(start.params)
    return family_named(start.family).kind_of(params).size(params, start.split)


def _distinct(stem: str, split: Split) -> Iterator[ProblemId]:
    family = family_named(stem.partition("@")[0])
    start = ProblemId.parse(f"{stem}/{split}/0/{next(iter(family.styles))}")
    if (size := listed(start)) is not None:
        yield from (replace(start, seed=row) for row in range(size))
        return
    met: set[str] = set()
    refused = 0
    for seed in range(MAX_SEEDS):
        at = replace(start, seed=seed)
        try:
            # Not through the cache of problems: thousands of passing problems would push out those in use.
            content = family.build(at).content
        except EmptySplit:
            refused += 1
            if refused == _GIVE_UP:
                return
            continue
        refused = 0
        if content not in met:
            met.add(content)
            yield at


@lru_cache(maxsize=256)
def memorisable(stem: str) -> bool:
    """Whether a stage has too few dev contents for held-out skill to mean anything."""
    return len(list(islice(_distinct(stem, "dev"), MEMORISABLE))) < MEMORISABLE
