"""The commands of `echelon-server` for those who write curricula: `check`, `schema`, `simulate`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from curricula.curriculum import Curriculum
from curricula.errors import BadCurriculum
from curricula.policies import Policy
from curricula.pools import memorisable
from curricula.reading import read_file
from curricula.schema import curriculum_schema
from curricula.simulate import Batch, Learner
from curricula.trials import DEFAULTS, table, trial
from envserver.commands.data_cli import SetsFile
from envserver.errors import reported
from envserver.sets import served
from envserver.settings import Settings


def check(
    files: Annotated[list[Path], typer.Argument(help="curriculum files", exists=True, dir_okay=False)],
    file: SetsFile = None,
) -> None:
    """Say all that is wrong with curriculum files, as `file:line: place: what`; else what they would be served as."""
    with reported():
        known = served(_settings(file).model_copy(update={"curricula": None}))
    bad = False
    for path in files:
        try:
            typer.echo(f"{path}: {_described(read_file(path), known, path)}")
        except BadCurriculum as error:
            bad = True
            typer.echo(str(error), err=True)
    if bad:
        sys.exit(1)


def _described(curriculum: Curriculum, known: dict[str, Curriculum], path: Path) -> str:
    says = [f"{curriculum.reference}, {len(curriculum.stages)} stages, policy {curriculum.policy.kind}"]
    says += [f"stage {name} is left out here: {why}" for name, why in curriculum.left_out.items()]
    if curriculum.disabled:
        says.append(f"not posed here: {curriculum.disabled}")
    if not curriculum.test_only:
        says += [
            f"stage {stage.name} has fewer than 200 held-out problems: it can be memorised, and is never promoted"
            for stage in curriculum.stages
            if memorisable(stage.stem)
        ]
    other = known.get(curriculum.name)
    if other is not None and other.digest != curriculum.digest:
        says.append(
            f"another text is served as {other.reference}: what was begun with one does not go on with the other"
        )
    return "\n  ".join(says)


def schema() -> None:
    """Print the JSON Schema of curriculum files, for editors (`# yaml-language-server: $schema=...`)."""
    typer.echo(json.dumps(curriculum_schema(), indent=1))


def simulate(
    file: Annotated[Path | None, typer.Argument(help="curriculum file; without it seven stages, each harder")] = None,
    policy: Annotated[
        list[str] | None, typer.Option(help='a name, or JSON such as \'{"kind": "bandit", "floor": 0.2}\'')
    ] = None,
    steps: Annotated[int, typer.Option(help="generations of a run", min=1, max=10_000)] = 150,
    runs: Annotated[int, typer.Option(help="runs of each policy", min=1, max=10_000)] = 20,
    prompts: Annotated[int, typer.Option(help="problems of a generation", min=1, max=1_024)] = 32,
    samples: Annotated[int, typer.Option(help="answers to each", min=2, max=1_024)] = 8,
    rate: Annotated[float, typer.Option(help="what a generation full of signal adds to a skill", min=0)] = Learner.rate,
    transfer: Annotated[float, typer.Option(help="share of it next door", min=0, max=1)] = Learner.transfer,
    forgetting: Annotated[
        float, typer.Option(help="share of a skill lost per generation without practice", min=0, max=1)
    ] = Learner.forgetting,
    start: Annotated[str, typer.Option(help="success per stage at the start; the last one counts for all after it")] = (
        ", ".join(map(str, Learner.start))
    ),
    output: Annotated[
        Path | None, typer.Option(help="write the numbers as JSON too; `echelon-trainer draw-policies` draws them")
    ] = None,
) -> None:
    """Compare policies on simulated learners, in seconds: how far, how fast, what is kept, what is wasted."""
    with reported():
        curriculum = read_file(file) if file else None
        if output is not None and not output.parent.is_dir():
            raise BadCurriculum(f"there is no folder {output.parent} to write to")
        learner = Learner(_chances(start), rate, transfer, forgetting)
        found = trial(curriculum, _policies(policy, curriculum), learner, Batch(prompts, samples), steps, runs)
    typer.echo(table(found))
    if output is not None:
        output.write_text(json.dumps([one.as_json() for one in found]) + "\n", encoding="utf-8")


def _chances(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(1e-6 <= p <= 1 - 1e-6 for p in found):
        raise BadCurriculum(f"--start is a list of chances between 0 and 1, as 0.3, 0.1, not {text!r}")
    return found


def _policies(given: list[str] | None, curriculum: Curriculum | None) -> dict[str, Policy]:
    """Return what is compared: by default all of ours, and the file's own first."""
    adapter: TypeAdapter[Policy] = TypeAdapter(Policy)
    found: dict[str, Policy] = {"its own": curriculum.policy} if curriculum and not given else {}
    for text in given or DEFAULTS:
        try:
            found[text] = DEFAULTS[text] if text in DEFAULTS else adapter.validate_json(text)
        except ValidationError as error:
            raise BadCurriculum(
                f"{text!r} is no policy: {error.errors()[0]['msg']}; known: {', '.join(DEFAULTS)}"
            ) from error
    return found


def _settings(file: Path | None) -> Settings:
    return Settings() if file is None else Settings().model_copy(update={"sets": file})
