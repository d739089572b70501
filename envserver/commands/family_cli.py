"""`echelon-server check-family`: a family of one's own against the contract that every family keeps."""

from typing import Annotated

import typer

from envserver.commands.handbook import worked_example
from envserver.errors import reported
from generators.contract import check_family as check_contract
from generators.errors import ContractBroken
from generators.strangers import add_families


def check_family(
    place: Annotated[str, typer.Argument(help="path/to/family.py, or package.module")],
    seeds: Annotated[int, typer.Option(help="problems of each kind and split", min=4, max=1_000)] = 24,
) -> None:
    """Check the families of a file: splits, judgement of nonsense and of right answers, guesses that must earn 0.

    Every kind is checked at its example; ends with 1 where the contract is broken, saying which clause and why.
    """
    broken = False
    with reported():
        for family in add_families([place]):
            for kind in family.kinds:
                params = dict(family.example(kind).params)
                try:
                    check_contract(family, params, seeds)
                except ContractBroken as error:
                    broken = True
                    typer.secho(f"broken  {error}", fg="red")
                    continue
                typer.secho(f"ok      {family.name}@{family.version} {kind}", fg="green")
                typer.echo(worked_example(family, kind))
    raise typer.Exit(broken)
