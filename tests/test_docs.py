"""What the docs tell to type is typed: blocks marked `executed` run as they stand, with the environment made before."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from trainer_client.server_process import free_port

ROOT = Path(__file__).parent.parent
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
# Making an environment and installing into it is what a checkout's own `make test` has just done.
INSTALLED = ("python3.11 -m venv", ".venv/bin/pip install")


def _commands(block: str) -> list[str]:
    """Split a block into commands; a here-document belongs to the one before it."""
    return [
        found.strip()
        for found in re.findall(r"(?:^[^\n]*<<'YAML'\n.*?^YAML$|^[^\n]+)", block, re.DOTALL | re.MULTILINE)
    ]


def test_from_install_to_a_trained_adapter_on_ones_own_file(tmp_path: Path) -> None:
    [block] = re.findall(r"^```sh executed\n(.*?)^```$", DATA, re.DOTALL | re.MULTILINE)
    commands = _commands(block)
    assert len(commands) <= 10
    assert [command.startswith(INSTALLED) for command in commands[:2]] == [True, True]
    rows = [{"question": f"What is {a} plus {b}?", "answer": a + b} for a in range(30) for b in range(30)]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    script = "\n".join(commands[2:]).replace("8765", str(free_port()))
    script = script.replace("$PWD/.venv/bin", str(Path(sys.executable).parent))
    environment = {**os.environ, "ECHELON_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-e", "-c", f"trap 'kill %1' EXIT\n{script}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert (tmp_path / "runs" / "mine" / "final" / "adapter_model.safetensors").exists()
    assert re.search(r"Minus warm, on the same problems:.*all +\| [+-]0\.\d\d \[", done.stdout, re.DOTALL)


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
