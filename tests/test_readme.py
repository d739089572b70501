"""The README tells the truth about what can be checked: folders, verbs, links, ids, commands."""

import re
from pathlib import Path

from generators.families import problem

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_folder_is_on_the_map_and_the_reverse() -> None:
    there = {path.parent.name for path in ROOT.glob("*/*") if path.is_file() and not path.parent.name.startswith(".")}
    there -= {"runs", "build", "dist"}
    on_map = set(re.findall(r"^(\w+)/ ", README, re.MULTILINE))
    assert on_map == {name for name in there if not name.endswith(".egg-info")}


def test_verbs_and_links() -> None:
    verbs = re.search(r"`make ([a-z -]+)`\. Each makes", README)
    assert verbs is not None
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert verbs.group(1).split() == phony.group(1).split()
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_id_in_the_readme_is_a_problem() -> None:
    found = re.findall(r"matrix_inverse@1/[\w=,/]+", README)
    assert found
    assert all(problem(text).observation for text in found)


def test_the_version_is_the_same_everywhere() -> None:
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert version is not None
    assert newest is not None
    assert version.group(1) == newest.group(1)
