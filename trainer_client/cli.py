"""`echelon-trainer`: teach a model on an environment server, and measure what it learned."""

from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from trainer_client.cli_errors import one_line_errors
from trainer_client.config import TrainConfig, load_config
from trainer_client.errors import BadRun
from trainer_client.picture_cli import draw_policies, plot

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
app.command()(plot)
app.command()(draw_policies)

ConfigFile = Annotated[Path | None, typer.Argument(help="YAML file; see examples/", exists=True, dir_okay=False)]
ConfigOption = Annotated[Path | None, typer.Option(help="YAML file", exists=True, dir_okay=False)]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="change a setting: --set grpo.steps=50")]
Model = Annotated[str | None, typer.Option(help="folder or hub name of any causal language model; `tiny` makes one")]


@app.command()
def train(
    config: ConfigFile = None,
    overrides: Overrides = None,
    model: Model = None,
    run: Annotated[Path | None, typer.Option(help="folder of the run")] = None,
    resume: Annotated[bool, typer.Option(help="go on from the run's last complete checkpoint")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="what it would train and take; needs no weights")] = False,
) -> None:
    """Train by GRPO on a curriculum.

    A killed run goes on exactly where it was: the same command with --resume. The configuration is then the one stored
    in the run's folder; of the overrides only server.* may be given, as the server may have moved.
    """
    with one_line_errors():
        settings = load_config(config, overrides or [], run, model)
        if dry_run:
            from trainer_client.loading.models import prepare_libraries
            from trainer_client.run.dry_run import forecast

            prepare_libraries()
            typer.echo(forecast(settings).text)
            return
        if resume and model is not None:
            raise BadRun("a resumed run keeps its model: leave --model out, or start another run")
        if resume:
            settings = _stored(settings.run, overrides or [])
        from trainer_client.client import EnvClient
        from trainer_client.loading.models import prepare_libraries
        from trainer_client.run.arguments import processes
        from trainer_client.run.display import Display, DisplayCallback
        from trainer_client.train import train as run_training

        prepare_libraries()
        display = Display([settings.run])
        # Of several ranks one is looked at.
        shown = display.running() if processes().is_main_process else nullcontext()
        with EnvClient(settings.server.url, settings.server.deadline_s) as client, shown:
            trainer = run_training(settings, client, resume, (DisplayCallback(display),))
        if trainer.accelerator.is_main_process:
            typer.echo(f"{settings.run / 'summary.md'}")


@app.command()
def warmstart(
    target: Annotated[Path, typer.Argument(help="folder to write the model to")],
    config: ConfigOption = None,
    overrides: Overrides = None,
    model: Model = None,
) -> None:
    """Teach the form of answers by a short supervised phase. The server must allow reveal (ECHELON_REVEAL=1)."""
    with one_line_errors():
        settings = load_config(config, overrides or [], None, model)
        from trainer_client.client import EnvClient
        from trainer_client.loading.models import prepare_libraries
        from trainer_client.supervised.warmstart import warmstart as supervise
        from trainer_client.train import start_model

        prepare_libraries()
        with EnvClient(settings.server.url, settings.server.deadline_s) as client, TemporaryDirectory() as start:
            supervise(settings, client, start_model(settings, Path(start)), target)
        typer.echo(str(target))


@app.command(name="eval")
def evaluate(
    config: ConfigFile = None,
    overrides: Overrides = None,
    model: Model = None,
    against: Annotated[str | None, typer.Option(help="another model on the same problems: the difference too")] = None,
    temperature: Annotated[list[float] | None, typer.Option(help="0 is greedy; may be given often")] = None,
    gap: Annotated[bool, typer.Option("--gap", help="train, dev and test side by side")] = False,
    also: Annotated[list[str] | None, typer.Option(help="another curriculum, such as generalisation")] = None,
    output: Annotated[Path | None, typer.Option(help="write the numbers as JSON too")] = None,
    picture: Annotated[Path | None, typer.Option(help="draw a PNG or SVG too")] = None,
) -> None:
    """Answer held-out problems, stage by stage: success with 95 % intervals, pass@k, maj@k.

    The model is a folder, a hub name, or behind an endpoint: --set eval.endpoint=http://127.0.0.1:8001/v1. Several
    answers to each problem: --set eval.samples=16. Thoughts within a budget: --set eval.think=512 --set eval.waits=1.
    """
    with one_line_errors():
        settings = load_config(config, overrides or [], None, model)
        if model is not None and settings.eval.endpoint is not None:
            raise BadRun("--model and eval.endpoint: one of them is evaluated")
        if settings.model.path == "tiny" and settings.eval.endpoint is None:
            raise BadRun("name the model to evaluate: --model FOLDER")
        for file in (output, picture):
            if file is not None and not file.parent.is_dir():
                raise BadRun(f"there is no folder {file.parent} to write to")
        from trainer_client.answers.evaluation import SPLITS, evaluated
        from trainer_client.loading.models import prepare_libraries

        prepare_libraries()
        report = evaluated(settings, temperature or [1.0, 0.0], against, SPLITS if gap else (), also or ())
        typer.echo(report.text)
        report.write(output, picture)


