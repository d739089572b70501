"""The picture of simulated policies, from what the server's command wrote."""

import json
from pathlib import Path

from typer.testing import CliRunner

from envserver.cli import app as server
from trainer_client.cli import app


def test_what_was_simulated_is_drawn(tmp_path: Path) -> None:
    numbers, picture = tmp_path / "out.json", tmp_path / "out.png"
    short = ["--steps", "4", "--runs", "2", "--prompts", "8"]
    done = CliRunner().invoke(server, ["simulate", "--policy", "staged", *short, "--output", str(numbers)])
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(app, ["draw-policies", str(numbers), str(picture)]).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    numbers.write_text(json.dumps([{"policy": "staged"}]))
    assert CliRunner().invoke(app, ["draw-policies", str(numbers), str(picture)]).exit_code == 1
