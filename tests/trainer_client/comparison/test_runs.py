"""A study: rates chosen on dev, fresh seeds on test, nothing done twice, what is wrong in the file said at once."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from trainer_client.answers.estimators import paired_means
from trainer_client.cli import app
from trainer_client.comparison.course_report import course_table
from trainer_client.comparison.findings import Arm, Findings
from trainer_client.comparison.one_run import Result
from trainer_client.comparison.report import report_text, write_report
from trainer_client.comparison.runs import Comparison
from trainer_client.comparison.study import Planned, configured, load_study
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


POLICIES = {name: {"curriculum": {"policy": {"kind": name}}} for name in ("uniform", "staged", "learnability")}


def test_policies_are_compared_by_the_way_they_took(settings: TrainConfig, tmp_path: Path) -> None:
    """One rate, so nothing is swept; arms differ in their policy alone; the runs are watched."""
    file = written(tmp_path, settings, arms=POLICIES, rates=[1e-3], reference="uniform", watch=2, seeds=[0, 1])
    comparison = Comparison(load_study(file), lambda text: None, jobs=2)
    assert "0 runs to choose rates, 6 to report" in comparison.budget()
    comparison.run()
    folder = tmp_path / "study"
    found = json.loads((folder / "results.json").read_text())
    for arm in POLICIES:
        for seed in found["arms"][arm]["seeds"]:
            assert [at for at, _ in seed["course"]["greedy"]] == [64]
            assert set(seed["course"]["greedy"][0][1]) == {"one", "two"}
            assert [at for at, _ in seed["course"]["shares"]] == [32, 64, 96]
            assert all(sum(shares.values()) == pytest.approx(1) for _, shares in seed["course"]["shares"])
    text = (folder / "results.md").read_text()
    assert "Arms at one rate for all" in text
    assert "| greedy on dev, over the run |" in text
    assert "by learning rate" not in text
    assert (folder / "course.png").read_bytes()[:4] == b"\x89PNG"
    assert not (folder / "weights.png").exists()


def test_a_study_of_several_updates_per_generation_ends(settings: TrainConfig, tmp_path: Path) -> None:
    file = written(tmp_path, settings, arms={"full": {}}, rates=[1e-3], watch=2)
    study = yaml.safe_load(file.read_text())
    study["base"]["grpo"] |= {"iterations": 2, "steps": 4}
    file.write_text(yaml.safe_dump(study))
    Comparison(load_study(file), lambda text: None, jobs=1).run()
    [seed] = json.loads((tmp_path / "study" / "results.json").read_text())["arms"]["full"]["seeds"]
    assert [at for at, _ in seed["course"]["greedy"]] == [32, 64]


def test_a_run_that_collapsed_on_its_way_knows_nothing_from_then_on() -> None:
    def result(looks: int, collapsed: str = "") -> Result:
        course = {
            "greedy": [[100 * (i + 1), {"a": 0.9 if collapsed else 0.5}] for i in range(looks)],
            "shares": [[100 * (i + 1), {"a": 1.0}] for i in range(looks)],
            "events": [[100, "a", 1], [200, "a", -1]] if looks else [],
            "alike": 0.5,
        }
        return Result({}, {}, {}, 1.0, collapsed, course)

    fine, dying, stillborn = result(10), result(2, "dead"), result(0, "dead")
    arm = Arm("x", 1e-3, [fine, dying, stillborn])
    findings = Findings("t", {"greedy": {"a": [0.0]}}, {}, [arm], "x", {})
    assert findings.watched
    assert [course.learned for course in findings.courses(arm)] == pytest.approx([0.5, 0.18, 0.0])
    assert [course.held(at) for course in findings.courses(arm)[:1] for at in (99, 100, 200)] == [0, 1, 0]
    text = course_table(findings)
    assert "| 0.227 [0.00, 0.50]" in text
    assert "100 (2 of 3)" in text


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
    for part in ("| T=0.1 ", "minus base", "optimizer KiB", "gain per 1,000 that may", "| untrained"):
        assert part in text
    assert (folder / "weights.png").read_bytes()[:4] == b"\x89PNG"

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


@pytest.mark.parametrize("done", [False, True])
def test_runs_made_with_other_settings_are_not_mixed_in(done: bool, settings: TrainConfig, tmp_path: Path) -> None:
    comparison = Comparison(load_study(written(tmp_path, settings)), lambda text: None, jobs=1)
    run = Planned("full", "sweep", 1e-3, 1_000)
    file = tmp_path / "study" / "runs" / f"{run.name}.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump({"grpo": {"steps": 7}}))
    if done:
        file.with_suffix("").mkdir()
        (file.with_suffix("") / "result.json").write_text(json.dumps({"rates": {}}))
    with pytest.raises(BadRun, match="other settings"):
        comparison.run()


def test_the_start_is_not_that_of_another_study(settings: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "shared.yaml").write_text(yaml.safe_dump({"warmstart": {"noise": 0.1}}))
    with pytest.raises(BadRun, match=r"shared\.yaml was made with other settings"):
        Comparison(load_study(written(tmp_path, settings)), lambda text: None, jobs=1).run()


def test_a_policy_is_replaced_as_a_whole_and_another_watch_is_another_study(
    settings: TrainConfig, tmp_path: Path
) -> None:
    file = written(tmp_path, settings, arms={"full": {}, "bandit": {"curriculum": {"policy": {"kind": "bandit"}}}})
    study = yaml.safe_load(file.read_text())
    study["base"]["curriculum"]["policy"] = {"kind": "learnability", "floor": 0.4}
    file.write_text(yaml.safe_dump(study))
    loaded = load_study(file)
    assert configured(loaded, Planned("bandit", "report", 1e-3, 0), "tiny").curriculum.policy == {"kind": "bandit"}
    comparison = Comparison(loaded, lambda text: None, jobs=1)
    comparison.study.folder.mkdir()
    comparison.check()
    with pytest.raises(BadRun, match="other settings"):
        Comparison(loaded.model_copy(update={"watch": 5}), lambda text: None, jobs=1).check()


def test_a_run_that_fails_is_named_and_the_others_are_done(settings: TrainConfig, tmp_path: Path) -> None:
    broken = {"full": {}, "broken": {"strategy": {"kind": "layers", "layers": [9]}}}
    comparison = Comparison(
        load_study(written(tmp_path, settings, arms=broken, rates=[1e-3])), lambda text: None, jobs=2
    )
    with pytest.raises(BadRun, match=r"broken/report-0\.001-0"):
        comparison.run()
    assert len(comparison.results()) == 1
    assert "no layer 9" in (tmp_path / "study" / "runs" / "broken" / "report-0.001-0.log").read_text()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"arms": {"full": {"grpo": {"stepz": 1}}}}, "did you mean 'steps'"),
        ({"arms": {"a/b": {}}}, "letters"),
        ({"reference": "best"}, "no arm best"),
        ({"arms": {"full": {}, "more": {"grpo": {"steps": 400}}}}, "more: 12,800 samples, where full has 96"),
        ({"arms": {"full": {}, "other": {"curriculum": {"name": "few"}}}}, "curriculum is the same for all"),
        ({"arms": {"full": {}, "other": {"grpo": {"max_completion": 99}}}}, "grpo.max_completion is the same for all"),
        ({"arms": {"full": {}, "other": {"curriculum": {"policy": {"kind": "clever"}}}}}, "other: curriculum.policy"),
        ({"arms": {"full": {}, "other": {"grpo": {"alike": "refill"}}}}, "as many samples as each happens to need"),
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
        "trained_at_once": 10,
        "optimizer_bytes": 80,
        "peak_bytes": 2**20,
        "seconds": dict.fromkeys(("step", "sampling", "logps", "backward", "environment", "looks"), 0.1),
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
    assert findings.distance(arms[1], "greedy")[2] < 0 < findings.distance(arms[0], "greedy")[2]
    rows = {line.split("|")[1].strip(): line for line in report_text(findings).splitlines() if line.startswith("| ")}
    text = report_text(findings)
    assert "better sampled only" in text
    assert "1 of 2 collapsed; not shown to be better" in text
    assert "better sampled only" not in rows["full"]


def test_single_layers_are_drawn_where_the_reference_gained(tmp_path: Path) -> None:
    n = 100
    base = {"greedy": {"s": [0.0, 0.5] * (n // 2)}, "T=1": {"s": [0.2] * n}}
    arms = [Arm("full", 1e-3, [_result([1.0] * n, [0.9] * n)] * 2)]
    arms += [Arm(f"layer_{at}", 1e-3, [_result([0.2 * at] * n, [0.3] * n)] * 2, layer=at) for at in (1, 0)]
    findings = Findings("t", base, {}, arms, "full", {arm.name: {"0.001": 0.5} for arm in arms})
    write_report(tmp_path, findings)
    assert (tmp_path / "layers.png").read_bytes()[:4] == b"\x89PNG"
    flat = Findings(
        "t", base, {}, [Arm("full", 1e-3, [_result([0.1] * n, [0.1] * n)] * 2), *arms[1:]], "full", findings.sweep
    )
    (tmp_path / "layers.png").unlink()
    write_report(tmp_path, flat)
    assert not (tmp_path / "layers.png").exists()


def test_a_problem_that_was_not_judged_is_left_out_of_both_sides() -> None:
    """Pairs stay pairs: with another problem missing on each side, a model held against itself has not changed."""
    rates: list[float | None] = [float(at % 3 == 0) for at in range(90)]
    without_first: list[float | None] = [None, *rates[1:]]
    without_last: list[float | None] = [*rates[:-1], None]
    arms = [Arm("full", 1e-3, [_result(without_last, without_last)] * 3)]  # type: ignore[arg-type]
    base = {"greedy": {"s": without_first, "empty": []}, "T=1": {"s": without_first, "empty": []}}
    findings = Findings("t", base, {"s": {"1": 0.3}}, arms, "full", {"full": {"0.001": 0.5}})
    change = findings.change(arms[0], "greedy")
    assert change[0] == 0
    assert change[2] - change[1] < 0.1
    assert findings.contribution(arms[0], "greedy") is None  # the reference gained nothing
    assert findings.stages == ["s"]
    assert "| full |" in report_text(findings)


def test_intervals_count_what_seeds_change() -> None:
    """No true gain, seeds that differ: with the seeds left out, far more than one interval in twenty misses 0."""
    rng = random.Random(1)
    hits, naive, runs, n = 0, 0, 400, 200
    for _ in range(runs):
        base: list[float | None] = [float(rng.random() < 0.5) for _ in range(n)]
        shifts = [rng.gauss(0, 0.05) for _ in range(5)]
        seeds = [[float(rng.random() < 0.5 + shift) for _ in range(n)] for shift in shifts]
        arm = Arm("full", 1e-3, [_result(rates, rates) for rates in seeds])
        findings = Findings("t", {"greedy": {"s": base}}, {}, [arm], "full", {})
        low, high = findings.change(arm, "greedy")[1:]
        # Problems are drawn with chances of a half for both, so that the true difference is 0.
        hits += low <= 0 <= high
        _, low, high = paired_means(
            [rate or 0.0 for rate in base], [fmean(column) for column in zip(*seeds, strict=True)]
        )
        naive += low <= 0 <= high
    assert hits / runs > 0.94
    assert naive < hits


def test_a_study_that_is_told_to_end_takes_its_runs_with_it(settings: TrainConfig, tmp_path: Path) -> None:
    file = written(tmp_path, settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "trainer_client", "compare", str(file)], stdout=subprocess.DEVNULL
    )
    runs = tmp_path / "study" / "runs"
    while not list(runs.rglob("*.log")):
        with pytest.raises(subprocess.TimeoutExpired):  # it has not ended
            process.wait(0.05)
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert not [words for words in map(_words, Path("/proc").glob("[0-9]*/cmdline")) if str(runs) in words]


def _words(cmdline: Path) -> str:
    try:
        return cmdline.read_text(errors="replace")
    except OSError:  # it has ended meanwhile
        return ""
