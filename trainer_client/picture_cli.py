"""The commands that draw pictures."""

import json
from pathlib import Path
from typing import Annotated

import typer

from trainer_client.cli_errors import one_line_errors
from trainer_client.errors import BadRun


def plot(
    runs: Annotated[list[Path], typer.Argument(help="folder of a run, or of several to draw beside each other")],
    out: Annotated[Path, typer.Option(help="PNG, SVG or PDF, by its ending")] = Path("run.png"),
) -> None:
    """Draw what the pages of the server show, from the folders of runs: no server is asked."""
    with one_line_errors():
        from trainer_client.pictures.run_pictures import plot_run, plot_runs

        if missing := [run for run in runs if not (run / "metrics.jsonl").is_file()]:
            raise BadRun(f"no run is in {missing[0]}: there is no metrics.jsonl")
        try:
            plot_run(runs[0], out) if len(runs) == 1 else plot_runs(runs, out)
        except (OSError, ValueError) as error:
            raise BadRun(f"{out}: {error}") from error
        typer.echo(str(out))


def draw_policies(
    simulated: Annotated[Path, typer.Argument(help="what `echelon-server simulate --output` wrote", exists=True)],
    picture: Annotated[Path, typer.Argument(help="PNG or SVG")],
) -> None:
    """Draw simulated runs: stages passed, success, and where the samples of each policy went."""
    with one_line_errors():
        from trainer_client.pictures.policies_picture import draw_policies as draw

        try:
            draw(picture, json.loads(simulated.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadRun(f"{simulated}: {error!r}") from error
        typer.echo(str(picture))
