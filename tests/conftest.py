"""What holds for all tests: no server that they start keeps anything where a user's own is kept, and none is left."""

import os

import pytest

from tests.postgres import stop_postgres

os.environ.setdefault("ECHELON_DATABASE_URL", "none")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what a process of the tests started; in one of several, what is registered for its end is not run."""
    stop_postgres()
