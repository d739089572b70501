"""Commands on what is kept: taken out, judged again, removed."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer

from envserver.commands.rescoring import Change, Rescorer
from envserver.errors import reported
from envserver.service import Service
from envserver.sets import served
from envserver.settings import Settings
from envserver.store.database import Database
from envserver.store.reading import all_rollouts
from envserver.store.retention import remove_old
from envserver.wire import Phase, Reward, RolloutOut, RolloutQuery
from generators.verdict import Outcome

_PARQUET_ROWS = 10_000
_SHOWN = 10

Run = Annotated[str | None, typer.Argument(help="the run; without it all of them")]
Superseded = Annotated[bool, typer.Option(help="also what a later attempt did again")]


def export(
    run: Run = None,
    out: Annotated[Path, typer.Option(help="a .jsonl or .parquet file; - is standard output")] = Path("-"),
    phase: Annotated[Phase | None, typer.Option(help="train, look or eval")] = None,
    stage: Annotated[str | None, typer.Option(help="of one stage")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="of one outcome")] = None,
    flag: Annotated[str | None, typer.Option(help="with this sign of gaming")] = None,
    superseded: Superseded = False,
) -> None:
    """Write kept rollouts to JSON Lines or Parquet, oldest first."""
    with reported():
        asked = RolloutQuery(run=run, phase=phase, stage=stage, outcome=outcome, flag=flag, superseded=superseded)
        rows = map(_flat, all_rollouts(_database(), asked))
        count = _parquet(rows, out) if out.suffix == ".parquet" else _lines(rows, out)
    typer.echo(f"{count:,} rollouts", err=True)


def rescore(
    run: Run = None,
    reward: Annotated[str | None, typer.Option(help="another reward: a preset, or JSON as /score takes it")] = None,
    phase: Annotated[Phase | None, typer.Option(help="train, look or eval")] = None,
    out: Annotated[Path | None, typer.Option(help="write every change to this .jsonl file")] = None,
    superseded: Superseded = False,
) -> None:
    """Judge kept rollouts again with today's verifier, or another reward, and show what changed; nothing is rewritten.

    Ends with 1 where an outcome changed.
    """
    with reported():
        settings = Settings()
        again = Rescorer(Service(served(settings), settings.max_completion_chars), _reward(reward))
        asked = RolloutQuery(run=run, phase=phase, superseded=superseded)
        changes = list(map(again.change, all_rollouts(_database(), asked)))
    if out is not None:
        _lines((change.as_json() for change in changes if change.any), out)
    _show(changes)
    sys.exit(any(change.outcome for change in changes))


def prune(
    days: Annotated[float, typer.Option(help="remove runs nobody was heard of for so many days", min=0)],
) -> None:
    """Remove old runs with all that is kept of them."""
    with reported():
        runs, rollouts = remove_old(_database(), days)
    typer.echo(f"removed {runs:,} runs with {rollouts:,} rollouts")


def _show(changes: list[Change]) -> None:
    moved = Counter(change.moved for change in changes if change.outcome)
    rewards = [change for change in changes if change.reward]
    typer.echo(f"{len(changes):,} rollouts judged again: {sum(moved.values()):,} have another outcome", nl=False)
    typer.echo(f", {len(rewards):,} another reward, {sum(change.failed for change in changes):,} could not be judged")
    for (before, after), count in moved.most_common():
        typer.echo(f"  {before:>10} -> {after:<10}{count:>10,}")
    if rewards:
        was, now = (fmean(getattr(one, name) or 0.0 for one in rewards) for name in ("was", "now"))
        typer.echo(f"  mean reward of those that changed: {was:.4f} -> {now:.4f}")
    for change in [change for change in changes if change.outcome][:_SHOWN]:
        typer.echo(f"  {change.key}: {change.moved[0]} -> {change.moved[1]}  {change.problem}")


def _reward(given: str | None) -> Reward | None:
    if given is None:
        return None
    if given.lstrip().startswith("{"):
        return Reward.model_validate_json(given)
    return Reward.model_validate({"preset": given})


def _flat(one: RolloutOut) -> dict[str, Any]:
    """Return a rollout as a row whose columns are the same for all of them."""
    item, verdict = one.item, one.verdict
    said = item.completion if isinstance(item.completion, str) else None
    other = None if said is not None else item.model_dump(include={"completion", "actions"}, exclude_none=True)
    return {
        "key": one.key,
        "run": one.run,
        "attempt": one.attempt,
        "phase": one.phase,
        "generation": one.generation,
        "slot": item.slot,
        "sample": item.sample,
        "id": item.id,
        "stage": item.stage,
        "completion": said,
        "messages": None if other is None else json.dumps(other),
        "truncated": item.truncated,
        "tokens": item.tokens,
        "outcome": verdict.outcome,
        "reward": verdict.reward,
        "components": json.dumps(verdict.components),
        "parts": json.dumps(verdict.parts),
        "flags": " ".join(verdict.flags),
        "reason": verdict.reason,
        "answer_key": verdict.answer_key,
        "curriculum": one.curriculum,
        "rewarded_by": json.dumps(one.rewarded_by),
        "at": one.at,
    }


def _lines(rows: Iterable[dict[str, Any]], out: Path) -> int:
    with nullcontext(sys.stdout) if str(out) == "-" else out.open("w", encoding="utf-8") as file:
        return sum(bool(file.write(json.dumps(row) + "\n")) for row in rows)


def _parquet(rows: Iterator[dict[str, Any]], out: Path) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        sys.exit("echelon-server: Parquet wants pyarrow: pip install 'echelon[data]'")
    text, number = pa.string(), pa.int64()
    kinds = dict.fromkeys(("key", "attempt", "generation", "slot", "sample", "tokens"), number)
    kinds |= {"truncated": pa.bool_(), "reward": pa.float64(), "at": pa.float64()}
    count, writer = 0, None
    while part := [row for _, row in zip(range(_PARQUET_ROWS), rows, strict=False)]:
        schema = pa.schema([(name, kinds.get(name, text)) for name in part[0]])
        writer = writer or pq.ParquetWriter(out, schema)
        writer.write_table(pa.Table.from_pylist(part, schema=schema))
        count += len(part)
    if writer is None:
        sys.exit("echelon-server: there is nothing to export")
    writer.close()
    return count


def _database() -> Database:
    settings = Settings()
    return Database(settings.database_url, settings.store_timeout_s)
