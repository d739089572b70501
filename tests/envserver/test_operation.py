"""Counts, logs, request ids, the command that serves and the one that examines: and nothing secret in any of them."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from typer.testing import CliRunner

from envserver.app import create_app
from envserver.cli import app
from envserver.logs import configure_logs, discreet
from envserver.settings import Settings
from envserver.store.database import Database
from envserver.store.reading import all_rollouts
from envserver.wire import RolloutQuery
from generators.families import problem
from trainer_client.server_process import free_port

SHEAR = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"
BIG = "matrix_inverse@1/bound=9,determinant=any,kind=random,n=4/train/{}/chat"


def counts(text: str) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def keeping(tmp_path: Path) -> Any:
    with TestClient(create_app(Settings(database_url=f"sqlite:///{tmp_path}/kept.db")), "http://localhost") as http:
        yield http


def test_what_was_done_is_counted(keeping: TestClient) -> None:
    items = [{"id": SHEAR.format(slot), "completion": "[[1, 0], [0, 1]]", "slot": slot} for slot in range(3)]
    keeping.post("/score", json={"items": items, "run": {"run": "a", "phase": "train", "generation": 0}})
    keeping.post("/score", json={"items": items})
    keeping.post("/score", content=b"{}")
    keeping.get("/no/such/thing")
    told = counts(keeping.get("/metrics").text)
    assert told["echelon_requests_total", "score", "POST", "200"] == 2
    assert told["echelon_requests_total", "score", "POST", "422"] == 1
    assert told["echelon_requests_total", "other", "GET", "404"] == 1
    assert told["echelon_verify_seconds_count", "incorrect"] == 6
    assert told["echelon_flags_total", "identity_guess"] == 6
    assert told["echelon_queue_seconds_count",] == 2
    assert told["echelon_rollouts_kept_total",] == 3
    assert told["echelon_store_lag_seconds_count",] == 1
    assert told["echelon_in_flight",] == told["echelon_store_waiting",] == 0


def test_a_request_has_an_id_its_own_or_one_of_ours(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    given = client.get("/healthz", headers={"X-Request-ID": "a b\t<script>"}).headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{16}", given)


@pytest.fixture
def logs() -> Any:
    """Give logging back as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield configure_logs
    root.handlers[:], root.level = before[0], before[1]


