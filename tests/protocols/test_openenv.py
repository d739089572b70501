"""`make test-protocols`: OpenEnv's newest client and 0.3.0, each in an environment of its own, against our server."""

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from generators.families import problem
from trainer_client.server_process import running_server

ROOT = Path(__file__).parent.parent.parent
CLIENT = Path(__file__).parent / "openenv_client.py"
ENVIRONMENTS = {"openenv 0.10.0": ROOT / ".venv-openenv", "openenv-core 0.3.0": ROOT / ".venv-openenv-core"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_its_client_gets_what_score_gives(name: str, tmp_path: Path) -> None:
    python = ENVIRONMENTS[name] / "bin" / "python"
    if not python.exists():
        pytest.skip("make test-protocols installs it")
    with running_server(tmp_path / "log") as url:
        asked = {"curriculum": "inverse", "stage": "shear", "slots": [0, 1, 2]}
        posed = httpx.post(f"{url}/sample", json=asked).json()["problems"]
        answers = [problem(posed[0]["id"]).reveal("answer"), None, problem(posed[2]["id"]).reveal("worked")]
        done = subprocess.run(
            [python, CLIENT, url, json.dumps(answers)], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr[-3_000:]
        told = json.loads(done.stdout.splitlines()[-1])
        episodes = told["episodes"]
        assert [one["id"] for one in episodes] == [one["id"] for one in posed], "a seed is the slot of /sample"
        items = [{"id": one["id"], "completion": one["said"], "stage": "shear"} for one in episodes]
        verdicts = httpx.post(f"{url}/score", json={"curriculum": "inverse", "items": items}).json()["verdicts"]
    assert [one["reward"] for one in episodes] == [verdict["reward"] for verdict in verdicts]
    assert [one["reward"] for one in episodes] == [1.0, 0.0, 1.0]
    assert all(one["done"] for one in episodes)
    assert told["missed"] == [] or name == "openenv-core 0.3.0"
