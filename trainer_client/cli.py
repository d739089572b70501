"""`echelon-trainer`: teach a model on an environment server, and measure what it learned."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from trainer_client.config import TrainConfig, load_config
from trainer_client.errors import BadRun, TrainerError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)

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
) -> None:
    """Train by GRPO on a curriculum.

    A killed run goes on exactly where it was: the same command with --resume. The configuration is then the one stored
    in the run's folder; of the overrides only server.* may be given, as the server may have moved.
    """
    with _errors():
        settings = load_config(config, overrides or [], run, model)
        if resume:
            settings = _stored(settings.run, overrides or [])
        from trainer_client.client import EnvClient
        from trainer_client.display import Display, DisplayCallback
        from trainer_client.models import prepare_libraries
        from trainer_client.train import train as run_training

        prepare_libraries()
        display = Display([settings.run])
        with EnvClient(settings.server.url, settings.server.deadline_s) as client, display.running():
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
    with _errors():
        settings = load_config(config, overrides or [], None, model)
        from trainer_client.client import EnvClient
        from trainer_client.models import prepare_libraries
        from trainer_client.train import start_model
        from trainer_client.warmstart import warmstart as supervise

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
    output: Annotated[Path | None, typer.Option(help="write the numbers as JSON too")] = None,
) -> None:
    """Answer held-out problems, stage by stage: success with 95 % intervals."""
    with _errors():
        settings = load_config(config, overrides or [], None, model)
        if settings.model.path == "tiny":
            raise BadRun("name the model to evaluate: --model FOLDER")
        if output is not None and not output.parent.is_dir():
            raise BadRun(f"there is no folder {output.parent} to write to")
        from trainer_client.evaluate import evaluate_models, scored
        from trainer_client.models import prepare_libraries
        from trainer_client.tables import arms_table, differences_table

        prepare_libraries()
        models = [settings.model.path, *([against] if against else [])]
        stages, found = evaluate_models(settings, models, list(dict.fromkeys(temperature or [1.0, 0.0])))
        tables = {
            arm if not of else f"{against} {arm}": {stage: scored(row) for stage, row in verdicts[of].items()}
            for of in range(len(models))
            for arm, verdicts in found.items()
        }
        typer.echo(arms_table(tables, stages))
        if against:
            typer.echo(f"\nMinus {against}, on the same problems:\n\n{differences_table(found, stages)}")
        if output is not None:
            plain = {arm: {s: v.as_json() for s, v in table.items()} for arm, table in tables.items()}
            output.write_text(json.dumps(plain, indent=1), encoding="utf-8")


@app.command()
def distill(
    target: Annotated[Path, typer.Argument(help="new folder to write train.jsonl and card.json to")],
    config: ConfigOption = None,
    overrides: Overrides = None,
    model: Model = None,
) -> None:
    """Answer train problems many times and keep what is verified: examples for `warmstart --set warmstart.data=...`."""
    with _errors():
        settings = load_config(config, overrides or [], None, model)
        from trainer_client.client import EnvClient
        from trainer_client.distill import distill as reject
        from trainer_client.models import prepare_libraries
        from trainer_client.samplers import EndpointSampler, LocalSampler
        from trainer_client.tables import tallies_table

        prepare_libraries()
        sampler = EndpointSampler(settings) if settings.distill.endpoint else LocalSampler(settings)
        with EnvClient(settings.server.url, settings.server.deadline_s) as client:
            typer.echo(tallies_table(reject(settings, client, sampler, target)))
        typer.echo(str(target / "train.jsonl"))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="new folder for everything the demo leaves")] = Path("runs/demo"),
    seed: Annotated[int, typer.Option(help="seed of everything")] = 0,
    overrides: Overrides = None,
    server: Annotated[str | None, typer.Option(help="a running server that reveals, instead of one of its own")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace what an earlier demo left")] = False,
    tools: Annotated[bool, typer.Option("--tools", help="row operations turn by turn, instead of inverses")] = False,
) -> None:
    """Watch a tiny model learn to invert matrices, stage by stage; a few minutes on a laptop."""
    with _errors():
        from trainer_client.demo import demo as run_demo
        from trainer_client.models import prepare_libraries

        prepare_libraries()
        run_demo(folder, [*(overrides or []), f"seed={seed}"], Console(), server, overwrite, tools)


def _stored(run: Path, overrides: list[str]) -> TrainConfig:
    """Return the configuration a run was started with, asking the server at its present address."""
    from trainer_client.run_folder import RunFolder

    if any(not override.startswith("server.") for override in overrides):
        raise BadRun("a resumed run keeps its configuration: only server.* may be set, or start another run")
    stored = RunFolder(run).config()
    return stored.model_copy(update={"server": load_config(run / "config.yaml", overrides).server})


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except TrainerError as error:
        sys.exit(f"echelon-trainer: {error}")
