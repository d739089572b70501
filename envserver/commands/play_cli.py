"""The terminal's way into episodes: play one, or see one again state by state."""

import sys
from typing import Annotated, Any

import typer

from envserver.commands.data_cli import SetsFile
from envserver.errors import Invalid, reported
from envserver.sets import served
from envserver.settings import Settings
from generators.episode import resumed
from generators.families import build
from generators.ids import ProblemId
from generators.problem import State
from generators.turn_based import Moment, TurnBased
from generators.verdict import Verdict

_END = "The input ended before the episode did; this is what was reached."


def play(
    id: Annotated[str | None, typer.Argument(help="id of an episode; without one the stage's")] = None,
    curriculum: Annotated[str, typer.Option(help="name of a curriculum")] = "row_operations",
    stage: Annotated[str | None, typer.Option(help="stage; without it the first one")] = None,
    seed: Annotated[int, typer.Option(help="which problem of the stage", min=0)] = 0,
    file: SetsFile = None,
) -> None:
    """Play an episode, one action a line."""
    with reported():
        problem = _episode(id or _of_stage(curriculum, stage, seed, file))
    typer.secho(str(problem.id), bold=True)
    typer.echo(f"{problem.messages[-1].content}\n")
    at: Moment[Any, Any] = Moment(problem, problem.start)
    while at.verdict is None:
        typer.secho(f"{problem.max_turns - at.turns} turns left > ", bold=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            typer.echo(f"\n{_END}")
            break
        if line.strip():
            at = at.step(line)
            typer.echo(_shown(at))
    _judged(at.stopped("truncated"))


def replay(
    id: Annotated[str, typer.Argument(help="id of an episode")],
    actions: Annotated[
        list[str] | None, typer.Argument(help="its actions in order; without any, those of the standard method")
    ] = None,
) -> None:
    """Show an episode state by state, and its judgement."""
    with reported():
        problem = _episode(id)
        given = list(actions) if actions else list(problem.solution())
        resumed(problem.id, given)  # refuses too many of them
        states = [resumed(problem.id, given[:done]).state for done in range(len(given) + 1)]
    typer.secho(str(problem.id), bold=True)
    typer.echo(_drawn(problem.start))
    for turn, (action, state) in enumerate(zip(given, states[1:], strict=True), 1):
        typer.secho(f"\n{turn}. {' '.join(action.split())[:200]}", bold=True)
        typer.echo(_shown(state))
    last = states[-1]
    _judged(last.verdict or (last if isinstance(last, Moment) else Moment(problem, problem.start)).stopped("truncated"))


def _of_stage(curriculum: str, stage: str | None, seed: int, file: Any) -> str:
    settings = Settings() if file is None else Settings().model_copy(update={"sets": file})
    curricula = served(settings)
    if curriculum not in curricula:
        raise Invalid(f"unknown curriculum {curriculum!r} (known: {', '.join(sorted(curricula))})")
    found = curricula[curriculum]
    return str(found.stage(stage or found.names[0]).problem_id("train", seed, "chat"))


def _episode(text: str) -> TurnBased[Any, Any]:
    problem = build(ProblemId.parse(text))
    if not isinstance(problem, TurnBased):
        raise Invalid(f"{text} is a question of one turn; `score` judges its answer")
    return problem


def _shown(state: State) -> str:
    """Return a state as lines, with why the action before it changed nothing, if so."""
    if not isinstance(state, Moment):
        return state.observation
    said = f"nothing is changed: {state.refusal}\n" if state.refusal else ""
    return f"{said}{_drawn(state.state)}" if _is_matrix(state.state) else state.observation


def _is_matrix(state: object) -> bool:
    return isinstance(state, tuple) and bool(state) and all(isinstance(row, tuple) for row in state)


def _drawn(state: Any) -> str:
    """Return a matrix in columns; other states show themselves by what is said of them."""
    if not _is_matrix(state):
        return ""
    cells = [[str(x) for x in row] for row in state]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(x.rjust(width) for x, width in zip(row, widths, strict=True)) for row in cells)


def _judged(verdict: Verdict) -> None:
    typer.secho(f"\n{verdict.outcome}", bold=True, fg="green" if verdict.outcome == "correct" else "red")
    for name, value in verdict.components.items():
        typer.echo(f"  {name:<12}{value:.3f}")
    if verdict.flags:
        typer.echo(f"  flags: {', '.join(verdict.flags)}")
