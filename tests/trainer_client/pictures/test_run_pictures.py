"""What is drawn of runs, and what trackers are told: from the folder of a real run of a few seconds."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from trainer_client.cli import app
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.train import train


@pytest.fixture
def run(settings: TrainConfig, env: EnvClient, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(settings.run / "tensorboard"))
    grpo = settings.grpo.model_copy(update={"steps": 4})
    train(settings.model_copy(update={"report_to": ["tensorboard"], "grpo": grpo}), env)
    return settings.run


def test_a_run_is_drawn_and_its_tracker_was_told(run: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for name, begins in (("one.png", b"\x89PNG"), ("one.svg", b"<?xml"), ("one.pdf", b"%PDF")):
        done = CliRunner().invoke(app, ["plot", str(run), "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        assert (tmp_path / name).read_bytes().startswith(begins)
    beside = CliRunner().invoke(app, ["plot", str(run), str(run), "--out", str(tmp_path / "two.png")])
    assert beside.exit_code == 0, beside.output
    shown = (tmp_path / "one.svg").read_text()
    for title in ("the climb", "stage timeline", "groups that agree", "signs of gaming", "parts of the reward"):
        assert f"<!-- {title}" in shown or title in shown
    told = EventAccumulator(str(run / "tensorboard"))
    told.Reload()
    assert {"train/success", "train/success/one"} <= set(told.Tags()["scalars"])
    assert [event.step for event in told.Scalars("train/success")] == [1, 2, 3, 4]


def test_what_cannot_be_drawn_is_said_in_a_line(tmp_path: Path) -> None:
    for arguments in ([str(tmp_path)], [str(tmp_path / "none")]):
        done = CliRunner().invoke(app, ["plot", *arguments])
        assert done.exit_code != 0
        assert "no run is in" in done.output


def test_a_tracker_that_is_not_installed_leaves_no_run_behind(settings: TrainConfig, env: EnvClient) -> None:
    with pytest.raises(BadConfig, match="mlflow is not installed"):
        train(settings.model_copy(update={"report_to": ["mlflow"]}), env)
    assert not settings.run.exists()