def test_logs_are_json_with_the_id_of_the_request(logs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    logs("json", "info")
    with TestClient(create_app(Settings(log_requests=True)), "http://localhost") as http:
        http.get("/healthz", headers={"X-Request-ID": "abc-1"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    [line] = [line for line in lines if line["logger"] == "envserver.requests"]
    assert (line["request_id"], line["endpoint"], line["status"]) == ("abc-1", "healthz", 200)


def test_logs_do_not_say_what_an_exception_quotes(logs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    quoted = "the-answer-is-41"
    for form in ("json", "text"):
        logs(form, "info")
        try:
            try:
                int(quoted)
            except ValueError as error:
                raise KeyError(f"of {quoted}") from error
        except KeyError:
            logging.getLogger("x").exception("failed")
        said = capsys.readouterr().err
        assert "KeyError" in said
        assert "ValueError" in said
        assert "test_operation.py" in said
        assert quoted not in said.replace("quoted", "")
    assert "test" not in discreet(ValueError("test"))


def _answers_in(told: str, ids: list[str]) -> list[str]:
    """Return the ids of which a row of the answer stands in a text, in either way to write it."""
    said = re.sub(r"\s", "", told)
    found = []
    for id in ids:
        answer = problem(id).reveal("answer")
        rows = re.findall(r"\[[^\[\]]+\]", answer)
        assert len(answer) > 60
        assert len(rows) == 4
        plain = [re.sub(r"\s", "", row) for row in rows]
        if any(row in said or row.strip("[]") in said for row in plain):
            found.append(id)
    return found


def test_no_answer_in_any_reply_log_or_metric(
    keeping: TestClient, logs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of 4x4 inverses are long enough to be found nowhere by chance; of each problem everything is asked."""
    logs("json", "debug")
    ids = [BIG.format(seed) for seed in range(20)]
    params = {"kind": "random", "n": 4, "bound": 9, "determinant": "any"}
    sampled = {"family": "matrix_inverse@1", "params": params}
    replies = []
    for number, id in enumerate(ids):
        said = ["", "[[1]]", "<answer>", "[[1,2],[3", problem(id).guesses.get("identity", "1")][number % 5]
        item = {"id": id, "completion": said, "slot": number}
        run = {"run": "a", "phase": "train", "generation": 0}
        asked = [
            keeping.post("/score", json={"items": [item], "run": run}),
            keeping.post("/score", json={"items": [{**item, "original": said}]}),
            keeping.post("/play", json={"items": [{"id": id}]}),
            keeping.get("/problem", params={"id": id}),
        ]
        refused = keeping.post("/sample", json={**sampled, "slots": [number], "reveal": "answer"})
        assert [reply.status_code for reply in (*asked, refused)] == [200, 200, 200, 200, 403]
        replies += [*asked, refused]
    drawn = keeping.post("/sample", json={**sampled, "slots": [*range(20)]})
    ids += [posed["id"] for posed in drawn.json()["problems"]]
    replies += [keeping.get(path) for path in ("/rollouts", "/runs", "/runs/a", "/metrics", "/families", "/curricula")]
    assert {reply.status_code for reply in (drawn, *replies[-6:])} == {200}
    told = "".join(reply.text for reply in (drawn, *replies)) + capsys.readouterr().err
    assert _answers_in(told, ids) == []


def test_an_answer_that_is_told_is_found() -> None:
    """Where the operator allows it: so would a leak be."""
    params = {"kind": "random", "n": 4, "bound": 9, "determinant": "any"}
    asked = {"family": "matrix_inverse@1", "params": params, "slots": [0, 1], "reveal": "answer"}
    settings = Settings(database_url="none", reveal=True)
    with TestClient(create_app(settings), base_url="http://localhost") as http:
        for style in ("chat", "bare"):
            told = http.post("/sample", json={**asked, "style": style})
            ids = [posed["id"].rpartition("/")[0] + "/chat" for posed in told.json()["problems"]]
            assert _answers_in(told.text, ids) == ids


def test_no_reply_has_a_field_for_an_answer(client: TestClient) -> None:
    """Of all schemas that a reply may lead to; what a learner says is a request's."""
    told = client.get("/openapi.json").json()
    schemas, waiting, replies = told["components"]["schemas"], set[str](), set[str]()
    for methods in told["paths"].values():
        for operation in methods.values():
            waiting |= _named(operation["responses"])
    while waiting:
        name = waiting.pop()
        replies.add(name)
        waiting |= _named(schemas[name]) - replies
    assert len(replies) > 20
    fields = {name: set(schemas[name].get("properties", {})) for name in replies}
    telling = {"answer", "solution", "expected", "hidden", "oracle"}
    assert {name: found & telling for name, found in fields.items() if found & telling} == {}
    assert "Answer" in schemas.keys() - replies


def _named(part: Any) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part)))


ENDED = (0, -signal.SIGTERM)
"""With its work done; one process alone then ends as the signal has it."""


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Yield the address and the process of a server that keeps what it scores; its log is in the folder."""
    port = free_port()
    command = [sys.executable, "-m", "envserver", "serve", "--port", str(port), *words]
    environment = {**os.environ, "ECHELON_DATABASE_URL": f"sqlite:///{folder}/kept.db", "ECHELON_LOG_FORMAT": "json"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log)
    try:
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                    break
            except httpx.TransportError:
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.05)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        assert process.wait(60) in ENDED


def scored(url: str, slots: range) -> httpx.Response:
    """A request with an item per slot, on a connection of its own."""
    items = [{"id": SHEAR.format(slot), "completion": "[[1, 0], [0, 1]]", "slot": slot} for slot in slots]
    run = {"run": "a", "phase": "train", "generation": 0}
    return httpx.post(f"{url}/score", json={"items": items, "run": run}, timeout=60)


def test_several_workers_share_a_port_and_tell_the_counts_of_all(tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "2") as (url, _):
        for slot in range(20):  # a connection each, so that both of them get some
            assert scored(url, range(slot, slot + 1)).json()["stored"]
        told = [counts(httpx.get(f"{url}/metrics").text) for _ in range(6)]
        assert {one["echelon_rollouts_kept_total",] for one in told} == {20}
        assert {one["echelon_store_waiting",] for one in told} == {0}
        assert len(httpx.get(f"{url}/rollouts").json()) == 20
    for line in (tmp_path / "log").read_text().splitlines():
        json.loads(line)


def test_a_server_that_is_told_to_end_answers_what_it_has_taken(tmp_path: Path) -> None:
    """The request waits for the store when the server is told; then the store is free again."""
    with served(tmp_path) as (url, process), ThreadPoolExecutor(1) as pool:
        holder = Database(f"sqlite:///{tmp_path}/kept.db", 5.0)
        with holder.writing():
            reply = pool.submit(scored, url, range(300))
            while counts(httpx.get(f"{url}/metrics").text)["echelon_store_waiting",] != 1:
                assert not reply.done()
            process.terminate()
        assert reply.result(60).json()["stored"]
        assert process.wait(60) in ENDED
        assert len(list(all_rollouts(holder, RolloutQuery()))) == 300
        holder.close()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"ECHELON_HOST": "0.0.0.0"}, "token create"),
        ({"ECHELON_HOST": "0.0.0.0", "ECHELON_DATABASE_URL": "none"}, "ECHELON_ACCESS=open"),
        ({"ECHELON_DATABASE_URL": "mysql://x"}, "not in mysql"),
        ({"ECHELON_DATABASE_URL": "sqlite:////proc/no/rollouts.db"}, "No such file"),
        ({"ECHELON_STORE_TIMEOUT_S": "soon"}, "store_timeout_s"),
    ],
)
def test_what_cannot_be_served_is_said_at_the_start(settings: dict[str, str], says: str, tmp_path: Path) -> None:
    kept = {"ECHELON_DATABASE_URL": f"sqlite:///{tmp_path}/kept.db"}
    done = CliRunner().invoke(app, ["serve", "--port", "0"], env={**kept, **settings})
    assert done.exit_code != 0
    assert says in done.output + str(done.exception)
    assert "Traceback" not in done.output


def test_tokens_by_the_command(tmp_path: Path) -> None:
    env = {"ECHELON_DATABASE_URL": f"sqlite:///{tmp_path}/kept.db"}

    def told(*words: str) -> str:
        done = CliRunner().invoke(app, ["token", *words], env=env)
        assert done.exit_code == 0, done.output
        return done.output

    secret = told("create", "trainer", "--scope", "sample", "--scope", "score", "--days", "1").strip()
    assert secret.startswith("ech_")
    assert "sample score" in told("list")
    assert secret not in told("list")
    told("revoke", "trainer")
    assert "revoked" in told("list")
    assert CliRunner().invoke(app, ["token", "revoke", "trainer"], env=env).exit_code == 1


def test_the_doctor_says_what_it_saw(tmp_path: Path) -> None:
    env = {"ECHELON_DATABASE_URL": f"sqlite:///{tmp_path}/kept.db"}
    done = CliRunner().invoke(app, ["doctor"], env=env)
    assert done.exit_code == 0, done.output
    for what in ("curricula", "sandbox", "store", "disk", "access", "limits"):
        assert re.search(rf"^(ok|warn) +{what}", done.output, re.MULTILINE), what
    odd = CliRunner().invoke(app, ["doctor"], env={**env, "ECHELON_ACCES": "tokens"})
    assert re.search(r"^warn +settings .*ECHELON_ACCES is no setting.*ECHELON_ACCESS", odd.output, re.MULTILINE)
    ill = CliRunner().invoke(app, ["doctor"], env={"ECHELON_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/x"})
    assert ill.exit_code == 1
    assert re.search(r"^fail +store .*refused", ill.output, re.MULTILINE)
    assert "hunter2" not in ill.output
    closed = CliRunner().invoke(app, ["doctor"], env={**env, "ECHELON_HOST": "0.0.0.0"})
    assert re.search(r"^fail +access .*none is valid", closed.output, re.MULTILINE)
