"""The arrows: generators <- curricula <- envserver <==HTTP== trainer_client."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "generators": {"generators"},
    "curricula": {"generators", "curricula"},
    "envserver": {"generators", "curricula", "envserver"},
    "trainer_client": {"trainer_client", "envserver.wire", "envserver.story", "envserver.intervals"},
}
HEAVY = {"torch", "transformers", "trl", "peft", "accelerate", "datasets", "matplotlib"}


def _imports(package: str) -> Iterator[tuple[Path, str]]:
    for file in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: relative import"
                yield file, node.module or ""


@pytest.mark.parametrize("package", ALLOWED)
def test_each_package_imports_only_from_its_left(package: str) -> None:
    for file, name in _imports(package):
        if name.partition(".")[0] in ALLOWED:
            assert any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED[package]), (file, name)


@pytest.mark.parametrize("package", ["generators", "curricula", "envserver"])
def test_the_server_never_imports_torch(package: str) -> None:
    for file, name in _imports(package):
        assert name.partition(".")[0] not in HEAVY, (file, name)


def test_the_client_loads_no_family_and_the_server_no_torch() -> None:
    """Seen from outside: what is in memory after the imports."""
    probe = "import sys, {}; print(sorted(m for m in sys.modules if m.partition('.')[0] in {} or 'families' in m))"
    for module in ("trainer_client.client.env_client", "envserver.wire", "envserver.story"):
        shown = subprocess.run(
            [sys.executable, "-c", probe.format(module, HEAVY)], capture_output=True, text=True, check=True
        )
        assert shown.stdout.strip() == "[]"
    shown = subprocess.run(
        [sys.executable, "-c", probe.format("envserver.app", HEAVY)], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "['generators.families']"
