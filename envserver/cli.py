"""`echelon-server`: serve the problems, or try one in the terminal."""

import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError

from curricula.curriculum import load_curricula
from curricula.errors import CurriculumError
from envserver.app import create_app
from envserver.errors import EXPECTED
from envserver.service import Service
from envserver.settings import Settings
from envserver.wire import SampleRequest, ScoreItem, ScoreRequest

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="address to bind")] = None,
    port: Annotated[int | None, typer.Option(help="port; 0 takes a free one and prints it")] = None,
    reveal: Annotated[bool | None, typer.Option(help="let /sample reveal answers of train problems")] = None,
    curricula: Annotated[Path | None, typer.Option(help="folder with more curriculum files")] = None,
) -> None:
    """Serve over HTTP. Everything can be set by ECHELON_* in the environment too."""
    given = {"host": host, "port": port, "reveal": reveal, "curricula": curricula}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    try:
        application = create_app(settings)
    except CurriculumError as error:
        sys.exit(f"echelon-server: {error}")
    uvicorn.run(application, host=settings.host, port=settings.port, access_log=False)


@app.command()
def sample(
    curriculum: Annotated[str, typer.Option(help="name of a curriculum")] = "inverse",
    stage: Annotated[str | None, typer.Option(help="stage; without it the first one")] = None,
    n: Annotated[int, typer.Option(help="number of problems", min=1, max=100)] = 1,
    seed: Annotated[int, typer.Option(help="seed of the draw")] = 0,
    style: Annotated[str | None, typer.Option(help="chat or bare")] = None,
    worked: Annotated[bool, typer.Option(help="show a worked answer too")] = False,
) -> None:
    """Show problems with their ids, without a server."""
    request = {"curriculum": curriculum, "stage": stage, "slots": list(range(n)), "seed": seed, "style": style}
    try:
        reply = _service().sample(SampleRequest(**request, reveal="worked" if worked else None))
    except (*EXPECTED, CurriculumError, ValidationError) as error:
        sys.exit(f"echelon-server: {error}")
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
    verdict = _service().score(ScoreRequest(items=[ScoreItem(id=id, completion=text)])).verdicts[0]
    if verdict.error is not None:
        sys.exit(f"echelon-server: {verdict.error.message}")
    typer.secho(verdict.outcome, bold=True, fg="green" if verdict.outcome == "correct" else "red")
    for name, value in verdict.components.items():
        typer.echo(f"  {name:<12}{value:.3f}")
    if verdict.flags or verdict.reason:
        typer.echo(f"  {' '.join(verdict.flags)} {verdict.reason}".rstrip())


def _service() -> Service:
    settings = Settings()
    return Service(load_curricula(*settings.folders), True, settings.max_completion_chars)
