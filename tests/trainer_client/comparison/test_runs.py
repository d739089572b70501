"""A study: rates chosen on dev, fresh seeds on test, nothing done twice, what is wrong in the file said at once."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from trainer_client.cli import app
from trainer_client.comparison.findings import Arm, Findings
from trainer_client.comparison.one_run import Result
from trainer_client.comparison.report import report_text
from trainer_client.comparison.runs import Comparison
from trainer_client.comparison.study import Planned, load_study
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, BadRun

ARMS: dict[str, Any] = {
    "full": {},
    "layer_1": {"strategy": {"kind": "layers", "layers": [1]}},
}


def written(tmp_path: Path, config: TrainConfig, **changed: Any) -> Path:
    """Write a study of a few seconds."""
    grpo = {"steps": 3, "prompts": 8, "samples": 4, "max_completion": 10, "save_every": 2}
    study = {
        "folder": str(tmp_path / "study"),
        "base": {
            "server": {"url": config.server.url},
            "curriculum": {"name": "easy", "style": "bare"},
            "model": {"path": config.model.path},
            "grpo": grpo,
            "eval": {"n": 20, "samples": 2},
        },
        "arms": ARMS,
        "rates": [1e-3, 1e-4],
        "seeds": [0],
        **changed,
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    return tmp_path / "study.yaml"


def test_a_study_is_done_once_and_goes_on(settings: TrainConfig, tmp_path: Path) -> None:
    file = written(tmp_path, settings)
    said: list[str] = []
    comparison = Comparison(load_study(file), said.append, jobs=2)
    assert "4 runs to choose rates, 2 to report, of 3 steps: 576 completions" in comparison.budget()
    chosen = comparison.run()
    assert set(chosen) == set(ARMS)
    assert said[0] == comparison.budget().partition(";")[0] + "; how long that takes is said once a run has ended"
    folder = tmp_path / "study"
    found = json.loads((folder / "results.json").read_text())
    assert (
        found["arms"]["layer_1"]["seeds"][0]["cost"]["trained"] < found["arms"]["full"]["seeds"][0]["cost"]["trained"]
    )
    assert set(found["base"]) == {"greedy", "T=1", "T=0.7", "T=0.5", "T=0.3", "T=0.1"}
    text = (folder / "results.md").read_text()
    for part in ("| T=0.1 ", "minus base", "optimizer KiB", "gain per 1,000 weights", "| untrained"):
        assert part in text
    for name in ("weights.png", "layers.png"):
        assert (folder / name).read_bytes()[:4] == b"\x89PNG"

    results = {path: path.stat().st_mtime_ns for path in folder.rglob("result.json")}
    assert len(results) == 6
    lost = next(iter(results))
    before = lost.read_text()
    lost.unlink()
    done = CliRunner().invoke(app, ["compare", str(file)])
    assert done.exit_code == 0, done.output
    assert "5 done" in done.output
    assert {path for path in results if path.stat().st_mtime_ns != results[path]} == {lost}
    again, first = json.loads(lost.read_text()), json.loads(before)
    assert (again["rates"], again["cost"]) == (first["rates"], first["cost"])
    planned = CliRunner().invoke(app, ["compare", str(file), "--plan"])
    assert "6 done, about 0 min left" in planned.output


def test_runs_made_with_other_settings_are_not_mixed_in(settings: TrainConfig, tmp_path: Path) -> None:
    comparison = Comparison(load_study(written(tmp_path, settings)), lambda text: None, jobs=1)
    run = Planned("full", "sweep", 1e-3, 1_000)
    file = tmp_path / "study" / "runs" / f"{run.name}.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump({"grpo": {"steps": 7}}))
    with pytest.raises(BadRun, match="other settings"):
        comparison.run()


def test_a_run_that_fails_is_named_and_the_others_are_done(settings: TrainConfig, tmp_path: Path) -> None:
    broken = {"full": {}, "broken": {"strategy": {"kind": "layers", "layers": [9]}}}
    comparison = Comparison(
        load_study(written(tmp_path, settings, arms=broken, rates=[1e-3])), lambda text: None, jobs=2
    )
    with pytest.raises(BadRun, match=r"broken/sweep-0\.001-1000"):
        comparison.run()
    assert len(comparison.results()) == 1
    assert "no layer 9" in (tmp_path / "study" / "runs" / "broken" / "sweep-0.001-1000.log").read_text()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"arms": {"full": {"grpo": {"stepz": 1}}}}, "did you mean 'steps'"),
        ({"arms": {"a/b": {}}}, "letters"),
        ({"reference": "best"}, "no arm best"),
        ({"seeds": [1_000]}, "others than those"),
        ({"rates": []}, "at least 1"),
        ({"surprise": 1}, "Extra"),
    ],
)
def test_mistakes_in_a_study_are_said_before_anything_runs(
    changed: Any, said: str, settings: TrainConfig, tmp_path: Path
) -> None:
    with pytest.raises(BadConfig, match=said):
        load_study(written(tmp_path, settings, **changed))
    assert not (tmp_path / "study").exists()


def _result(greedy: list[float], sampled: list[float], collapsed: str = "") -> Result:
    cost = {
        "weights": 1_000,
        "trained": 10,
        "optimizer_bytes": 80,
        "peak_bytes": 2**20,
        "seconds": dict.fromkeys(("step_time", "sampling", "logps", "backward", "environment", "looks"), 0.1),
    }
    return Result({} if collapsed else {"greedy": {"s": greedy}, "T=1": {"s": sampled}}, {}, cost, 1.0, collapsed)


def test_an_arm_that_only_sharpened_is_told_from_one_that_learned() -> None:
    """Sampled, both beat the untrained model; held against its best temperature or greedily, one does not."""
    n = 200
    half = [1.0, 0.0] * (n // 2)
    base = {"greedy": {"s": half}, "T=1": {"s": [0.3] * n}, "T=0.1": {"s": half}}
    arms = [
        Arm("full", 1e-3, [_result([1.0] * n, [0.9] * n)] * 2),
        Arm("sharpened", 1e-3, [_result(half, half)] * 2),
        Arm("dead", 1e-3, [_result(half, half), _result([], [], "gone")]),
    ]
    findings = Findings("t", base, {}, arms, "full", {arm.name: {"0.001": 0.5} for arm in arms})
    assert findings.coolest == "T=0.1"
    assert findings.change(arms[1], "T=1")[1] > 0
    assert findings.change(arms[1], "greedy")[1] <= 0 <= findings.change(arms[1], "greedy")[2]
    assert [findings.contribution(arm, "greedy") for arm in arms] == [1, 0, pytest.approx(-0.5)]
    rows = {line.split("|")[1].strip(): line for line in report_text(findings).splitlines() if line.startswith("| ")}
    text = report_text(findings)
    assert "no better greedily" in text
    assert "1 of 2 collapsed" in text
    assert "no better greedily" not in rows["full"]
