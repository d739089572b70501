"""A run over HTTP: scored and kept, told of, read; a store that is away is said, and nothing acknowledged is lost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.settings import Settings
from envserver.store.database import Database

ID = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"
RUN = {"run": "a-run", "phase": "train", "generation": 0}


@contextmanager
def serving(**settings: Any) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(**settings)), base_url="http://localhost") as http:
        yield http


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/rollouts.db"


@pytest.fixture
def keeping(address: str) -> Iterator[TestClient]:
    with serving(database_url=address) as http:
        yield http


def scored(http: TestClient, slots: range, **changed: Any) -> Any:
    items = [{"id": ID.format(slot), "completion": "1/2", "slot": slot} for slot in slots]
    return http.post("/score", json={"items": items, "run": RUN, **changed})


def test_what_is_scored_in_a_run_is_kept_and_read(keeping: TestClient) -> None:
    reply = scored(keeping, range(3)).json()
    assert reply["stored"]
    kept = keeping.get("/rollouts", params={"run": "a-run"}).json()
    assert [one["item"]["slot"] for one in kept] == [2, 1, 0]
    for one in kept:
        assert abs(one["at"] - time.time()) < 600
        told = reply["verdicts"][one["item"]["slot"]]
        assert {**told, "queue_ms": 0.0} == one["verdict"]
    [run] = keeping.get("/runs").json()
    assert (run["run"], run["state"], run["attempts"]) == ("a-run", "running", 1)
    assert keeping.get(f"/rollouts/{kept[0]['key']}").json() == kept[0]


def test_without_a_run_nothing_is_kept(keeping: TestClient) -> None:
    reply = keeping.post("/score", json={"items": [{"id": ID.format(0), "completion": "1"}]}).json()
    assert not reply["stored"]
    assert keeping.get("/rollouts").json() == []
    assert keeping.get("/runs").json() == []


def test_a_server_that_keeps_nothing_says_so() -> None:
    with serving(database_url="none") as http:
        assert not scored(http, range(1)).json()["stored"]
        assert http.post("/runs", json={"run": "a-run"}).json() == {"stored": False}
        assert http.get("/runs").status_code == 404
        assert http.get("/readyz").json() == {"status": "ready", "store": "none"}


def test_the_same_again_and_another(keeping: TestClient) -> None:
    first = scored(keeping, range(2)).json()
    again = scored(keeping, range(2)).json()
    assert [{**one, "queue_ms": 0} for one in again["verdicts"]] == [
        {**one, "queue_ms": 0} for one in first["verdicts"]
    ]
    other = scored(keeping, range(2), reward={"preset": "r1"}).json()["verdicts"]
    assert [one["error"]["code"] for one in other] == ["conflict"] * 2
    assert len(keeping.get("/rollouts").json()) == 2


def test_what_is_no_problem_is_no_rollout(keeping: TestClient) -> None:
    items = [{"id": "nonsense", "completion": "1"}, {"id": ID.format(0), "completion": "1"}]
    reply = keeping.post("/score", json={"items": items, "run": RUN}).json()
    assert reply["stored"]
    assert [one["error"] and one["error"]["code"] for one in reply["verdicts"]] == ["bad_id", None]
    assert len(keeping.get("/rollouts").json()) == 1


def test_a_run_is_told_of(keeping: TestClient) -> None:
    assert keeping.post("/runs", json={"run": "a-run", "config": {"seed": 1}}).json() == {"stored": True}
    row = {"generation": 0, "step": 1, "kind": "metrics", "body": {"loss": 0.5}}
    assert keeping.post("/runs/a-run/log", json={"rows": [row]}).json() == {"stored": True}
    [told] = keeping.get("/runs/a-run/log", params={"kind": "metrics"}).json()
    assert (told["step"], told["body"]) == (1, {"loss": 0.5})
    assert keeping.get("/runs/a-run/log", params={"after": 1}).json() == []
    keeping.post("/runs/a-run/end", json={"state": "finished", "note": {"steps": 1}})
    found = keeping.get("/runs/a-run").json()
    assert (found["state"], found["config"], found["note"]) == ("finished", {"seed": 1}, {"steps": 1})
    assert keeping.delete("/runs/a-run").status_code == 200  # with access open on loopback
    assert keeping.get("/runs/a-run").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/runs/none", 404),
        ("GET", "/runs/not%20a%20name", 422),
        ("POST", "/runs/none/log", 422),
        ("POST", "/runs/not%20a%20name/log", 422),
        ("GET", "/rollouts?outcome=nice", 422),
        ("GET", "/rollouts?unknown=1", 422),
        ("GET", "/rollouts?most=100000", 422),
        ("GET", "/rollouts/99999999999999999999", 422),
        ("GET", "/rollouts/12", 404),
    ],
)
def test_what_is_wrong_is_said(keeping: TestClient, method: str, path: str, status: int) -> None:
    reply = keeping.request(method, path, json={} if method == "POST" else None)
    assert reply.status_code == status
    assert reply.json()["error"]["status"] == status


def test_a_store_that_is_locked_is_said_and_what_is_sent_again_is_kept(address: str) -> None:
    with serving(database_url=address, store_timeout_s=0.3) as http:
        holder = Database(address, 1.0)
        with holder.writing():
            assert http.get("/readyz").status_code == 200, "it can be read"
            refused = scored(http, range(2))
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
            assert refused.headers["Retry-After"] == "1"
            assert not http.get("/rollouts").json()
            assert http.post("/score", json={"items": [{"id": ID.format(0), "completion": "1"}]}).status_code == 200
        holder.close()
        assert scored(http, range(2)).json()["stored"]
        assert len(http.get("/rollouts").json()) == 2


def test_a_store_that_was_never_there_is_not_ready_until_it_is() -> None:
    from tests.postgres import empty_database

    with serving(database_url="postgresql://nobody@127.0.0.1:1/none", store_timeout_s=0.3) as http:
        assert http.get("/readyz").status_code == 503
        assert scored(http, range(1)).status_code == 503
        assert http.get("/healthz").status_code == 200
    with serving(database_url=empty_database()) as http:
        assert http.get("/readyz").json() == {"status": "ready", "store": "ok"}
        assert scored(http, range(1)).json()["stored"]


def test_two_servers_share_what_is_kept(address: str) -> None:
    with serving(database_url=address) as one, serving(database_url=address) as other:
        scored(one, range(2))
        assert scored(other, range(3)).json()["stored"]
        assert len(one.get("/rollouts").json()) == 3
