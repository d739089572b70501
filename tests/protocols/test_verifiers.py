"""`make test-protocols`: the NeMo Gym task set of verifiers, in an environment of its own, against our server."""

import json
import subprocess
from pathlib import Path

import httpx
import pytest

from generators.families import problem
from trainer_client.server_process import running_server

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / ".venv-verifiers" / "bin" / "python"
CLIENT = Path(__file__).parent / "verifiers_client.py"


@pytest.mark.skipif(not PYTHON.exists(), reason="make .venv-verifiers installs it")
def test_its_nemo_gym_tasks_get_what_score_gives(tmp_path: Path) -> None:
    with running_server(tmp_path / "log") as url:
        asked = {"curriculum": "inverse", "stage": "shear", "slots": [0, 1, 2]}
        posed = httpx.post(f"{url}/sample", json=asked).json()["problems"]
        params = [{"model": "m", "input": one["messages"]} for one in posed]
        rows = [{"problem_id": one["id"], "responses_create_params": p} for one, p in zip(posed, params, strict=True)]
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        answers = [problem(posed[0]["id"]).reveal("answer"), "<answer>[[1, 0], [0, 1]]</answer>", "no idea"]
        done = subprocess.run(
            [PYTHON, CLIENT, url, tmp_path / "rows.jsonl", json.dumps(answers)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3_000:]
        told = json.loads(done.stdout.splitlines()[-1])
        items = [{"id": one["id"], "completion": text} for one, text in zip(posed, answers, strict=True)]
        verdicts = httpx.post(f"{url}/score", json={"items": items}).json()["verdicts"]
    assert [one["reward"] for one in told] == [verdict["reward"] for verdict in verdicts] == [1.0, 0.0, 0.0]
    for one, verdict in zip(told, verdicts, strict=True):
        assert one["metrics"].items() >= verdict["components"].items()
