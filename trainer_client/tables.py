"""Success per stage as text: with intervals, for terminals and Markdown alike."""

from collections.abc import Mapping, Sequence

from trainer_client.evaluate import Scored


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
