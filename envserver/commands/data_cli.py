"""The commands of `echelon-server` that deal with data: `sets`, `register`, `leak-audit`, `export-dataset`."""

import re
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from curricula.leaks import audit, audit_reasoning_gym, stems
from curricula.near_duplicates import near_duplicates
from envserver.commands.export import Container, Export, Layout, write_export
from envserver.errors import Invalid, reported
from envserver.service import Service
from envserver.sets import (
    Registration,
    checked_registrations,
    described,
    read_registrations,
    serve_sets,
    served,
    write_registrations,
)
from envserver.settings import Settings
from generators.data_sets.registry import registered
from generators.data_sets.rows import Answer, Format
from generators.data_sets.store import RowStore
from generators.ids import Split

_USES = {"dev": "looks and promotion", "test": "final tables"}
SetsFile = Annotated[Path | None, typer.Option("--sets", help="YAML file that registers data sets; else ECHELON_SETS")]


def sets(file: SetsFile = None) -> None:
    """List the registered data sets: rows per split, what was left out, fingerprint."""
    with reported():
        for name, store in serve_sets(_settings(file)).items():
            typer.echo(f"{name}: {described(store)}")


def register(
    name: Annotated[str, typer.Argument(help="lower-case name of the set, and of its curriculum")],
    source: Annotated[str, typer.Argument(help="file or folder; a hub name such as openai/gsm8k with --hub")],
    answers: Annotated[Answer | None, typer.Option(help="type of the answers, for rows of your own")] = None,
    question: Annotated[str, typer.Option(help="column of the question")] = "question",
    answer: Annotated[str, typer.Option(help="column of the answer")] = "answer",
    choices: Annotated[str, typer.Option(help="column of the choices")] = "choices",
    format: Annotated[Format, typer.Option(help="how the rows are written, where it is a known form")] = "rows",
    hub: Annotated[bool, typer.Option("--hub", help="the source is a name on the hub")] = False,
    config: Annotated[str, typer.Option(help="configuration of a set of the hub")] = "default",
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="leave out rows that cannot be used")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="take the place of a set of that name")] = False,
    file: SetsFile = None,
) -> None:
    """Read a data set, check every row, and register it in the sets file."""
    with reported():
        settings = _settings(file)
        target = settings.sets or Path("sets.yaml")
        known = read_registrations(target) if target.exists() else {}
        _check_register(name, source, hub)
        if format == "rows" and answers is None:
            raise Invalid("say what the answers are: --answers number, choice, text or expression; or name a --format")
        if format != "rows" and answers is not None:
            raise Invalid(f"the format {format} says what its answers are: leave out --answers")
        columns = {"question": question, "answer": answer, "choices": choices}
        given: dict[str, Any] = {"hub": source, "config": config} if hub else {"path": _relative(source, target)}
        registration = Registration(
            **given,
            format=format,
            answers=answers,
            columns={ours: theirs for ours, theirs in columns.items() if theirs != ours},
            skip_broken=skip_broken,
        )
        if known.get(name, registration) != registration and not replace:
            place = known[name].path or known[name].hub
            raise Invalid(f"there already is a set {name!r} ({place}); --replace takes its place")
        registrations = checked_registrations({**known, name: registration})
        if not target.parent.is_dir():
            raise Invalid(f"there is no folder {target.parent} for {target.name}")
        served(settings.model_copy(update={"sets": target}), registrations)
        write_registrations(target, registrations)
    store = registered()[name]
    typer.echo(f"{name}: {described(store)}\nregistered in {target}; serve it with ECHELON_SETS={target}")
    for split in (split for split in ("dev", "test") if not store.sizes[split] and store.sizes["train"]):
        typer.secho(f"note: there are no {split} rows: nothing can be held out for {_USES[split]}", fg="yellow")


def _check_register(name: str, source: str, hub: bool) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name):
        raise Invalid(f"{name!r} is no name for a set: lower-case letters, digits and _, a letter first, 32 at most")
    if not hub and not Path(source).expanduser().exists() and re.fullmatch(r"[\w.-]+/[\w.-]+", source):
        raise Invalid(f"there is no file or folder {source}; a name on the hub needs --hub")


