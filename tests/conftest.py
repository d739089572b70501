"""What holds for all tests: no server that they start keeps anything where a user's own is kept, and none is left."""

import os

import pytest

from tests.postgres import stop_postgres

for name in [name for name in os.environ if name.startswith("ECHELON_") or name == "DATABASE_URL"]:
    if name not in ("ECHELON_CHROMIUM", "ECHELON_INVERSES"):
        del os.environ[name]  # a user's own server and store are none of ours
os.environ["ECHELON_DATABASE_URL"] = "none"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what a process of the tests started; in one of several, what is registered for its end is not run."""
    stop_postgres()
