"""API tokens: a name, scopes, an end; of the token only a hash is kept. It is random, so a plain hash will do."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from envserver.http.scopes import SCOPES, Scope
from envserver.store.database import Database
from envserver.store.errors import Conflict, StoreError
from envserver.store.retention import DAY_S
from envserver.store.schema import tokens

PREFIX = "ech_"


@dataclass(frozen=True)
class Token:
    """What is known of a token."""

    name: str
    hash: bytes
    scopes: frozenset[Scope]
    created: float
    expires: float | None
    revoked: float | None

    def valid(self, now: float) -> bool:
        """Whether it lets anybody in."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def hashed(secret: str) -> bytes:
    """Return what is kept of a token."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()


def create_token(database: Database, name: str, scopes: Sequence[str], days: float | None) -> str:
    """Make a token and return it: it is not to be had again.

    Raises `Conflict` where the name is taken, and `StoreError` for a scope that there is not.
    """
    if strange := set(scopes) - set(SCOPES):
        raise StoreError(f"there is no scope {', '.join(sorted(strange))}; there are {', '.join(SCOPES)}")
    secret = PREFIX + secrets.token_urlsafe(32)
    now = time.time()
    row = {
        "name": name,
        "hash": hashed(secret),
        "scopes": " ".join(scope for scope in SCOPES if scope in scopes),
        "created": now,
        "expires": None if days is None else now + days * DAY_S,
    }
    try:
        with database.writing() as connection:
            connection.execute(tokens.insert().values(row))
    except IntegrityError as error:
        raise Conflict(f"there is a token {name!r}, or there was one; take another name") from error
    return secret


def revoke_token(database: Database, name: str) -> None:
    """Let a token in no more; raises `StoreError` where there is none of that name."""
    with database.writing() as connection:
        wanted = (tokens.c.name == name) & tokens.c.revoked.is_(None)
        if not connection.execute(update(tokens).where(wanted).values(revoked=time.time())).rowcount:
            raise StoreError(f"there is no token {name!r} that lets anybody in")


def all_tokens(database: Database) -> list[Token]:
    """Return every token that was ever made, by name."""
    with database.reading() as connection:
        rows = connection.execute(select(tokens).order_by(tokens.c.name)).mappings().all()
    return [
        Token(
            name=row["name"],
            hash=row["hash"],
            scopes=frozenset(scope for scope in SCOPES if scope in row["scopes"].split()),
            created=row["created"],
            expires=row["expires"],
            revoked=row["revoked"],
        )
        for row in rows
    ]