def leak_audit(
    curriculum: Annotated[str | None, typer.Option(help="one curriculum; else all")] = None,
    stem: Annotated[str | None, typer.Option(help="one family and parameters: rref@1/bound=9,columns=4,...")] = None,
    data_set: Annotated[str | None, typer.Option("--set", help="near-duplicates across the splits of a set")] = None,
    reasoning_gym: Annotated[str | None, typer.Option(help="a reasoning-gym data set, at its scripts' seeds")] = None,
    draws: Annotated[int, typer.Option(help="seeds drawn of each split", min=10, max=100_000)] = 300,
    file: SetsFile = None,
) -> None:
    """Check that splits are disjoint; say how large spaces are and how often items repeat. Ends with 1 at a leak.

    Questions of a set that are nearly in train are shown, and are no leak: what people write resembles.
    """
    with reported():
        if reasoning_gym is not None:
            sys.exit(_audited_elsewhere(reasoning_gym, draws))
        loaded = served(_settings(file))
        if data_set is not None:
            if data_set not in registered():
                raise Invalid(f"no set {data_set!r} is registered (there are: {', '.join(registered()) or 'none'})")
            sys.exit(_audited_set(registered()[data_set]))
        service = Service(loaded, 0)
        chosen = [service.curriculum(curriculum)] if curriculum else loaded.values()
        named = [stem] if stem else stems(stage for one in chosen for stage in one.stages)
        typer.echo(f"{'drawn':>7}{'repeats':>9}{'in two splits':>15}{'misplaced':>11}  contents in all")
        found = [_audited(one, draws) for one in named]
    sys.exit(not all(found))


def export_dataset(
    folder: Annotated[Path, typer.Argument(help="new folder to write to")],
    curriculum: Annotated[str, typer.Option(help="name of a curriculum")],
    stage: Annotated[list[str] | None, typer.Option(help="stage; may be given often; else all")] = None,
    split: Annotated[Split, typer.Option(help="train, dev or test")] = "train",
    each: Annotated[int, typer.Option(help="distinct problems per stage", min=1, max=1_000_000)] = 1_000,
    layout: Annotated[Layout, typer.Option(help="chat: questions only; sft: with worked solutions; verl")] = "chat",
    container: Annotated[Container, typer.Option(help="jsonl or parquet")] = "jsonl",
    seed: Annotated[int, typer.Option(help="seed of the draw", min=0)] = 0,
    style: Annotated[str | None, typer.Option(help="instead of the curriculum's")] = None,
    file: SetsFile = None,
) -> None:
    """Write a frozen set of problems with a card. It may hold answers, of test problems too: mind who gets it."""
    with reported():
        found = Service(served(_settings(file)), 0).curriculum(curriculum)
        for name in stage or ():
            found.stage(name)
        export = Export(found, list(dict.fromkeys(stage or found.names)), split, each, layout, container, seed, style)
        counts = write_export(export, folder)
    for name, count in counts.items():
        typer.echo(f"{name}: {count:,}{'' if count == each else ', which is all there are'}")
    typer.echo(str(folder / "card.json"))


def _settings(file: Path | None) -> Settings:
    settings = Settings()
    return settings if file is None else settings.model_copy(update={"sets": file})


def _relative(source: str, target: Path) -> str:
    """Return a path as it is to be found from the folder of the sets file."""
    path, folder = Path(source).expanduser().resolve(), target.expanduser().resolve().parent
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _audited(stem: str, draws: int) -> bool:
    leaks = audit(stem, draws)
    note = "  MEMORISABLE" if leaks.memorisable else ""
    line = (
        f"{leaks.drawn:>7,}{leaks.repeats:>9.1%}{leaks.shared:>15}{leaks.misplaced:>11}  {leaks.size:<22}{stem}{note}"
    )
    typer.secho(line, fg=None if leaks.sound else "red")
    return leaks.sound


def _audited_set(store: RowStore) -> int:
    """Print what is held out and nearly in train; what is in the train split of another set is a leak."""
    typer.echo(described(store))
    leaks = 0
    for split in ("dev", "test"):
        held_out = [row.question for row in store.rows(split)]
        pairs = near_duplicates(held_out, (row.question for row in store.rows("train")))
        numbers = sum(pair.numbers_only for pair in pairs)
        share = len(pairs) / max(1, len(held_out))
        typer.echo(
            f"\n{split}: {len(pairs)} of {len(held_out):,} questions ({share:.2%}) are nearly in train, "
            f"{numbers} of them the same but for numbers"
        )
        for pair in islice(pairs, 5):
            typer.echo(f"  likeness {pair.likeness:.2f}  {split} {pair.held_out}: {held_out[pair.held_out][:100]!r}")
            typer.echo(f"        train {pair.train}: {store.fetch('train', pair.train).question[:100]!r}")
        contents = {row.content for row in store.rows(split)}
        for name, other in registered().items():
            shared = sum(row.content in contents for row in other.rows("train")) if other is not store else 0
            leaks += shared
            if shared:
                typer.secho(f"  {shared:,} of them are in the train split of the set {name}", fg="red")
    return int(leaks > 0)


def _audited_elsewhere(name: str, items: int) -> int:
    try:
        leaks = audit_reasoning_gym(name, items)
    except ImportError:
        raise Invalid("reasoning-gym is not installed here: pip install reasoning-gym") from None
    except ValueError as error:
        raise Invalid(str(error)) from None
    typer.echo(
        f"{leaks.name}: of {leaks.items} held-out items (seed 2) {leaks.shared} are among the train items (seed 1), "
        f"{leaks.shifted} are the next train item; {leaks.distinct} of the train items are distinct"
    )
    return int(leaks.shared > 0)
