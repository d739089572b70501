"""Tokens: shown once, kept as a hash, ended by time or by hand."""

import time

import pytest
from sqlalchemy import text

from envserver.store.database import Database
from envserver.store.errors import Conflict, StoreError
from envserver.store.tokens import all_tokens, create_token, hashed, revoke_token


def test_a_token_is_kept_as_a_hash(database: Database) -> None:
    secret = create_token(database, "trainer", ["score", "sample"], days=1.0)
    [kept] = all_tokens(database)
    assert (kept.name, kept.scopes, kept.hash) == ("trainer", {"sample", "score"}, hashed(secret))
    with database.reading() as connection:
        rows = connection.execute(text("SELECT * FROM tokens")).all()
    assert secret not in str(rows)
    assert secret.removeprefix("ech_").encode() not in b"".join(bytes(str(value), "utf-8") for value in rows[0])
    now = time.time()
    assert kept.valid(now)
    assert not kept.valid(now + 2 * 86_400)


def test_a_name_is_used_once_also_when_it_was_revoked(database: Database) -> None:
    create_token(database, "trainer", ["score"], None)
    revoke_token(database, "trainer")
    [kept] = all_tokens(database)
    assert not kept.valid(time.time())
    with pytest.raises(Conflict):
        create_token(database, "trainer", ["score"], None)
    with pytest.raises(StoreError, match="no token"):
        revoke_token(database, "trainer")
