"""`make test-protocols`: the task sets of verifiers, and the one in examples/, against our server."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from generators.families import problem
from trainer_client.server_process import running_server

ROOT = Path(__file__).parent.parent.parent
BIN = ROOT / ".venv-verifiers" / "bin"
CLIENT = Path(__file__).parent / "verifiers_client.py"
IDENTITY = "<answer>[[1, 0], [0, 1]]</answer>"

pytestmark = pytest.mark.skipif(not BIN.exists(), reason="make test-protocols installs it")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that may reveal answers."""
    with running_server(tmp_path_factory.mktemp("server") / "log", settings={"ECHELON_REVEAL": "1"}) as address:
        yield address


def _in_its_environment(*words: str | Path, folder: Path | None = None) -> str:
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'examples' / 'verifiers_taskset'}"}
    done = subprocess.run(
        [*map(str, words)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        cwd=folder,
        env={**os.environ, **paths},
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


def _done(url: str, name: str, **job: Any) -> list[dict[str, Any]]:
    shown = _in_its_environment(BIN / "python", CLIENT, url, json.dumps({name: job}))
    told: list[dict[str, Any]] = json.loads(shown.splitlines()[-1])
    return told


def _posed(url: str, curriculum: str, stage: str, n: int) -> list[dict[str, Any]]:
    asked = {"curriculum": curriculum, "stage": stage, "slots": list(range(n))}
    posed: list[dict[str, Any]] = httpx.post(f"{url}/sample", json=asked).json()["problems"]
    return posed


def _rewards(url: str, curriculum: str | None, items: list[dict[str, Any]]) -> list[float]:
    verdicts = httpx.post(f"{url}/score", json={"curriculum": curriculum, "items": items}).json()["verdicts"]
    return [verdict["reward"] for verdict in verdicts]


def _answers(posed: list[dict[str, Any]]) -> list[list[str]]:
    """A right answer, a copied identity, none at all, and a worked right one."""
    return [[problem(posed[0]["id"]).reveal("answer")], [IDENTITY], [], [problem(posed[3]["id"]).reveal("worked")]]


def test_its_nemo_gym_tasks_get_what_score_gives(url: str, tmp_path: Path) -> None:
    posed = _posed(url, "inverse", "shear", 3)
    params = [{"model": "m", "input": one["messages"]} for one in posed]
    rows = [{"problem_id": one["id"], "responses_create_params": p} for one, p in zip(posed, params, strict=True)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answers = [problem(posed[0]["id"]).reveal("answer"), IDENTITY, "no idea"]
    told = _done(url, "nemo", rows=str(tmp_path / "rows.jsonl"), answers=answers)
    items = [{"id": one["id"], "completion": text} for one, text in zip(posed, answers, strict=True)]
    verdicts = httpx.post(f"{url}/score", json={"items": items}).json()["verdicts"]
    assert [one["reward"] for one in told] == [verdict["reward"] for verdict in verdicts] == [1.0, 0.0, 0.0]
    for one, verdict in zip(told, verdicts, strict=True):
        assert one["metrics"].items() >= verdict["components"].items()


def test_its_openenv_tasks_get_what_score_gives(url: str) -> None:
    posed = _posed(url, "inverse", "shear", 3)
    bare = json.dumps(json.loads("[[1, 0], [0, 1]]"))  # a reply that is JSON is read before it is sent
    answers = [[problem(posed[0]["id"]).reveal("answer")], [IDENTITY], [bare]]
    resets = [{"seed": slot, "curriculum": "inverse", "stage": "shear"} for slot in range(3)]
    told = _done(url, "openenv", resets=resets, answers=answers)
    assert [one["problem_id"] for one in told] == [one["id"] for one in posed]
    items = [
        {"id": one["id"], "stage": "shear", "completion": script[0]} for one, script in zip(posed, answers, strict=True)
    ]
    assert [one["reward"] for one in told] == _rewards(url, "inverse", items)
    assert [one["reward"] for one in told] == [1.0, 0.0, 0.0]


def test_its_openenv_tasks_play_episodes(url: str) -> None:
    [posed] = _posed(url, "row_operations", "two_left", 1)
    way = list(problem(posed["id"]).solution())
    resets = [{"seed": 0, "curriculum": "row_operations", "stage": "two_left"}] * 2
    told = _done(url, "openenv", resets=resets, answers=[way, ["swap 1 9", *way]])
    assert [one["turns"] for one in told] == [len(way), len(way) + 1]
    items = [{"id": posed["id"], "stage": "two_left", "actions": one} for one in (way, ["swap 1 9", *way])]
    assert [one["reward"] for one in told] == _rewards(url, "row_operations", items)


def test_our_task_set_gets_what_score_gives(url: str) -> None:
    posed = _posed(url, "inverse", "shear", 4)
    answers = _answers(posed)
    told = _done(url, "native", config={"stage": "shear"}, answers=answers)
    assert [one["problem_id"] for one in told] == [one["id"] for one in posed]
    items = [
        {"id": one["id"], "stage": "shear", "completion": (script or [""])[0], "truncated": not script}
        for one, script in zip(posed, answers, strict=True)
    ]
    assert [one["reward"] for one in told] == _rewards(url, "inverse", items)
    assert [one["reward"] for one in told] == [1.0, 0.0, 0.0, 1.0]
    assert told[0]["metrics"]["correct"] == 1


def test_our_task_set_plays_episodes(url: str) -> None:
    posed = _posed(url, "row_operations", "two_left", 2)
    ways = [list(problem(one["id"]).solution()) for one in posed]
    told = _done(url, "native", config={"curriculum": "row_operations", "stage": "two_left"}, answers=[ways[0], []])
    items = [{"id": posed[0]["id"], "stage": "two_left", "actions": ways[0]}]
    assert told[0]["reward"] == _rewards(url, "row_operations", items)[0] == 1
    assert told[1]["reward"] == 0


@pytest.mark.parametrize("stage", ["inverse shear", "row_operations two_left"])
def test_vf_validate_finds_our_answers_right_and_nothing_right_untouched(url: str, stage: str, tmp_path: Path) -> None:
    curriculum, _, name = stage.partition(" ")
    chosen = ["--taskset.curriculum", curriculum, "--taskset.stage", name, "--taskset.task.url", url]
    words = ["echelon_taskset", "-n", "6", *chosen, "--runtime.type", "subprocess", "-o", tmp_path, "--run.dir", "r"]
    _in_its_environment(BIN / "vf-validate", *words, folder=tmp_path)
    summary = json.loads((tmp_path / "r" / "summary.json").read_text())
    assert summary["outcomes"]["valid"] == summary["total"] == 6
    assert summary["checks"]["gold"]["valid"] == summary["checks"]["noop"]["valid"] == 6
