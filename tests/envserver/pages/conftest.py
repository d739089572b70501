"""A server that keeps a made-up run, asked as a browser asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.settings import Settings
from tests.envserver.pages.made import score, tell


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server with a run in it, and a second one to compare it with."""
    address = f"sqlite:///{tmp_path_factory.mktemp('pages')}/kept.db"
    with TestClient(create_app(Settings(database_url=address, reveal=True)), base_url="http://localhost") as http:
        fill(http)
        yield http


def fill(http: TestClient) -> None:
    """Tell a server of the runs."""

    def post(path: str, body: dict[str, Any]) -> Any:
        reply = http.post(path, json=body)
        assert reply.status_code == 200, reply.text
        return reply

    tell(post)
    score(post)
    tell(post, "another-run", 12)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/kept.db"
