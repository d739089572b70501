"""Everything that is kept is kept in both: a SQLite file and a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from envserver.store.database import Database
from tests.postgres import empty_database


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is."""
    return f"sqlite:///{tmp_path}/kept/rollouts.db" if request.param == "sqlite" else empty_database()


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """A database with the schema of today."""
    made = Database(address, wait_s=5.0)
    made.migrate()
    yield made
    made.close()
