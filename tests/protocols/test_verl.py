"""`make test-protocols`: verl's reward manager, with rows that `export-dataset` wrote, against our server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from generators.families import problem
from trainer_client.server_process import running_server

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / ".venv-verl" / "bin" / "python"
CLIENT = Path(__file__).parent / "verl_client.py"


@pytest.mark.skipif(not PYTHON.exists(), reason="make test-protocols installs it")
def test_its_reward_manager_gives_what_score_gives(tmp_path: Path) -> None:
    words = ["--curriculum", "inverse", "--stage", "shear", "--each", "3", "--layout", "verl", "--container", "parquet"]
    echelon = [sys.executable, "-m", "envserver", "export-dataset", tmp_path / "rows", *words]
    subprocess.run(echelon, check=True, cwd=ROOT, capture_output=True)
    [file] = (tmp_path / "rows").glob("*.parquet")
    import pyarrow.parquet

    ids = [row["id"] for row in pyarrow.parquet.read_table(file).column("extra_info").to_pylist()]
    answers = [problem(ids[0]).reveal("answer"), "<answer>[[1, 5], [0, 1]]</answer>", "no idea"]
    with running_server(tmp_path / "log") as url:
        done = subprocess.run(
            [PYTHON, CLIENT, url, file, json.dumps(answers)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, done.stderr[-3_000:]
        items = [{"id": id, "completion": text, "stage": "shear"} for id, text in zip(ids, answers, strict=True)]
        verdicts = httpx.post(f"{url}/score", json={"curriculum": "inverse", "items": items}).json()["verdicts"]
    told = json.loads(done.stdout.splitlines()[-1])
    assert [one["reward_score"] for one in told] == [verdict["reward"] for verdict in verdicts]
    assert told[0]["reward_score"] == 1.0
    assert [one["reward_extra_info"]["acc"] for one in told] == [1.0, 0.0, 0.0]
