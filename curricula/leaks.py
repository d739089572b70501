"""Leak audit: are the splits disjoint, how large is the space, how often do items repeat, what is memorisable?"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from curricula.pools import memorisable
from generators.errors import EmptySplit
from generators.families import family_named
from generators.ids import SPLITS, ProblemId, Split


@dataclass(frozen=True)
class Leaks:
    """What `draws` seeds of each split gave, for one family and parameters."""

    stem: str
    draws: int
    drawn: int
    distinct: int
    shared: int
    misplaced: int
    size: str
    memorisable: bool

    @property
    def repeats(self) -> float:
        """The share of draws that repeat an earlier content of their split."""
        return 1 - self.distinct / self.drawn if self.drawn else 0.0

    @property
    def sound(self) -> bool:
        """Whether no content was met in two splits, or in another than its own."""
        return self.shared == self.misplaced == 0


def audit(stem: str, draws: int) -> Leaks:
    """Draw the first seeds of every split of `family@version/parameters` and compare their contents.

    That the splits are disjoint needs no sample: the hash of a content names its one split, whatever the family. What
    is checked here is that the family keeps to it, on every problem drawn.
    """
    family = family_named(stem.partition("@")[0])
    kind = family.kind_of(dict(ProblemId.parse(f"{stem}/train/0/x").params))
    met: dict[Split, list[str]] = {split: [] for split in SPLITS}
    for split in SPLITS:
        start = ProblemId.parse(f"{stem}/{split}/0/{next(iter(family.styles))}")
        for seed in range(draws):
            with suppress(EmptySplit):
                met[split].append(family.build(replace(start, seed=seed)).content)
    places = Counter(content for contents in met.values() for content in set(contents))
    return Leaks(
        stem=stem,
        draws=draws,
        drawn=sum(map(len, met.values())),
        distinct=sum(len(set(contents)) for contents in met.values()),
        shared=sum(times > 1 for times in places.values()),
        misplaced=sum(kind.misplaced(content, split) for split, contents in met.items() for content in contents),
        size=estimated_size(met["train"]),
        memorisable=memorisable(stem),
    )


def estimated_size(contents: Sequence[str]) -> str:
    """Estimate how many contents a space has, all splits together, from draws of its train split (80 %).

    From the pairs of draws that coincide: with N draws and c coinciding pairs N(N - 1)/2c, right for uniform draws and
    too small for others. Without any, the size at which one would have been met with 95 % probability.
    """
    n = len(contents)
    pairs = sum(times * (times - 1) // 2 for times in Counter(contents).values())
    if len(set(contents)) <= n // 4:
        return f"about {round(len(set(contents)) / 0.8):,}"
    if pairs == 0:
        return f"more than {int(n * (n - 1) / 6 / 0.8):,}"
    return f"about {_rounded(n * (n - 1) / 2 / pairs / 0.8):,}"


def _rounded(x: float) -> int:
    return int(float(f"{x:.1e}"))


@dataclass(frozen=True)
class SeedLeaks:
    """What a data set that draws item i of seed s from `s + i`, or in any other way, repeats between two seeds."""

    name: str
    items: int
    distinct: int
    shared: int
    shifted: int


def audit_reasoning_gym(name: str, items: int, train_seed: int = 1, held_out_seed: int = 2) -> SeedLeaks:
    """Compare the questions of a reasoning-gym data set at the two seeds at which its own scripts train and validate.

    `shared` counts held-out items whose question is among the train items, `shifted` those that equal the train item
    one further on. Raises `ImportError` where that package is not installed, `ValueError` for an unknown data set.
    """
    import reasoning_gym

    train, held_out = (
        [_question(item) for item in reasoning_gym.create_dataset(name, seed=seed, size=items)]
        for seed in (train_seed, held_out_seed)
    )
    known = set(train)
    shifted = sum(a == b for a, b in zip(held_out, train[1:], strict=False))
    return SeedLeaks(name, items, len(known), sum(question in known for question in held_out), shifted)


def _question(item: dict[str, Any]) -> str:
    return str(item["question"])


def stems(stages: Iterable[Any]) -> list[str]:
    """Return the `family@version/parameters` of stages, each once."""
    return list(dict.fromkeys(stage.stem for stage in stages))
