"""Success per stage as text: with intervals, for terminals and Markdown alike."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from trainer_client.answers.scored import Scored, Table, improvement
from trainer_client.supervised.distill import Tally


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines)


def cell(scored: Scored) -> str:
    """Return `0.95 [0.92, 0.97]`, with a note where answers could not be judged."""
    if not scored.n:
        return "not judged"
    low, high = scored.interval
    left_out = f" ({scored.unscored} not judged)" if scored.unscored else ""
    return f"{scored.rate:.2f} [{low:.2f}, {high:.2f}]{left_out}"


def arms_table(arms: Mapping[str, Mapping[str, Scored]], stages: Sequence[str]) -> str:
    """Return one row per stage and one column per arm."""
    rows = [[stage, *(cell(table[stage]) for table in arms.values())] for stage in stages]
    return markdown(["stage", *arms], rows)


def differences_table(found: Mapping[str, tuple[Table, Table]], stages: Sequence[str]) -> str:
    """Return, per way to decode and stage, the first model's success minus the second's with its 95 % interval."""
    rows = []
    for stage in stages:
        rows.append([stage, *(_change(second[stage], first[stage]) for first, second in found.values())])
    return markdown(["stage", *found], rows)


def k_table(arms: Mapping[str, Table], stages: Sequence[str]) -> str:
    """Return pass@k and maj@k of every arm that has several samples of each problem."""
    ks = sorted({k for table in arms.values() for scored in table.values() for k in scored.at_k("pass")})
    rows = [
        [stage, arm, kind, *(f"{found[k]:.2f}" if k in found else "" for k in ks)]
        for stage in stages
        for arm, table in arms.items()
        if table[stage].samples > 1
        for kind, found in (("pass", table[stage].at_k("pass")), ("maj", table[stage].at_k("maj")))
    ]
    return markdown(["stage", "", "", *(f"@{k}" for k in ks)], rows)


def gap_table(ways: Mapping[str, Mapping[str, Table]], stages: Sequence[str]) -> str:
    """Return the success on each split; a split that has no problems of a stage is left empty."""
    splits = list(dict.fromkeys(split for tables in ways.values() for split in tables))
    rows = [
        [stage, way, *(cell(tables[split][stage]) if stage in tables.get(split, {}) else "" for split in splits)]
        for stage in stages
        for way, tables in ways.items()
    ]
    return markdown(["stage", "", *splits], rows)


def said_table(arms: Mapping[str, Table], stages: Sequence[str]) -> str:
    """Return how long right and wrong answers are, and how often they turn to another thought."""
    head = ["stage", "", "length right", "length wrong", "switches right", "switches wrong", "cut off"]
    names = ("length_right", "length_wrong", "switches_right", "switches_wrong", "truncated")
    rows = [
        [stage, arm, *(f"{found[name]:.{2 if name == 'truncated' else 1}f}" if name in found else "" for name in names)]
        for stage in stages
        for arm, table in arms.items()
        for found in [table[stage].said()]
    ]
    return markdown(head, rows)


def _change(before: Scored, after: Scored) -> str:
    if not before.n:
        return "not judged"  # a stage that can be learned by heart may have no held-out problem
    difference, low, high = improvement(before, after)
    return f"{difference:+.2f} [{low:+.2f}, {high:+.2f}]"


def tallies_table(tallies: Mapping[str, Tally]) -> str:
    """Return what came of each stage of a distillation."""
    head = ["stage", "problems", "judged", "right", "problems solved", "kept"]
    rows = [
        [
            stage,
            f"{t.problems:,}",
            f"{t.judged:,}",
            f"{t.right / max(1, t.judged):.1%}",
            f"{t.solved:,}",
            f"{t.kept:,}",
        ]
        for stage, t in tallies.items()
    ]
    return markdown(head, rows)


def span(values: Sequence[float]) -> str:
    """Return a mean with the lowest and the highest."""
    return f"{fmean(values):.3f} [{min(values):.2f}, {max(values):.2f}]"
