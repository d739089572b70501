"""`echelon-server`: serve the problems, or try one in the terminal."""

import sys
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from envserver.commands.curriculum_cli import check, schema, simulate
from envserver.commands.data_cli import SetsFile, export_dataset, leak_audit, register, sets
from envserver.commands.doctor import examined
from envserver.commands.family_cli import check_family
from envserver.commands.handbook import handbook, worked_example
from envserver.commands.http_reference import http_reference
from envserver.commands.play_cli import play, replay
from envserver.commands.store_cli import export, prune, rescore
from envserver.commands.token_cli import app as token_app
from envserver.errors import reported
from envserver.service import Service
from envserver.serving import run_server
from envserver.sets import served
from envserver.settings import Settings
from envserver.wire import SampleRequest, ScoreItem, ScoreRequest
from generators.families import FAMILIES, family_named

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="address to bind")] = None,
    port: Annotated[int | None, typer.Option(help="port; 0 takes a free one and prints it", min=0, max=65_535)] = None,
    reveal: Annotated[bool | None, typer.Option(help="let /sample reveal answers of train problems")] = None,
    curricula: Annotated[Path | None, typer.Option(help="folder with more curriculum files")] = None,
    families: Annotated[str | None, typer.Option(help="files and modules with families: mine.py,pkg.mod")] = None,
    file: SetsFile = None,
    workers: Annotated[int, typer.Option(help="processes that share the port", min=1, max=256)] = 1,
) -> None:
    """Serve over HTTP. Everything can be set by ECHELON_* in the environment too."""
    given = {"host": host, "port": port, "reveal": reveal, "curricula": curricula, "sets": file}
    given["families"] = families
    with reported():
        run_server({name: value for name, value in given.items() if value is not None}, workers)


@app.command()
def sample(
    curriculum: Annotated[str, typer.Option(help="name of a curriculum")] = "inverse",
    stage: Annotated[str | None, typer.Option(help="stage; without it the first one")] = None,
    n: Annotated[int, typer.Option(help="number of problems", min=1, max=100)] = 1,
    seed: Annotated[int, typer.Option(help="seed of the draw", min=0)] = 0,
    style: Annotated[
        str | None, typer.Option(help="chat, bare and, for words and data sets, hashes, boxed, last")
    ] = None,
    worked: Annotated[bool, typer.Option(help="show a worked answer too")] = False,
    file: SetsFile = None,
) -> None:
    """Show problems with their ids, without a server."""
    with reported():
        request = SampleRequest(
            curriculum=curriculum,
            stage=stage,
            slots=list(range(n)),
            seed=seed,
            style=style,
            reveal="worked" if worked else None,
        )
        reply = _service(file).sample(request, may_reveal=True)
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
    file: SetsFile = None,
) -> None:
    """Judge one answer and show every component, without a server. Ends with 1 where nothing could be judged."""
    text = sys.stdin.read() if completion == "-" else completion
    with reported():
        verdict = _service(file).score(ScoreRequest(items=[ScoreItem(id=id, completion=text)])).verdicts[0]
    if verdict.error is not None:
        sys.exit(f"echelon-server: {verdict.error.message}")
    typer.secho(verdict.outcome, bold=True, fg="green" if verdict.outcome == "correct" else "red")
    for name, value in verdict.components.items():
        typer.echo(f"  {name:<12}{value:.3f}")
    if verdict.flags:
        typer.echo(f"  flags: {', '.join(verdict.flags)}")
    if verdict.reason:
        typer.echo(f"  {verdict.reason}")


@app.command()
def families(
    name: Annotated[str | None, typer.Argument(help="one family, with a worked example of every kind")] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="write docs/families.md, with what guesses earn")
    ] = False,
) -> None:
    """List the problem families, each with a worked example."""
    with reported():
        if markdown:
            typer.echo(handbook(served(Settings())), nl=False)
            return
        for family in [family_named(name)] if name else FAMILIES.values():
            typer.secho(f"{family.name}@{family.version}  {family.about}", bold=True)
            for kind, described in family.kinds.items():
                typer.echo(f"  {kind or '(no kinds)':<18}{described.about}: {', '.join(described.parameters)}")
            for kind in family.kinds if name else list(family.kinds)[:1]:
                typer.echo(f"\n{textwrap.indent(worked_example(family, kind), '    ')}")
            typer.echo()


@app.command("http-reference")
def reference() -> None:
    """Write docs/http.md: every endpoint, its scope, its fields and an example."""
    from envserver.app import create_app

    with reported():
        served_by = create_app(Settings(database_url="none"))
        typer.echo(http_reference(served_by, _service(None)), nl=False)


@app.command()
def doctor() -> None:
    """Check what this installation needs: sandbox, store, access, limits, data sets. Ends with 1 where one fails."""
    failed = False
    with reported():
        for found in examined(Settings()):
            failed |= found.state == "fail"
            colour = {"ok": "green", "warn": "yellow", "fail": "red"}[found.state]
            typer.echo(f"{typer.style(f'{found.state:<5}', fg=colour)}{found.what:<11} {found.says}")
    sys.exit(failed)


for command in (play, replay, check, check_family, schema, simulate, sets, register, leak_audit, export_dataset):
    app.command()(command)
for about_kept in (export, rescore, prune):
    app.command()(about_kept)
app.add_typer(token_app, name="token")


def _service(file: Path | None) -> Service:
    settings = Settings() if file is None else Settings().model_copy(update={"sets": file})
    return Service(served(settings), settings.max_completion_chars)
