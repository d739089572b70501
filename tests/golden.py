"""`make golden` rewrites golden.json: published ids and what they mean. A changed line needs a new family version."""

import json
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from curricula.pools import pool
from curricula.reading import load_curricula
from envserver.settings import Settings
from generators.errors import EmptySplit
from generators.families import FAMILIES, problem
from generators.ids import SPLITS

FILE = Path(__file__).with_name("golden.json")


def digest(text: str) -> str:
    """Return what an id means, as a hash of its content, question, answer and noisy answer."""
    posed = problem(text)
    parts = [
        posed.content,
        posed.observation,
        posed.reveal("answer"),
        posed.reveal("worked"),
        posed.reveal("noisy", 0.9),
    ]
    return sha256("\0".join(parts).encode()).hexdigest()[:24]


def published() -> Iterator[str]:
    """Yield some ids of every kind and stage, split and style, every transform, and ends of held-out pools."""
    yield from _kinds()
    curricula = load_curricula(*Settings().folders)
    for curriculum in curricula.values():
        for stage in curriculum.stages:
            for style in ("chat", "bare"):
                for split in SPLITS:
                    yield from (str(stage.problem_id(split, seed, style)) for seed in (0, 1, 2**53 - 1))
    for stage in curricula["inverse"].stages:  # one rule makes the pools of all; to fill them all would take minutes
        for style in ("chat", "bare"):
            for split in ("dev", "test"):
                yield str(pool(stage.stem, split)[-1].with_style(style))


def _kinds() -> Iterator[str]:
    for family in FAMILIES.values():
        for name, kind in family.kinds.items():
            for style in ("chat", "bare", *(f"chat+{transform}" for transform in kind.transforms)):
                yield str(family.example(name, style))


def meanings() -> Iterator[tuple[str, str]]:
    """Yield the published ids with their digests; a stage that can be learned by heart may have no held-out problem."""
    for text in published():
        with suppress(EmptySplit):
            yield text, digest(text)


if __name__ == "__main__":
    FILE.write_text(json.dumps(dict(meanings()), indent=1) + "\n", encoding="utf-8")
