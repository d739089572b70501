"""One application for all tests of the server: it holds no state that a test could leave behind."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.settings import Settings


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """A server as it is by default: nothing revealed."""
    with TestClient(create_app(Settings()), base_url="http://localhost") as http:
        yield http


@pytest.fixture(scope="session")
def revealing() -> Iterator[TestClient]:
    """A server that may reveal answers of train problems."""
    with TestClient(create_app(Settings(reveal=True)), base_url="http://localhost") as http:
        yield http
