"""Who has no token, a wrong one or one for something else is refused at every endpoint; names and headers are ours."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from envserver.app import create_app
from envserver.http.scopes import SCOPES, Scope
from envserver.settings import Settings
from envserver.store.database import Database
from envserver.store.tokens import create_token, revoke_token

PROBLEM = "matrix_inverse@1/bound=40,kind=shear,n=2/train/0/bare"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('kept')}/rollouts.db"


@pytest.fixture(scope="module")
def secrets(address: str) -> dict[str, str]:
    """A token for each scope, by its name."""
    database = Database(address, 5.0)
    database.migrate()
    found = {scope: create_token(database, scope, [scope], None) for scope in SCOPES}
    found["expired"] = create_token(database, "expired", ["admin"], 1e-9)
    found["revoked"] = create_token(database, "revoked", ["admin"], None)
    revoke_token(database, "revoked")
    database.close()
    return found


@pytest.fixture(scope="module")
def closed(address: str, secrets: dict[str, str]) -> Iterator[TestClient]:
    app = create_app(Settings(database_url=address, access="tokens"))
    with TestClient(app, base_url="http://localhost") as http:
        yield http


def _set_clock(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    kept = {"monotonic": lambda: clock[0], "time": time.time}
    monkeypatch.setattr("envserver.http.access.time", type("Clock", (), kept))


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def endpoints(http: TestClient) -> list[tuple[str, str]]:
    """Every method of every path that the application routes, whatever it is."""
    paths: dict[str, dict[str, Any]] = http.app.openapi()["paths"]  # type: ignore[attr-defined]
    found = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    others = [route for route in http.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    found += [(method, route.path) for route in others for method in route.methods or ()]
    filled = {(method, path.replace("{run}", "a-run").replace("{key}", "1")) for method, path in found}
    return sorted(filled)


# What docs/server.md says of each, written out: what the code says of itself is no witness. "any": whoever has a token.
WANTED = {
    "sample": "POST /sample|POST /play|POST /advance|GET /curricula|GET /families|GET /problem|POST /reset|POST /mcp",
    "score": "POST /score|POST /runs|POST /runs/a-run/log|POST /runs/a-run/end|POST /step|POST /nemo/seed_session|"
    "POST /nemo/verify|POST /nemo/{tool}",
    "read": "GET /runs|GET /runs/a-run|GET /runs/a-run/log|GET /rollouts|GET /rollouts/1|GET /metrics",
    "admin": "DELETE /runs/a-run",
    "any": "GET /limits|GET /docs|GET /openapi.json|GET /state|GET /schema|GET /metadata",
    "open": "GET /healthz|GET /readyz|GET /health|GET /",
}


def test_every_endpoint_refuses_whoever_may_not(closed: TestClient, secrets: dict[str, str]) -> None:
    wanted_of = {one: scope for scope, listed in WANTED.items() for one in listed.split("|")}
    routed = {f"{method} {path}" for method, path in endpoints(closed) if method != "HEAD"}
    assert routed <= set(wanted_of), "an endpoint that nobody has thought of"
    for one, wanted in wanted_of.items():
        method, path = one.split(" ")
        if wanted == "open":
            assert closed.request(method, path, follow_redirects=False).status_code in (200, 307, 303, 302), one
            continue
        strangers = ({}, {"Authorization": "Basic eDp5"}, bearer("ech_wrong"), bearer("ech_\x7f"), bearer(""))
        for headers in (*strangers, bearer(secrets["expired"]), bearer(secrets["revoked"])):
            refused = closed.request(method, path, headers=headers)
            assert refused.status_code == 401, (method, path)
            assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        for scope in SCOPES if wanted != "any" else ():
            reply = closed.request(method, path, headers=bearer(secrets[scope]))
            assert (reply.status_code == 403) == (scope not in (wanted, "admin")), (method, path, scope)


def test_what_nobody_thought_of_is_for_the_admin(closed: TestClient, secrets: dict[str, str]) -> None:
    for scope in SCOPES:
        status = closed.get("/no/such/thing", headers=bearer(secrets[scope])).status_code
        assert status == (404 if scope == "admin" else 403)


def test_with_access_open_only_who_is_on_the_machine_may_remove_runs(tmp_path: Path) -> None:
    for host, status in (("127.0.0.1", 404), ("0.0.0.0", 403)):
        settings = Settings(database_url=f"sqlite:///{tmp_path}/kept.db", access="open", host=host)
        with TestClient(create_app(settings), base_url="http://localhost") as http:
            assert http.get("/runs").status_code == 200
            assert http.delete("/runs/none").status_code == status


def test_probes_need_no_token(closed: TestClient) -> None:
    assert [closed.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_who_may_does(closed: TestClient, secrets: dict[str, str]) -> None:
    def sampled(scope: Scope, **more: Any) -> int:
        body = {"curriculum": "inverse", "slots": [0], **more}
        return closed.post("/sample", json=body, headers=bearer(secrets[scope])).status_code

    item = {"items": [{"id": PROBLEM, "completion": "1"}]}
    assert closed.post("/score", json=item, headers=bearer(secrets["score"])).status_code == 200
    assert sampled("sample") == 200
    assert sampled("sample", reveal="answer") == 403
    assert sampled("admin") == 200
    assert sampled("admin", reveal="answer") == 403, "an admin who is not to see answers does not"
    assert closed.get("/metrics", headers=bearer(secrets["read"])).status_code == 200


def test_answers_are_revealed_to_who_may_have_both(address: str) -> None:
    database = Database(address, 5.0)
    secret = create_token(database, "teacher", ["sample", "reveal"], None)
    database.close()
    with TestClient(create_app(Settings(database_url=address, access="tokens")), base_url="http://localhost") as http:
        body = {"curriculum": "inverse", "slots": [0], "reveal": "answer"}
        assert http.post("/sample", json=body, headers=bearer(secret)).status_code == 200
        body["split"] = "test"
        assert http.post("/sample", json=body, headers=bearer(secret)).status_code == 403


def test_a_token_that_is_new_is_known_soon_and_one_that_is_revoked_is_not_for_long(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(
        "envserver.http.access.time", type("Clock", (), {"monotonic": lambda: clock[0], "time": time.time})
    )
    with TestClient(create_app(Settings(database_url=address, access="tokens")), base_url="http://localhost") as http:
        assert http.get("/limits", headers=bearer("ech_none")).status_code == 401
        database = Database(address, 5.0)
        secret = create_token(database, "late", ["read"], None)
        clock[0] += 1.1
        assert http.get("/limits", headers=bearer(secret)).status_code == 200
        revoke_token(database, "late")
        clock[0] += 10.1
        assert http.get("/limits", headers=bearer(secret)).status_code == 401
        database.close()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST:1", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("localhost:80@evil.example", 421),
        ("", 421),
        ("10.1.2.3:8000", 200),  # no name that another site could have had looked up
        ("127.0.0.2.evil.example", 421),
    ],
)
def test_on_loopback_only_names_of_loopback_are_answered(client: TestClient, host: str, status: int) -> None:
    reply = client.get("/healthz", headers={"Host": host})
    assert reply.status_code == status
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_names_that_are_given(tmp_path: Path) -> None:
    settings = Settings(database_url="none", hosts="env.example, *.pods.example")
    with TestClient(create_app(settings), base_url="http://localhost") as http:
        told = {
            host: http.get("/healthz", headers={"Host": host}).status_code for host in ("env.example", "a.pods.example")
        }
        assert set(told.values()) == {200}
        assert http.get("/healthz", headers={"Host": "pods.example"}).status_code == 421


def test_every_reply_has_the_headers_and_none_lets_another_site_in(client: TestClient) -> None:
    for reply in (
        client.get("/curricula", headers={"Origin": "https://evil.example"}),
        client.get("/nothing"),
        client.post("/score", content=b"{"),
        client.options("/score", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}),
    ):
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Cache-Control"] == "no-store"
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]


def test_the_page_of_the_openapi_may_load_what_it_names(client: TestClient) -> None:
    page = client.get("/docs")
    policy = page.headers["Content-Security-Policy"]
    named = re.findall(r'(?:src|href)="(https://[^/"]+)', page.text)
    assert len(named) >= 3
    assert [host for host in named if host not in policy] == []
    assert page.headers["X-Frame-Options"] == "DENY"


def test_a_form_of_another_site_is_not_taken_for_json(client: TestClient) -> None:
    body = f'{{"items": [{{"id": "{PROBLEM}", "completion": "1"}}]}}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert client.post("/score", content=body, headers={"Content-Type": kind}).status_code == 422
    assert client.post("/score", content=body, headers={"Content-Type": "application/json; charset=utf-8"}).is_success


def test_a_store_that_says_nothing_keeps_out_nobody_who_is_known(
    address: str, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that reads the tokens hangs: who is known goes on, who is not is told to come again."""
    clock, hanging = [0.0], threading.Event()
    monkeypatch.setattr(
        "envserver.http.access.time", type("Clock", (), {"monotonic": lambda: clock[0], "time": time.time})
    )
    settings = Settings(database_url=address, access="tokens", store_timeout_s=0.2)
    with TestClient(create_app(settings), base_url="http://localhost") as http:
        assert http.get("/limits", headers=bearer(secrets["read"])).status_code == 200
        monkeypatch.setattr("envserver.http.access.all_tokens", lambda database: [hanging.wait(60)][1:])
        clock[0] += 60
        known = [http.get("/limits", headers=bearer(secrets["read"])).status_code for _ in range(3)]
        assert known == [200, 200, 200]
        assert http.get("/limits", headers=bearer("ech_unknown-to-all")).status_code == 401
        clock[0] += 600
        assert http.get("/limits", headers=bearer(secrets["read"])).status_code == 503
        hanging.set()
