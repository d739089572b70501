"""The families described in Markdown, with a worked example each and what cheap guesses earn at every shipped stage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curricula.curriculum import Curriculum, Stage
from curricula.guessing import Guess, guesses_of
from generators.families import FAMILIES, build
from generators.family import Family, Kind
from generators.parameters import OneOf, Parameter, Word

PROBLEMS = 200  # judged per stage for the table of guesses

_HEAD = """# Families

Made by `make families` from the code; do not edit. Every problem is regenerated from its id, every verdict is exact.
"""
_GUESSES = f"""## What cheap guesses earn

Every family declares the answers that need no work, and this table judges them as answers to the first {PROBLEMS}
train problems of every shipped stage: how often the guess is right, the mean partial credit where it is wrong (the
largest component that is not of form alone), and how often it is then flagged. `stock` is the answer to another problem
of the stage, learned by heart; `example` copies what the question shows as an example of the form; `all_at_once` names
all guesses, joined by `or`; `empty` says nothing. Where a word answers half of the problems, it is right that often;
what else is right more often than by chance is explained in
[adr/0006](adr/0006-guesses-that-are-sometimes-right.md).
"""


def handbook(curricula: Mapping[str, Curriculum], problems: int = PROBLEMS) -> str:
    """Return docs/families.md."""
    parts = [_HEAD, *map(section, FAMILIES.values()), _GUESSES]
    parts += [guess_table(curriculum, problems) for curriculum in curricula.values()]
    return "\n".join(parts)


def section(family: Family[Any]) -> str:
    """Describe one family: kinds, parameters, components, ways to restate, and a worked example of its first kind."""
    lines = [f"## `{family.name}@{family.version}`", "", family.about, ""]
    lines += ["| kind | parameters | restated by |", "|---|---|---|"]
    for name, kind in family.kinds.items():
        restated = ", ".join(f"`{how}`" for how in family.restatements(name))
        lines.append(f"| {_kind_cell(name, kind)} | {_parameters(kind)} | {restated} |")
    lines += ["", "| component | |", "|---|---|"]
    lines += [f"| `{name}` | {about} |" for name, about in family.components.items()]
    return "\n".join([*lines, "", *_worked(family, next(iter(family.kinds))), ""])


def worked_example(family: Family[Any], kind: str) -> str:
    """Return an id, its question and a worked answer."""
    problem = build(family.example(kind))
    question = problem.messages[-1].content
    return f"{problem.id}\n\n{question}\n\n{problem.reveal('worked')}"


def _worked(family: Family[Any], kind: str) -> list[str]:
    return ["```text", worked_example(family, kind), "```"]


def _kind_cell(name: str, kind: Kind[Any]) -> str:
    return f"`{name}`: {_cell(kind.about)}" if name else _cell(kind.about)


def _parameters(kind: Kind[Any]) -> str:
    return "; ".join(f"`{name}` {_range(parameter)}" for name, parameter in kind.parameters.items())


def _range(parameter: Parameter) -> str:
    if isinstance(parameter, OneOf):
        return f"{', '.join(parameter.words)}: {_cell(parameter.about)}"
    if isinstance(parameter, Word):
        return _cell(parameter.about)
    return f"{parameter.low} to {parameter.high:,}: {_cell(parameter.about)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def guess_table(curriculum: Curriculum, problems: int) -> str:
    """Return the table of one curriculum: a line per stage, with every guess that is ever right or earns anything."""
    lines = [
        f"### `{curriculum.name}`",
        "",
        "| stage | right | partial credit | flagged where wrong |",
        "|---|---|---|---|",
    ]
    lines += [_guess_line(stage, guesses) for stage, guesses in _judged(curriculum, problems)]
    return "\n".join([*lines, ""])


def _judged(curriculum: Curriculum, problems: int) -> Iterator[tuple[Stage, Sequence[Guess]]]:
    for stage in curriculum.stages:
        yield stage, guesses_of(stage.problem_id("train", 0, curriculum.style), problems)


def _guess_line(stage: Stage, guesses: Sequence[Guess]) -> str:
    right = [f"{guess.name} {guess.correct:.1%}" for guess in guesses if guess.correct]
    paid = [f"{guess.name} {guess.partial:.3f}" for guess in guesses if guess.partial]
    missed = [f"{guess.name} {guess.flagged:.1%}" for guess in guesses if guess.flagged < 1]
    never = f"none of {len(guesses)}"
    return (
        f"| {stage.name} | {', '.join(right) or never} | {', '.join(paid) or 'none'} | {', '.join(missed) or 'all'} |"
    )
