"""Success per stage as text: with intervals, for terminals and Markdown alike."""

from collections.abc import Mapping, Sequence

from envserver.wire import VerdictOut
from trainer_client.distill import Tally
from trainer_client.evaluate import Scored, Verdicts, improvement


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


def differences_table(found: Mapping[str, Sequence[Verdicts]], stages: Sequence[str]) -> str:
    """Return, per way to decode and stage, the first model's success minus the second's with its 95 % interval."""
    rows = []
    for stage in stages:
        rows.append([stage, *(_change(second[stage], first[stage]) for first, second in found.values())])
    return markdown(["stage", *found], rows)


def _change(before: Sequence[VerdictOut], after: Sequence[VerdictOut]) -> str:
    if not before:
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
