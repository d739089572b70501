"""The run folder after crashes: only complete checkpoints count, logs end where the checkpoint does."""

from pathlib import Path

import pytest

from envserver.story import smoothed
from envserver.wire import CurriculumOut
from trainer_client.config import TrainConfig
from trainer_client.errors import BadRun
from trainer_client.run.display import Display
from trainer_client.run.run_folder import RunFolder, mark_complete
from trainer_client.run.story import read_story

SERVED = CurriculumOut(
    name="easy", reference="easy@0", about="", style="bare", stages=[], policy={}, promotion={}, reward={}
)


def test_checkpoints_count_once_complete(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(TrainConfig(), SERVED)
    assert folder.last_checkpoint() is None
    for step in (8, 10, 9):
        checkpoint = folder.checkpoints / f"checkpoint-{step}"
        checkpoint.mkdir()
        (checkpoint / "weights").write_text("x")
        if step != 10:
            mark_complete(checkpoint)
    assert folder.last_checkpoint() == folder.checkpoints / "checkpoint-9"
    folder.append("metrics.jsonl", [{"step": step} for step in (8, 9, 10)])
    folder.prepare(TrainConfig(), SERVED, resume=True)
    assert not (folder.checkpoints / "checkpoint-10").exists()
    assert [row["step"] for row in folder.read("metrics.jsonl")] == [8, 9]
    with pytest.raises(BadRun, match="already holds"):
        folder.prepare(TrainConfig(), SERVED, resume=False)


def test_logs_are_cut_back_to_the_checkpoint(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.append("metrics.jsonl", [{"step": step} for step in (1, 2, 3)])
    with (tmp_path / "metrics.jsonl").open("a") as log:
        log.write('{"step": 4, "lo')
    assert [row["step"] for row in folder.read("metrics.jsonl")] == [1, 2, 3]
    folder.cut_back(2)
    assert [row["step"] for row in folder.read("metrics.jsonl")] == [1, 2]
    folder.cut_back(0)
    assert folder.read("metrics.jsonl") == []


def test_attempts_are_counted(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert folder.attempt == 0
    for attempt in (1, 2, 3):
        folder.prepare(TrainConfig(), SERVED, resume=attempt > 1)
        assert folder.attempt == attempt


def test_the_story_of_a_run_and_its_plain_display(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(TrainConfig(), SERVED)
    display = Display([folder.path])
    display.refresh()
    rows = [
        {"step": s, "samples": 8 * s, "success": s / 10, "success/one": s / 10, "step_time": 0.5} for s in range(1, 11)
    ]
    seconds = {"step": 0.5, "sampling": 0.3, "logps": 0.1, "backward": 0.05, "environment": 0.04, "idle": 0.01}
    profile = {f"seconds/{name}": value for name, value in seconds.items()}
    rows = [{**row, **profile, "tokens/sampled": 600.0, "memory/peak_bytes": 3.0 * 2**20} for row in rows]
    folder.append("metrics.jsonl", rows)
    evidence = {"trials": 32.0, "successes": 31.0, "greedy": 32.0, "greedy_trials": 32.0}
    decision = {"kind": "promoted", "stage": "one", "reason": "e-value 99, needed 40", "evidence": evidence}
    folder.append("decisions.jsonl", [{"step": 7, "samples": 56, **decision}])
    display.refresh()
    story = read_story(folder.path)
    assert (story.steps, story.samples, story.seconds) == (10, 80, 5.0)
    assert [look.stage for look in story.promoted] == ["one"]
    assert smoothed(story.training["one"], 2)[-1] == (80, pytest.approx(0.95))
    shown = " ".join(capsys.readouterr().out.split())
    assert "one promoted, e-value 99, needed 40" in shown
    assert "step 10/100" in shown
    told = "sampling 60%, logps 20%, backward 10%, environment 8%, idle 2% | 2,000 tokens/s | 3 MiB"
    assert f"0.50 s a step: {told}" in shown


def test_a_good_checkpoint_is_kept_however_old_and_what_is_newer_goes_at_a_rollback(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (10, 20, 30, 40):
        checkpoint = folder.checkpoints / f"checkpoint-{step}"
        checkpoint.mkdir(parents=True)
        (checkpoint / "weights").write_text("x")
        mark_complete(checkpoint)
    folder.keep_checkpoints({10, 30, 40})
    assert [path.name for path in sorted(folder.checkpoints.iterdir())] == [f"checkpoint-{n}" for n in (10, 30, 40)]
    folder.roll_back(45, 10, "lost")
    assert folder.last_checkpoint() == folder.checkpoints / "checkpoint-10"
    folder.roll_back(12, 0, "lost again")
    assert folder.last_checkpoint() is None
    assert [(entry["at"], entry["to"]) for entry in folder.rollbacks] == [(45, 10), (12, 0)]


def test_another_text_of_the_curriculum_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(TrainConfig(), SERVED)
    folder.refuse_changed(SERVED)
    with pytest.raises(BadRun, match="begun with easy@0, and the server has easy@1 now"):
        folder.refuse_changed(SERVED.model_copy(update={"reference": "easy@1"}))
