"""A study as tables in Markdown and as JSON, with its pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from trainer_client.comparison.findings import GREEDY, SAMPLED, Arm, Findings, success
from trainer_client.comparison.pictures import draw_layers, draw_weights
from trainer_client.estimators import clustered, paired_means
from trainer_client.tables import markdown


def write_report(folder: Path, findings: Findings) -> None:
    """Write `results.md`, `results.json`, `weights.png` and, where single layers were arms, `layers.png`."""
    (folder / "results.md").write_text(report_text(findings) + "\n", encoding="utf-8")
    (folder / "results.json").write_text(json.dumps(_as_json(findings), indent=1) + "\n", encoding="utf-8")
    draw_weights(folder / "weights.png", findings)
    if any(arm.layer is not None for arm in findings.arms):
        draw_layers(folder / "layers.png", findings)


def report_text(findings: Findings) -> str:
    """Return the tables."""
    return "\n\n".join(
        [
            f"## {findings.title}",
            "The untrained model; what lowering its temperature gives is no learning:",
            _control_table(findings),
            "Arms at the rate that was best on dev, on `test`: mean over seeds [lowest, highest]; differences to the "
            "untrained model on the same problems with 95 % intervals over problems:",
            _arms_table(findings),
            "Greedy success per stage:",
            _stage_table(findings),
            "One of k samples at temperature 1 is right (mean over stages and seeds):",
            _k_table(findings),
            "What it takes:",
            _cost_table(findings),
            "Greedy success on dev by learning rate, from which the rates were chosen:",
            _sweep_table(findings),
        ]
    )


def _control_table(findings: Findings) -> str:
    rows = []
    for way, stages in findings.base.items():
        cells = []
        for rates in stages.values():
            low, high = clustered(rates)
            cells.append(f"{fmean(rates):.3f} [{low:.2f}, {high:.2f}]")
        rows.append([way, f"{success(stages):.3f}", *cells])
    return markdown(["untrained", "mean", *findings.stages], rows)


def _arms_table(findings: Findings) -> str:
    head = ["arm", "weights", "rate", "greedy", "minus base", "C", "T=1", "minus base", f"minus {findings.coolest}", ""]
    rows = []
    for arm in findings.arms:
        greedy, sampled = findings.change(arm, GREEDY), findings.change(arm, SAMPLED)
        cooled = findings.change(arm, SAMPLED, findings.coolest)
        share = findings.contribution(arm, GREEDY)
        rows.append(
            [
                arm.name,
                f"{arm.cost('trained'):,.0f}",
                f"{arm.rate:g}",
                _span(arm.scores(GREEDY)),
                _signed(greedy),
                "" if share is None else f"{share:.2f}",
                _span(arm.scores(SAMPLED)),
                _signed(sampled),
                _signed(cooled),
                _remark(arm, greedy, cooled),
            ]
        )
    return markdown(head, rows)


def _remark(arm: Arm, greedy: tuple[float, float, float], cooled: tuple[float, float, float]) -> str:
    said = []
    if arm.collapsed:
        said.append(f"{arm.collapsed} of {len(arm.seeds)} collapsed")
    if greedy[1] <= 0:
        said.append("no better greedily" if cooled[1] <= 0 else "better sampled only")
    return "; ".join(said)


def _stage_table(findings: Findings) -> str:
    rows = []
    for arm in findings.arms:
        cells = []
        for stage in findings.stages:
            n = len(findings.base[GREEDY][stage])
            difference = paired_means(findings.base[GREEDY][stage], arm.problems(GREEDY, stage, n))
            cells.append(f"{fmean(arm.problems(GREEDY, stage, n)):.3f} ({_signed(difference)})")
        rows.append([arm.name, *cells])
    base = ["untrained", *(f"{fmean(findings.base[GREEDY][stage]):.3f}" for stage in findings.stages)]
    return markdown(["arm", *findings.stages], [base, *rows])


def _k_table(findings: Findings) -> str:
    found = {"untrained": [findings.base_pass_at]}
    found |= {arm.name: [result.pass_at for result in arm.seeds if not result.collapsed] for arm in findings.arms}
    ks = list(next(iter(findings.base_pass_at.values()), {}))
    rows = [
        [name, *(f"{fmean(stage[k] for one in seeds for stage in one.values()):.3f}" if seeds else "" for k in ks)]
        for name, seeds in found.items()
    ]
    return markdown(["arm", *(f"pass@{k}" for k in ks)], rows)


def _cost_table(findings: Findings) -> str:
    parts = ("sampling", "logps", "backward", "environment", "looks")
    head = ["arm", "weights", "share", "optimizer KiB", "peak MiB", "s/step", *parts, "gain per 1,000 weights"]
    rows = []
    for arm in findings.arms:
        trained, gain = arm.cost("trained"), findings.change(arm, GREEDY)[0]
        rows.append(
            [
                arm.name,
                f"{trained:,.0f}",
                f"{trained / arm.cost('weights'):.2%}",
                f"{arm.cost('optimizer_bytes') / 1024:,.1f}",
                f"{arm.cost('peak_bytes') / 2**20:,.0f}",
                f"{arm.cost('seconds', 'step_time'):.3f}",
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


def _as_json(findings: Findings) -> dict[str, Any]:
    return {
        "title": findings.title,
        "reference": findings.reference,
        "base": {way: {stage: fmean(r) for stage, r in stages.items()} for way, stages in findings.base.items()},
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
                "change_over_cooled": findings.change(arm, SAMPLED, findings.coolest),
                "contribution": {way: findings.contribution(arm, way) for way in (GREEDY, SAMPLED)},
                "seeds": [
                    {
                        "greedy": {stage: fmean(r) for stage, r in result.rates.get(GREEDY, {}).items()},
                        "sampled": {stage: fmean(r) for stage, r in result.rates.get(SAMPLED, {}).items()},
                        "pass_at": result.pass_at,
                        "cost": result.cost,
                        "collapsed": result.collapsed,
                    }
                    for result in arm.seeds
                ],
            }
            for arm in findings.arms
        },
    }


def _span(values: Sequence[float]) -> str:
    return f"{fmean(values):.3f} [{min(values):.2f}, {max(values):.2f}]"


def _signed(change: tuple[float, float, float]) -> str:
    return f"{change[0]:+.3f} [{change[1]:+.2f}, {change[2]:+.2f}]"
