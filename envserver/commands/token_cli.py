"""`echelon-server token`: who may ask a server that asks for tokens."""

import time
from typing import Annotated

import typer

from envserver.errors import reported
from envserver.http.scopes import SCOPES
from envserver.settings import Settings
from envserver.store.database import Database
from envserver.store.tokens import all_tokens, create_token, revoke_token

app = typer.Typer(help=__doc__, no_args_is_help=True)
_SCOPES = "; ".join(f"{name}: {about}" for name, about in SCOPES.items())


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="what it is for; a name is used once")],
    scope: Annotated[list[str], typer.Option(help=f"what it is good for, once per scope. {_SCOPES}")],
    days: Annotated[float | None, typer.Option(help="how long; without it for ever", min=0.001)] = None,
) -> None:
    """Make a token and print it. It is printed once: only a hash of it is kept."""
    with reported():
        typer.echo(create_token(_database(), name, scope, days))


@app.command("list")
def listed() -> None:
    """List the tokens that were made, with what they are good for."""
    with reported():
        found = all_tokens(_database())
    now = time.time()
    for token in found:
        ended = "revoked" if token.revoked else "expired" if not token.valid(now) else "valid"
        until = "" if token.expires is None else f", until {time.strftime('%Y-%m-%d', time.gmtime(token.expires))}"
        typer.echo(f"{token.name:<24}{' '.join(sorted(token.scopes)):<32}{ended}{until}")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="of the token")]) -> None:
    """End a token. Servers that know it let it in for ten seconds more."""
    with reported():
        revoke_token(_database(), name)


def _database() -> Database:
    settings = Settings()
    return Database(settings.database_url, settings.store_timeout_s)
