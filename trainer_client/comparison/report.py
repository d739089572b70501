"""A study as tables in Markdown and as JSON, with its pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from trainer_client.answers.estimators import clustered
from trainer_client.answers.tables import markdown, span
from trainer_client.comparison.course_report import course_table, draw_course
from trainer_client.comparison.findings import GREEDY, SAMPLED, Arm, Change, Findings
from trainer_client.comparison.one_run import success
from trainer_client.comparison.pictures import draw_layers, draw_weights


def write_report(folder: Path, findings: Findings) -> None:
    """Write `results.md`, `results.json` and pictures.

    `weights.png` where arms train more and less; `course.png` where the runs were watched; `layers.png` where single
    layers were arms.
    """
    (folder / "results.md").write_text(report_text(findings) + "\n", encoding="utf-8")
    (folder / "results.json").write_text(json.dumps(_as_json(findings)) + "\n", encoding="utf-8")
    if len({arm.cost("trained") for arm in findings.arms}) > 1:
        draw_weights(folder / "weights.png", findings)
    if findings.watched:
        draw_course(folder / "course.png", findings)
    layers = [arm for arm in findings.arms if arm.layer is not None]
    if layers and all(findings.contribution(layers[0], way) is not None for way in (GREEDY, SAMPLED)):
        draw_layers(folder / "layers.png", findings)


def report_text(findings: Findings) -> str:
    """Return the tables."""
    rates = "at the rate that was best on dev" if any(findings.sweep.values()) else "at one rate for all"
    parts = [
        f"## {findings.title}",
        "The untrained model; what lowering its temperature gives is no learning:",
        _control_table(findings),
        f"Arms {rates}, on `test`: mean over seeds [lowest, highest], and on the same problems the differences to the "
        "untrained model and to the reference (95 %, over problems and seeds):",
        _arms_table(findings),
        "Greedy success per stage:",
        _stage_table(findings),
        "One of k samples at temperature 1 is right (mean over stages and seeds):",
        _k_table(findings),
    ]
    if findings.watched:
        parts += ["The way there, means over seeds [lowest, highest]:", course_table(findings)]
    parts += ["What it takes:", _cost_table(findings)]
    if any(findings.sweep.values()):
        parts += ["Greedy success on dev by learning rate, from which the rates were chosen:", _sweep_table(findings)]
    return "\n\n".join(parts)


def _control_table(findings: Findings) -> str:
    rows = []
    for way, stages in findings.base.items():
        cells = []
        for stage in findings.stages:
            rates = [rate for rate in stages[stage] if rate is not None]
            low, high = clustered(rates)
            cells.append(f"{fmean(rates):.3f} [{low:.2f}, {high:.2f}]")
        rows.append([way, f"{success(stages):.3f}", *cells])
    return markdown(["untrained", "mean", *findings.stages], rows)


def _arms_table(findings: Findings) -> str:
    reference, cool = findings.reference, findings.coolest
    head = [
        "arm",
        "weights",
        "rate",
        "greedy",
        "minus base",
        f"minus {reference}",
        "C",
        "T=1",
        f"minus base {cool}",
        "",
    ]
    rows = []
    for arm in findings.arms:
        greedy, cooled = findings.change(arm, GREEDY), findings.change(arm, SAMPLED, cool)
        share = findings.contribution(arm, GREEDY)
        rows.append(
            [
                arm.name,
                f"{arm.cost('trained'):,.0f}",
                f"{arm.rate:g}",
                span(arm.scores(GREEDY)),
                _signed(greedy),
                "" if arm.name == reference else _signed(findings.distance(arm, GREEDY)),
                "" if share is None else f"{share:.2f}",
                span(arm.scores(SAMPLED)),
                _signed(cooled),
                _remark(arm, greedy, findings.change(arm, SAMPLED)),
            ]
        )
    return markdown(head, rows)


def _remark(arm: Arm, greedy: Change, sampled: Change) -> str:
    said = [f"{arm.collapsed} of {len(arm.seeds)} collapsed"] if arm.collapsed else []
    if greedy[1] <= 0:
        said.append("better sampled only" if sampled[1] > 0 else "not shown to be better")
    return "; ".join(said)


def _stage_table(findings: Findings) -> str:
    rows = []
    for arm in findings.arms:
        cells = []
        for stage in findings.stages:
            scores = [success({stage: result.rates.get(GREEDY, {}).get(stage, [])}) for result in arm.seeds]
            cells.append(f"{fmean(scores):.3f} ({_signed(findings.change(arm, GREEDY, stages=[stage]))})")
        rows.append([arm.name, *cells])
    base = ["untrained", *(f"{success({stage: findings.base[GREEDY][stage]}):.3f}" for stage in findings.stages)]
    return markdown(["arm", *findings.stages], [base, *rows])


def _k_table(findings: Findings) -> str:
    """Return pass@k; that of a collapsed run is 0, and a k that some stage has too few samples for is left out."""
    base = {stage: at for stage, at in findings.base_pass_at.items() if at}
    everything = [
        *base.values(),
        *(at for arm in findings.arms for one in arm.seeds for at in one.pass_at.values() if at),
    ]
    ks = [k for k in next(iter(base.values()), {}) if all(k in at for at in everything)]
    rows = [["untrained", *(f"{fmean(at[k] for at in base.values()):.3f}" for k in ks)]]
    for arm in findings.arms:
        seeds = [[at for at in one.pass_at.values() if at] for one in arm.seeds]
        rows.append(
            [arm.name, *(f"{fmean(fmean(at[k] for at in one) if one else 0.0 for one in seeds):.3f}" for k in ks)]
        )
    return markdown(["arm", *(f"pass@{k}" for k in ks)], rows)


def _cost_table(findings: Findings) -> str:
    parts = ("sampling", "logps", "backward", "environment", "looks")
    head = ["arm", "may train", "at once", "share", "optimizer KiB", "peak MiB", "s/step", *parts]
    head.append("gain per 1,000 that may")
    rows = []
    for arm in findings.arms:
        trained, gain = arm.cost("trained"), findings.change(arm, GREEDY)[0]
        rows.append(
            [
                arm.name,
                f"{trained:,.0f}",
                f"{arm.cost('trained_at_once'):,.0f}",
                f"{trained / arm.cost('weights'):.2%}",
                f"{arm.cost('optimizer_bytes') / 1024:,.1f}",
                f"{arm.cost('peak_bytes') / 2**20:,.0f}",
                f"{arm.cost('seconds', 'step'):.3f}",
                *(f"{arm.cost('seconds', part):.3f}" for part in parts),
                f"{1_000 * gain / trained:+.4f}",
            ]
        )
    return markdown(head, rows)


def _sweep_table(findings: Findings) -> str:
    rates = sorted({rate for by_rate in findings.sweep.values() for rate in by_rate}, key=float)
    rows = [
        [arm.name, *(f"{findings.sweep[arm.name][r]:.3f}{' *' * (float(r) == arm.rate)}" for r in rates)]
        for arm in findings.arms
    ]
    return markdown(["arm", *rates], rows)


def _mean(rates: Sequence[float | None]) -> float:
    return success({"": rates})


def _as_json(findings: Findings) -> dict[str, Any]:
    return {
        "title": findings.title,
        "reference": findings.reference,
        "base": {way: {stage: _mean(r) for stage, r in stages.items()} for way, stages in findings.base.items()},
        "base_pass_at": findings.base_pass_at,
        "sweep": findings.sweep,
        "arms": {
            arm.name: {
                "rate": arm.rate,
                "collapsed": arm.collapsed,
                "greedy": arm.scores(GREEDY),
                "sampled": arm.scores(SAMPLED),
                "change_greedy": findings.change(arm, GREEDY),
                "change_sampled": findings.change(arm, SAMPLED),
                "distance_greedy": findings.distance(arm, GREEDY),
                "change_over_cooled": findings.change(arm, SAMPLED, findings.coolest),
                "contribution": {way: findings.contribution(arm, way) for way in (GREEDY, SAMPLED)},
                "seeds": [
                    {
                        "greedy": {stage: _mean(r) for stage, r in result.rates.get(GREEDY, {}).items()},
                        "sampled": {stage: _mean(r) for stage, r in result.rates.get(SAMPLED, {}).items()},
                        "pass_at": result.pass_at,
                        "cost": result.cost,
                        "collapsed": result.collapsed,
                        "course": result.course,
                    }
                    for result in arm.seeds
                ],
            }
            for arm in findings.arms
        },
    }


def _signed(change: Change) -> str:
    return f"{change[0]:+.3f} [{change[1]:+.2f}, {change[2]:+.2f}]"
