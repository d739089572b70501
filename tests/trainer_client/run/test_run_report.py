"""What a server keeps of a run: its settings, its steps, its rollouts, how it ended; and a resume supersedes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from transformers import TrainerCallback

from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, load_config
from trainer_client.run.run_folder import RunFolder
from trainer_client.run.run_report import RunReport
from trainer_client.server_process import running_server
from trainer_client.train import train


@pytest.fixture(scope="module")
def keeping(curricula: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("keeping")
    kept = {"ECHELON_CURRICULA": str(curricula), "ECHELON_DATABASE_URL": f"sqlite:///{folder}/kept.db"}
    with running_server(folder / "log", settings=kept) as url:
        yield url


def asked(url: str, path: str, **params: Any) -> Any:
    return httpx.get(f"{url}{path}", params=params).raise_for_status().json()


def everything(url: str, run: str, **params: Any) -> list[Any]:
    found: list[Any] = []
    while page := asked(url, "/rollouts", run=run, most=100, **params):
        found += page
        params["before"] = page[-1]["key"]
    return found


def test_a_run_that_is_resumed_is_kept_as_if_it_had_not_been(settings: TrainConfig, keeping: str) -> None:
    server = settings.server.model_copy(update={"url": keeping})
    config = settings.model_copy(update={"server": server})
    with EnvClient(keeping) as client:
        train(config, client)
        folder = RunFolder(config.run)
        name = folder.run_id
        first = everything(keeping, name)
        (folder.last_checkpoint() or config.run).joinpath("COMPLETE").unlink()  # as if killed while it was written
        train(config, client, resume=True)
    [run] = [one for one in asked(keeping, "/runs") if one["run"] == name]
    assert (run["state"], run["attempts"], run["curriculum"]) == ("finished", 2, folder.curriculum)
    assert asked(keeping, f"/runs/{name}")["config"]["grpo"]["steps"] == 12
    now = everything(keeping, name, phase="train")
    assert len(now) == 12 * 8 * 4
    assert {one["attempt"] for one in now} == {1, 2}
    assert {one["generation"] for one in now if one["attempt"] == 2} == {10, 11}
    assert len({(one["generation"], one["item"]["slot"], one["item"]["sample"]) for one in now}) == len(now)
    assert len(everything(keeping, name, superseded=True)) > len(first)
    assert everything(keeping, name, phase="look")
    logged = asked(keeping, f"/runs/{name}/log", kind="metrics")
    assert [row["step"] for row in logged] == list(range(1, 13))
    ours = folder.read("metrics.jsonl")
    assert [row["body"] for row in logged] == json.loads(json.dumps(ours))
    assert len(asked(keeping, f"/runs/{name}/log", kind="decision")) > 0


class _Fault(TrainerCallback):
    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        raise RuntimeError("planted")


def test_a_run_that_fails_is_not_said_to_go_on(settings: TrainConfig, keeping: str) -> None:
    config = settings.model_copy(update={"server": settings.server.model_copy(update={"url": keeping})})
    with EnvClient(keeping) as client, pytest.raises(RuntimeError, match="planted"):
        train(config, client, callbacks=(_Fault(),))
    kept = asked(keeping, f"/runs/{RunFolder(config.run).run_id}")
    assert (kept["state"], kept["note"]) == ("failed", {"error": "RuntimeError"})


def test_what_was_cut_away_is_not_read_from_its_middle(tmp_path: Path) -> None:
    """Told of a long log, cut back, longer again while nobody took it, and begun once more."""
    (tmp_path / "run_id").write_text("a-run")
    (tmp_path / "attempt").write_text("1")
    folder = RunFolder(tmp_path)
    folder.append("metrics.jsonl", [{"step": step, "loss": 0.5} for step in range(1, 9)])
    RunReport(_Refusing(fails=0), folder, 1).end("stopped", {})  # type: ignore[arg-type]
    folder.cut_back(2)
    silent = RunReport(_Refusing(fails=99), folder, 1)  # type: ignore[arg-type]
    silent.begin(load_config(None, []), "easy@0", 2)
    folder.append("metrics.jsonl", [{"step": step, "loss": 0.123456789} for step in range(3, 12)])
    taking = _Refusing(fails=0)
    again = RunReport(taking, folder, 1)  # type: ignore[arg-type]
    again.begin(load_config(None, []), "easy@0", 11)
    again.end("finished", {})
    [rows] = [told.rows for path, told in taking.told if path.endswith("/log")]
    assert [row.step for row in rows] == list(range(3, 12))


class _Refusing:
    """A client that takes nothing, `fails` times."""

    def __init__(self, fails: int) -> None:
        self.fails = fails
        self.told: list[tuple[str, Any]] = []

    def tell(self, path: str, told: Any) -> bool:
        from trainer_client.errors import ServerRefused

        if self.fails:
            self.fails -= 1
            raise ServerRefused(404, "there is no run")
        self.told.append((path, told))
        return True


def test_what_could_not_be_told_is_told_with_the_next_step(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "run_id").write_text("a-run")
    (tmp_path / "attempt").write_text("1")
    folder, client = RunFolder(tmp_path), _Refusing(fails=2)
    report = RunReport(client, folder, iterations=2)  # type: ignore[arg-type]

    def told() -> None:
        report.tell()
        report.wait()

    folder.append("metrics.jsonl", [{"step": 1, "loss": float("nan")}])
    told()
    folder.append("metrics.jsonl", [{"step": 2, "loss": 0.5}])
    folder.append("decisions.jsonl", [{"step": 2, "says": "a"}, {"step": 2, "says": "b"}])
    told()
    assert client.told == []
    told()
    told()
    [(path, sent)] = client.told
    assert path == "/runs/a-run/log"
    rows = [(row.step, row.generation, row.kind, row.body) for row in sent.rows]
    assert rows == [
        (1, 0, "metrics", {"step": 1, "loss": None}),
        (2, 0, "metrics", {"step": 2, "loss": 0.5}),
        (2, 0, "decision", {"rows": [{"step": 2, "says": "a"}, {"step": 2, "says": "b"}]}),
    ]
    assert len([one for one in caplog.records if "was not told" in one.message]) == 1
