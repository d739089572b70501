"""docs/families.md is what the code says: run `make families` after a change."""

from pathlib import Path

import pytest

from curricula.reading import load_curricula
from envserver.commands.handbook import guess_table, section
from envserver.settings import Settings
from generators.families import FAMILIES

PAGE = (Path(__file__).parents[3] / "docs" / "families.md").read_text()


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_described_as_it_is(name: str) -> None:
    assert section(FAMILIES[name]) in PAGE


def test_every_shipped_curriculum_has_its_table() -> None:
    loaded = load_curricula(*Settings().folders)
    for curriculum in loaded.values():
        assert all(f"| {stage.name} |" in PAGE.partition(f"### `{curriculum.name}`")[2] for stage in curriculum.stages)
    assert guess_table(loaded["arithmetic"], 200) in PAGE
