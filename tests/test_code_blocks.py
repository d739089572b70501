"""Every fenced block of the docs: Python runs, commands exist with their options, YAML is what it says it is.

A block of Python goes on where those before it on its page have ended. `needs X`: where X is installed.
"""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import envserver.cli
import trainer_client.cli
from curricula.curriculum import Curriculum
from trainer_client.server_process import running_server

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
_BLOCK = re.compile(r"^```([a-z]*)(?: ([^\n]*))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_APPS = {"echelon-server": envserver.cli.app, "echelon-trainer": trainer_client.cli.app}
_VERBS = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()


def _blocks(page: Path, language: str) -> list[tuple[str, str]]:
    return [(more, text) for kind, more, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


WITH_PYTHON = [page for page in PAGES if _blocks(page, "python")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.mark.parametrize("page", WITH_PYTHON, ids=_name)
def test_python_runs(page: Path, url: str, tmp_path: Path) -> None:
    blocks = [
        text
        for more, text in _blocks(page, "python")
        if not more or importlib.util.find_spec(more.removeprefix("needs "))
    ]
    program = "\n".join(blocks).replace("http://127.0.0.1:8000", url)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=_environment(), check=False)
    assert done.returncode == 0, done.stderr[-2_000:]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_what_is_run_is_most_of_what_is_shown() -> None:
    assert {page.stem for page in WITH_PYTHON} >= {"client", "concepts", "own-family", "protocols", "start"}


def _commands() -> Iterator[tuple[str, list[str]]]:
    for page in PAGES:
        for _, text in _blocks(page, "sh"):
            for line in text.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True) if line.count("'") % 2 == 0 else line.split()
                places = [at for at, word in enumerate(words) if word.removeprefix(".venv/bin/") in _APPS]
                if "trainer_client" in words:
                    places.append(words.index("trainer_client"))
                    words[places[-1]] = "echelon-trainer"
                for at in places:
                    yield f"{page.stem}-{words[at + 1]}", words[at:]


COMMANDS = list(_commands())


@pytest.mark.parametrize("words", [words for _, words in COMMANDS], ids=[place for place, _ in COMMANDS])
def test_commands_exist_with_their_options(words: list[str]) -> None:
    program, name, *given = words
    command: Any = typer.main.get_command(_APPS[program.rpartition("/")[2]])
    found = command.commands[name]
    if hasattr(found, "commands"):
        found = found.commands[given.pop(0)]
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in given:
        if word in ("&", "|", ">", "&&"):
            break
        if word.startswith("--"):
            assert word.partition("=")[0] in known, word


def test_there_are_many_commands() -> None:
    assert len(COMMANDS) > 40


def test_verbs_of_make_exist() -> None:
    for page in PAGES:
        for verb in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert verb in _VERBS, (page.name, verb)


def test_yaml_is_a_curriculum_a_registration_or_settings() -> None:
    curricula = 0
    for page in PAGES:
        for _, text in _blocks(page, "yaml"):
            shown = yaml.safe_load(text)
            assert isinstance(shown, dict), (page.name, text)
            if "stages" in shown:
                Curriculum.model_validate(shown)
                curricula += 1
    assert curricula >= 2


def test_json_is_json() -> None:
    for page in PAGES:
        for _, text in _blocks(page, "json"):
            try:
                json.loads(text)
            except ValueError:  # JSON Lines
                assert all(json.loads(line) for line in text.splitlines()), page.name


def test_the_http_reference_is_that_of_the_server() -> None:
    """`make http-reference` writes it."""
    done = subprocess.run(
        [sys.executable, "-m", "envserver", "http-reference"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == (ROOT / "docs" / "http.md").read_text(encoding="utf-8")


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


def test_every_picture_has_the_command_that_makes_it() -> None:
    """A picture that nobody can make again would tell of a program that is no more."""
    made = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")
    for picture in (ROOT / "docs").rglob("*.png"):
        assert f"`{picture.relative_to(ROOT / 'docs')}`" in made, picture.name
