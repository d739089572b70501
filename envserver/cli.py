"""`echelon-server`: serve the problems, or try one in the terminal."""

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError

from curricula.curriculum import load_curricula
from curricula.errors import CurriculumError
from curricula.leaks import audit, audit_reasoning_gym, stems
from envserver.app import create_app
from envserver.errors import Invalid, RevealRefused
from envserver.handbook import handbook, worked_example
from envserver.service import Service
from envserver.settings import Settings
from envserver.wire import SampleRequest, ScoreItem, ScoreRequest
from generators.errors import GeneratorError
from generators.families import FAMILIES, family_named

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="address to bind")] = None,
    port: Annotated[int | None, typer.Option(help="port; 0 takes a free one and prints it", min=0, max=65_535)] = None,
    reveal: Annotated[bool | None, typer.Option(help="let /sample reveal answers of train problems")] = None,
    curricula: Annotated[Path | None, typer.Option(help="folder with more curriculum files")] = None,
) -> None:
    """Serve over HTTP. Everything can be set by ECHELON_* in the environment too."""
    given = {"host": host, "port": port, "reveal": reveal, "curricula": curricula}
    with _errors():
        settings = Settings().model_copy(update={name: value for name, value in given.items() if value is not None})
        application = create_app(settings)
    uvicorn.run(application, host=settings.host, port=settings.port, access_log=False)


@app.command()
def sample(
    curriculum: Annotated[str, typer.Option(help="name of a curriculum")] = "inverse",
    stage: Annotated[str | None, typer.Option(help="stage; without it the first one")] = None,
    n: Annotated[int, typer.Option(help="number of problems", min=1, max=100)] = 1,
    seed: Annotated[int, typer.Option(help="seed of the draw", min=0)] = 0,
    style: Annotated[str | None, typer.Option(help="chat or bare")] = None,
    worked: Annotated[bool, typer.Option(help="show a worked answer too")] = False,
) -> None:
    """Show problems with their ids, without a server."""
    with _errors():
        request = SampleRequest(
            curriculum=curriculum,
            stage=stage,
            slots=list(range(n)),
            seed=seed,
            style=style,
            reveal="worked" if worked else None,
        )
        reply = _service().sample(request)
    for problem in reply.problems:
        typer.secho(problem.id, bold=True)
        typer.echo(problem.prompt)
        if problem.revealed is not None:
            typer.echo(f"\n{problem.revealed}")
        typer.echo()


@app.command()
def score(
    id: Annotated[str, typer.Argument(help="id of a problem, as `sample` shows it")],
    completion: Annotated[str, typer.Argument(help="the answer as a model would write it; - reads standard input")],
) -> None:
    """Judge one answer and show every component, without a server. Ends with 1 where nothing could be judged."""
    text = sys.stdin.read() if completion == "-" else completion
    with _errors():
        verdict = _service().score(ScoreRequest(items=[ScoreItem(id=id, completion=text)])).verdicts[0]
    if verdict.error is not None:
        sys.exit(f"echelon-server: {verdict.error.message}")
    typer.secho(verdict.outcome, bold=True, fg="green" if verdict.outcome == "correct" else "red")
    for name, value in verdict.components.items():
        typer.echo(f"  {name:<12}{value:.3f}")
    if verdict.flags or verdict.reason:
        typer.echo(f"  {' '.join(verdict.flags)} {verdict.reason}".rstrip())


@app.command()
def families(
    name: Annotated[str | None, typer.Argument(help="one family, with a worked example of every kind")] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="write docs/families.md, with what guesses earn")
    ] = False,
) -> None:
    """List the problem families, each with a worked example."""
    with _errors():
        if markdown:
            typer.echo(handbook(load_curricula(*Settings().folders)), nl=False)
            return
        for family in [family_named(name)] if name else FAMILIES.values():
            typer.secho(f"{family.name}@{family.version}  {family.about}", bold=True)
            for kind, described in family.kinds.items():
                typer.echo(f"  {kind or '(no kinds)':<18}{described.about}: {', '.join(described.parameters)}")
            for kind in family.kinds if name else list(family.kinds)[:1]:
                typer.echo(f"\n{textwrap.indent(worked_example(family, kind), '    ')}")
            typer.echo()


@app.command()
def leak_audit(
    curriculum: Annotated[str | None, typer.Option(help="one curriculum; else all")] = None,
    stem: Annotated[str | None, typer.Option(help="one family and parameters: rref@1/bound=9,columns=4,...")] = None,
    reasoning_gym: Annotated[str | None, typer.Option(help="a reasoning-gym data set, at its scripts' seeds")] = None,
    draws: Annotated[int, typer.Option(help="seeds drawn of each split", min=10, max=100_000)] = 300,
) -> None:
    """Check that splits are disjoint; say how large spaces are and how often items repeat. Ends with 1 at a leak."""
    with _errors():
        if reasoning_gym is not None:
            sys.exit(_audited_elsewhere(reasoning_gym, draws))
        loaded = load_curricula(*Settings().folders)
        service = Service(loaded, False, 0)
        chosen = [service.curriculum(curriculum)] if curriculum else loaded.values()
        named = [stem] if stem else stems(stage for one in chosen for stage in one.stages)
        typer.echo(f"{'drawn':>7}{'repeats':>9}{'in two splits':>15}{'misplaced':>11}  contents in all")
        found = [_audited(one, draws) for one in named]
    sys.exit(not all(found))


def _audited(stem: str, draws: int) -> bool:
    leaks = audit(stem, draws)
    note = "  MEMORISABLE" if leaks.memorisable else ""
    line = (
        f"{leaks.drawn:>7,}{leaks.repeats:>9.1%}{leaks.shared:>15}{leaks.misplaced:>11}  {leaks.size:<22}{stem}{note}"
    )
    typer.secho(line, fg=None if leaks.sound else "red")
    return leaks.sound


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


def _service() -> Service:
    settings = Settings()
    return Service(load_curricula(*settings.folders), True, settings.max_completion_chars)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        sys.exit(f"echelon-server: {'.'.join(map(str, first['loc']))}: {first['msg']}")
    except (CurriculumError, GeneratorError, Invalid, RevealRefused) as error:
        sys.exit(f"echelon-server: {error}")