@app.command()
def compare(
    study: Annotated[Path, typer.Argument(help="YAML file of arms; see examples/study_weights.yaml", exists=True)],
    jobs: Annotated[int, typer.Option(min=1, help="runs at a time")] = 1,
    plan: Annotated[bool, typer.Option("--plan", help="say what there is to do, and do nothing")] = False,
) -> None:
    """Compare arms fairly: rates chosen on dev over one grid, fresh seeds, test, the untrained model beside them.

    What is done is not done again: the same command goes on where it was stopped.
    """
    with one_line_errors():
        from trainer_client.comparison.runs import Comparison
        from trainer_client.comparison.study import load_study
        from trainer_client.loading.models import prepare_libraries

        prepare_libraries()
        comparison = Comparison(load_study(study), typer.echo, jobs)
        if plan:
            typer.echo(comparison.budget())
            return
        comparison.run()
        typer.echo((comparison.study.folder / "results.md").read_text(encoding="utf-8"))


@app.command()
def prompt_model(
    experiment: Annotated[Path, typer.Argument(help="YAML file; see examples/prompt_model", exists=True)],
    folder: Annotated[Path, typer.Argument(help="folder for everything that it leaves")],
    server: Annotated[str | None, typer.Option(help="a running server that reveals, instead of one of its own")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="runs at a time")] = 1,
) -> None:
    """Train a policy to write help for a frozen base, and hold its reward against exact verification.

    What is done is not done again: the same command goes on where it was stopped.
    """
    with one_line_errors():
        from trainer_client.client import EnvClient
        from trainer_client.loading.models import prepare_libraries
        from trainer_client.prompt_model.config import curricula_beside, load_experiment
        from trainer_client.prompt_model.experiment import Experiment
        from trainer_client.server_process import running_server

        prepare_libraries()
        told = load_experiment(experiment)
        folder.mkdir(parents=True, exist_ok=True)
        own = running_server(folder / "server.log", settings=curricula_beside(experiment))
        with nullcontext(server) if server else own as url, EnvClient(url, told.train.server.deadline_s) as client:
            Experiment(told, client, folder, typer.echo, jobs).run()
        typer.echo((folder / "results.md").read_text(encoding="utf-8"))


@app.command()
def distill(
    target: Annotated[Path, typer.Argument(help="new folder to write train.jsonl and card.json to")],
    config: ConfigOption = None,
    overrides: Overrides = None,
    model: Model = None,
) -> None:
    """Answer train problems many times and keep what is verified: examples for `warmstart --set warmstart.data=...`."""
    with one_line_errors():
        settings = load_config(config, overrides or [], None, model)
        from trainer_client.answers.tables import tallies_table
        from trainer_client.client import EnvClient
        from trainer_client.loading.models import prepare_libraries
        from trainer_client.supervised.distill import distill as reject
        from trainer_client.supervised.samplers import EndpointSampler, LocalSampler

        prepare_libraries()
        sampler = EndpointSampler(settings) if settings.distill.endpoint else LocalSampler(settings)
        with EnvClient(settings.server.url, settings.server.deadline_s) as client:
            typer.echo(tallies_table(reject(settings, client, sampler, target)))
        typer.echo(str(target / "train.jsonl"))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="new folder for everything the demo leaves")] = Path("runs/demo"),
    seed: Annotated[int | None, typer.Option(help="seed of everything")] = None,
    overrides: Overrides = None,
    server: Annotated[str | None, typer.Option(help="a running server that reveals, instead of one of its own")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace what an earlier demo left")] = False,
    tools: Annotated[bool, typer.Option("--tools", help="row operations turn by turn, instead of inverses")] = False,
) -> None:
    """Watch a tiny model learn to invert matrices, stage by stage; a few minutes on a laptop."""
    with one_line_errors():
        from trainer_client.demo import demo as run_demo
        from trainer_client.loading.models import prepare_libraries

        prepare_libraries()
        changed = [*(overrides or []), *([] if seed is None else [f"seed={seed}"])]
        run_demo(folder, changed, Console(), server, overwrite, tools)


def _stored(run: Path, overrides: list[str]) -> TrainConfig:
    """Return the configuration a run was started with, asking the server at its present address."""
    from trainer_client.run.run_folder import RunFolder

    if any(not override.startswith("server.") for override in overrides):
        raise BadRun("a resumed run keeps its configuration: only server.* may be set, or start another run")
    stored = RunFolder(run).config()
    return stored.model_copy(update={"server": load_config(run / "config.yaml", overrides).server})
