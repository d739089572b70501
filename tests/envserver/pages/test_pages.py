"""Every page, without a browser: what stands on it, that nothing on it is a stranger's markup, and who may see it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from curricula.curriculum import Curriculum
from envserver.app import create_app
from envserver.http.access import COOKIE
from envserver.pages import stories
from envserver.pages.rendering import visible
from envserver.settings import Settings
from envserver.store import looking
from envserver.store.database import Database
from envserver.store.schema import rollouts
from envserver.store.tokens import create_token
from generators.families import problem
from tests.envserver.pages.made import PLANTED, QUESTION, RUN, tell

PAGES = (
    "/ui",
    "/ui/play",
    "/ui/play?curriculum=inverse&stage=shear&slot=7",
    "/ui/play?curriculum=row_operations",
    "/ui/curricula",
    "/ui/curricula/inverse",
    "/ui/curricula/row_operations",
    "/ui/runs",
    f"/ui/runs/{RUN}",
    f"/ui/runs/{RUN}/facts",
    f"/ui/compare?run={RUN}&run=another-run",
    "/ui/compare",
    "/ui/rollouts",
    f"/ui/rollouts?run={RUN}&stage=shear&outcome=incorrect",
    "/ui/rollouts/1",
    "/ui/rollouts/2",
)


class _Markup(HTMLParser):
    """What a browser would make of a page: its elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_and_has_no_markup_but_ours(kept: TestClient, path: str) -> None:
    reply = kept.get(path)
    assert reply.status_code == 200
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    assert "unsafe" not in reply.headers["content-security-policy"]
    for tag, attributes in _Markup(reply.text).found:
        assert tag != "img"
        assert tag != "script" or (attributes["src"] or "").startswith("/ui/static/")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert "\u202e" not in reply.text


def test_what_was_planted_is_shown_as_the_text_it_is(kept: TestClient) -> None:
    shown = kept.get("/ui/rollouts/2").text
    assert "&lt;/script&gt;&lt;script&gt;window.planted=1" in shown
    assert "\\u202e" in shown
    assert "&lt;script&gt;" in kept.get(f"/ui/runs/{RUN}").text
    assert PLANTED not in shown


def test_the_run_page_tells_its_stages(kept: TestClient) -> None:
    shown = kept.get(f"/ui/runs/{RUN}").text
    assert "30 of 40" in shown
    assert "after 1,920 samples" in shown
    assert "not yet" in shown
    charts = kept.get(f"/ui/runs/{RUN}/charts").json()
    assert charts["live"]
    success = charts["charts"]["success"]
    assert [one["name"] for one in success["series"]] == ["scalar", "shear"]
    assert success["x"] == [64 * (at + 1) for at in range(30)]
    assert [look["mark"] for look in success["looks"]] == ["", "", "promoted"]
    assert all(look["low"] <= look["y"] <= look["high"] for look in success["looks"])
    assert charts["charts"]["shares"]["stacked"]


def test_a_page_that_goes_on_reads_what_is_new_and_drops_what_is_superseded(address: str) -> None:
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:

        def post(path: str, body: dict[str, Any]) -> Any:
            return http.post(path, json=body)

        def steps() -> list[int]:
            series: list[int] = http.get(f"/ui/runs/{RUN}/charts").json()["charts"]["success"]["x"]
            return series

        tell(post, generations=10)
        assert len(steps()) == 10
        tell(post, generations=12, first=10)
        assert len(steps()) == 12
        post("/runs", {"run": RUN, "attempt": 2, "generation": 4})
        assert len(steps()) == 4


def test_long_runs_are_drawn_with_as_many_points_as_can_be_seen(address: str) -> None:
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:
        tell(lambda path, body: http.post(path, json=body), generations=900)
        tell(lambda path, body: http.post(path, json=body), generations=1_500, first=900)
        success = http.get(f"/ui/runs/{RUN}/charts").json()["charts"]["success"]
    assert len(success["x"]) == len(success["series"][0]["values"]) <= 400
    assert success["x"][-1] == 64 * 1_500
    assert success["series"][0]["values"][-1] == 1.0


def test_rollouts_are_found_by_what_they_are(kept: TestClient) -> None:
    def keys(query: str) -> list[int]:
        reply = kept.get(f"/ui/rollouts?{query}")
        assert reply.status_code == 200
        return [int(key) for key in re.findall(r'href="/ui/rollouts/([0-9]+)"', reply.text)]

    assert keys("") == list(range(9, 0, -1))
    assert keys("before=4") == [3, 2, 1]
    assert keys("outcome=malformed") == [8, 5, 2]
    assert keys("text=2/3") == [9, 6, 3]
    assert keys("text=onerror%3D%22window&run=a-run") == [8, 7, 5, 4, 2, 1]
    assert keys("run=&stage=&outcome=&generation=") == keys("")
    assert keys("generation=1") == []
    assert keys("run=another-run") == []
    assert kept.get("/ui/rollouts?run=nobody").status_code == 404
    assert kept.get("/ui/rollouts?outcome=perfect").status_code == 422
    assert kept.get("/ui/rollouts?nonsense=1").status_code == 422


def test_a_look_ends_where_it_has_seen_enough_and_can_go_on(kept: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOOKED", 2)
    seen, path = 0, "/ui/rollouts?text=2/3"
    for _ in range(6):
        shown = kept.get(path).text
        seen += len(re.findall(r'href="/ui/rollouts/[0-9]+"', shown))
        going_on = re.search(r'href="(/ui/rollouts\?[^"]*before=[^"]*)">Go on', shown)
        if going_on is None:
            break
        path = going_on[1].replace("&amp;", "&")
    assert seen == 3


def test_a_rollout_is_explained_with_its_matrices(kept: TestClient) -> None:
    shown = kept.get("/ui/rollouts/3").text
    assert "<mfrac><mn>2</mn><mn>3</mn></mfrac>" in shown
    assert "What was measured" in shown
    assert "share of right entries" in shown
    assert shown.count("sample ") >= 3
    assert kept.get("/ui/rollouts/99").status_code == 404


def _play(http: TestClient, **sent: str) -> str:
    reply = http.post("/ui/play", data=sent)
    assert reply.status_code == 200
    return reply.text


def test_an_answer_is_judged_and_explained(kept: TestClient) -> None:
    place = {"curriculum": "inverse", "stage": "shear", "slot": "7"}
    id = re.search(r"<code>(matrix_inverse@1/[^<]*)</code>", kept.get("/ui/play", params=place).text)
    assert id
    right = problem(id[1]).reveal("worked")
    assert "<strong>correct</strong>" in _play(kept, **place, answer=right, press="judge")
    assert "<strong>incorrect</strong>" in _play(kept, **place, answer="<answer>[[1, 0], [0, 1]]</answer>")
    assert "A worked answer" in _play(kept, **place, press="reveal")
    assert "window.planted=1</script>" not in _play(kept, **place, answer=PLANTED)
    assert kept.get("/rollouts").json()[0]["key"] == 9, "what is tried here is not kept"


def test_nothing_is_revealed_where_it_may_not(address: str) -> None:
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:
        sent = {"curriculum": "inverse", "stage": "shear", "slot": "7", "press": "reveal"}
        refused = http.post("/ui/play", data=sent)
        assert refused.status_code == 403
        assert "where the server may reveal them" in refused.text


def test_who_may_only_look_has_nothing_judged(closed: tuple[TestClient, str, str]) -> None:
    http, reader, _ = closed
    http.post("/ui/login", data={"token": reader, "to": "/ui"})
    assert http.get("/ui/play").status_code == 200
    refused = http.post("/ui/play", data={"answer": "1", "press": "judge"})
    assert refused.status_code == 422
    assert "wants the scope score" in refused.text


def test_a_stage_of_a_ladder_that_is_not_served_whole_has_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = (
        "- {name: shear, family: matrix_inverse@1, params: {kind: shear, n: 2, bound: 40}}",
        "- {name: scalar, family: matrix_inverse@1, params: {kind: scalar, bound: 60}}",
    )
    (tmp_path / "mixed.yaml").write_text("name: mixed\nstages:\n  " + "\n  ".join(stages) + "\n")
    monkeypatch.setattr(Curriculum, "disabled", property(lambda self: "no sandbox" if self.name == "mixed" else ""))
    with TestClient(create_app(Settings(database_url="none", curricula=str(tmp_path))), "http://localhost") as http:
        assert http.get("/ui/play?curriculum=mixed&stage=shear").status_code == 200


def test_settings_that_differ_are_shown_as_they_are(kept: TestClient) -> None:
    for run, rate in (("slow", 1e-7), ("fast", 3e-7)):
        kept.post("/runs", json={"run": run, "config": {"grpo": {"learning_rate": rate, "mask": rate > 2e-7}}})
    shown = kept.get("/ui/compare?run=slow&run=fast").text
    for value in ("1e-07", "3e-07", "true", "false"):
        assert f"<td>{value}</td>" in shown


def test_an_episode_is_played_turn_by_turn(kept: TestClient) -> None:
    place = {"curriculum": "row_operations", "stage": "one_left", "slot": "1"}
    id = re.search(r"<code>(row_[^<]*)</code>", kept.get("/ui/play", params=place).text)
    assert id
    actions = list(problem(id[1]).solution())
    sent, shown = "[]", ""
    for action in actions:
        shown = _play(kept, **place, actions=sent, answer=action, press="judge")
        found = re.search(r'name="actions" value="([^"]*)"', shown)
        sent = found[1].replace("&#34;", '"') if found else "[]"
    assert "<strong>correct</strong>" in shown
    early = _play(kept, **place, actions="[]", answer="", press="end")
    assert "<strong>truncated</strong>" in early or "<strong>incorrect</strong>" in early


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"actions=%5B1%5D", "application/x-www-form-urlencoded"),
        (b"actions=nonsense", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"answer=%ff", "application/x-www-form-urlencoded"),
        (b"actions=" + b"[" * 100_000, "application/x-www-form-urlencoded"),
        (b"actions=" + b"9" * 5_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % i for i in range(99)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_is_none_is_refused(kept: TestClient, body: bytes, kind: str) -> None:
    reply = kept.post("/ui/play", content=body, headers={"content-type": kind})
    assert reply.status_code == 422
    assert reply.headers["content-type"].startswith("text/html")


def test_what_is_not_there_is_said_as_a_page(kept: TestClient) -> None:
    for path in ("/ui/runs/none", "/ui/curricula/none", "/ui/static/none.js", "/ui/static/uplot.LICENSE", "/ui/none"):
        reply = kept.get(path)
        assert reply.status_code == 404, path
        assert "There is no such thing" in reply.text


def test_without_a_store_the_pages_of_runs_say_so() -> None:
    with TestClient(create_app(Settings(database_url="none")), base_url="http://localhost") as http:
        assert http.get("/ui").status_code == 200
        for path in ("/ui/runs", "/ui/runs/x", "/ui/rollouts", "/ui/rollouts/1", "/ui/compare"):
            assert http.get(path).status_code == 404
            assert "keeps nothing" in http.get(path).text


@pytest.fixture
def closed(address: str) -> Iterator[tuple[TestClient, str, str]]:
    database = Database(address, 5.0)
    database.migrate()
    reader, scorer = (create_token(database, scope, [scope], None) for scope in ("read", "score"))
    database.close()
    settings = Settings(database_url=address, access="tokens")
    with TestClient(create_app(settings), base_url="http://localhost", follow_redirects=False) as http:
        yield http, reader, scorer


def test_with_tokens_a_page_asks_for_one_and_a_cookie_opens_pages_alone(closed: tuple[TestClient, str, str]) -> None:
    http, reader, scorer = closed
    for path in PAGES:
        asked = http.get(path)
        assert (asked.status_code, asked.headers["location"].partition("=")[0]) == (303, "/ui/login?to")
    assert http.post("/ui/play", data={"answer": "1"}).status_code == 401
    assert http.get("/ui/static/page.css").status_code == 200
    for wrong in ("ech_wrong", "", scorer):
        assert http.post("/ui/login", data={"token": wrong}).status_code == 401
        assert COOKIE not in http.cookies
    entered = http.post("/ui/login", data={"token": reader, "to": "/ui/runs?before=2"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/ui/runs?before=2")
    assert all(word in entered.headers["set-cookie"] for word in ("HttpOnly", "SameSite=strict", "Path=/ui"))
    assert http.get("/ui/runs").status_code == 200
    assert http.get("/runs", headers={"cookie": f"{COOKIE}={reader}"}).status_code == 401, "no cookie opens the rest"
    http.post("/ui/logout")
    assert http.get("/ui/runs").status_code == 303


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/ui/", "/ui\\evil", "/runs", "/uix"])
def test_the_way_in_leads_nowhere_else(closed: tuple[TestClient, str, str], to: str) -> None:
    http, reader, _ = closed
    assert http.post("/ui/login", data={"token": reader, "to": to}).headers["location"] == "/ui"


def test_a_question_that_is_no_more_is_said(tmp_path: Path) -> None:
    """A rollout outlives the version of its family."""
    database = Database(f"sqlite:///{tmp_path}/kept.db", 5.0)
    with TestClient(create_app(Settings(database_url=database.url.render_as_string())), "http://localhost") as http:
        item = {"id": QUESTION.format(1), "completion": "1", "slot": 99}
        http.post("/score", json={"items": [item], "run": {"run": "old", "phase": "eval", "generation": 0}})
        with database.writing() as connection:
            connection.execute(update(rollouts).values(problem="matrix_inverse@9/bound=4,kind=scalar/train/7/chat"))
        shown = http.get("/ui/rollouts/1")
    assert shown.status_code == 200
    assert "matrix_inverse has version 1" in shown.text or "version" in shown.text
    database.close()


ODD = (None, True, "text", [1], {"a": 1}, -1, 1e300, 10**40, 0.5, "", [{"step": "x"}])


def test_whatever_a_log_says_its_run_has_a_page(address: str) -> None:
    """The log is anybody's JSON: rows that cannot be drawn are left out, and the page says what the others do."""
    names = ("samples", "success", "success/one", "share/one", "alike/one", "part/a", "flag/f", "seconds/step", "rows")
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:
        rows: list[dict[str, Any]] = []
        for step, value in enumerate(ODD):
            body = dict.fromkeys(names, value)
            evidence = {"trials": value, "successes": value, "greedy": 0, "greedy_trials": value}
            rows.append({"generation": step, "step": step, "kind": "metrics", "body": body})
            for kind in ("decision", "alarm", "probe", "strategy"):
                told = {"says": value, "stage": value, "evidence": evidence if step % 2 else value, "samples": value}
                rows.append({"generation": step, "step": step, "kind": kind, "body": told})
        rows.append({"generation": 99, "step": 99, "kind": "metrics", "body": {"samples": 64, "success/one": 0.25}})
        assert http.post("/runs", json={"run": RUN, "config": {"grpo": "none"}}).status_code == 200
        assert http.post(f"/runs/{RUN}/log", json={"rows": rows}).status_code == 200
        for path in (
            f"/ui/runs/{RUN}",
            f"/ui/runs/{RUN}/charts",
            f"/ui/compare?run={RUN}",
            f"/ui/compare/charts?run={RUN}",
        ):
            assert http.get(path).status_code == 200, path
        assert 64 in http.get(f"/ui/runs/{RUN}/charts").json()["charts"]["success"]["x"]


@pytest.mark.parametrize(
    "path",
    [
        "/ui/play?slot=-1",
        "/ui/play?slot=" + "9" * 5_000,
        "/ui/play?slot=\u00b2",
        "/ui/runs?before=nan",
        "/ui/runs?before=inf",
        "/ui/runs?before=x",
        "/ui/compare?run=" + "&run=".join("abcdefghij"),
        "/ui/compare?run=%00",
        "/ui/rollouts?generation=1e99",
        "/ui/rollouts?run=a&run=b",
        "/ui/rollouts?text=%00%ff%22%25_",
        "/ui/rollouts?text=" + "x" * 5_000,
        "/ui/rollouts?before=-1",
        "/ui/rollouts/99999999999999999999",
        "/ui/rollouts/x",
        "/ui/curricula/%00",
        "/ui/play?curriculum=%00&stage=%ff",
    ],
)
def test_odd_questions_are_answered_and_are_no_faults(kept: TestClient, path: str) -> None:
    reply = kept.get(path)
    assert reply.status_code < 500
    assert reply.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("slot", ["-1", "\u00b2", "9" * 5_000, "", "1.5"])
def test_odd_forms_are_refused(kept: TestClient, slot: str) -> None:
    assert kept.post("/ui/play", data={"curriculum": "inverse", "slot": slot}).status_code == 422


@pytest.mark.parametrize("path", ["/ui/play", "/ui/login", "/ui/logout"])
def test_a_form_of_another_site_is_not_taken(kept: TestClient, path: str) -> None:
    """It needs no leave of ours to be sent, and programs would run of it."""
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert kept.post(path, data={"curriculum": "inverse"}, headers=headers).status_code == 422, headers
    for headers in ({}, {"origin": "http://localhost"}, {"origin": "null", "sec-fetch-site": "same-origin"}):
        assert kept.post("/ui/play", data={"curriculum": "inverse"}, headers=headers).status_code == 200, headers


def test_what_is_not_seen_is_written_out() -> None:
    for letter in "\u061c\u00ad\u034f\u115f\u3164\uffa0\u180e\u2028\u2029\ufff9\U000e0041\ufe0f\u202e\u200b\x00\x1b":
        assert visible(f"a{letter}b") == f"a\\u{ord(letter):04x}b"
    for text in ("a\n\tb", "\u00fc\u4e2d\u2211", "plain", "e\u0301"):
        assert visible(text) == text


def test_counts_that_cannot_be_are_left_out(address: str) -> None:
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:
        tell(lambda path, body: http.post(path, json=body), generations=10)
        evidence = {"trials": 2, "successes": 9, "greedy": 0, "greedy_trials": 0}
        body = {"samples": 64, "stage": "scalar", "kind": "kept", "reason": "", "evidence": evidence}
        rows = [{"generation": 50, "step": 51, "kind": "decision", "body": body}]
        http.post(f"/runs/{RUN}/log", json={"rows": rows})
        assert http.get(f"/ui/runs/{RUN}").status_code == 200
        assert len(http.get(f"/ui/runs/{RUN}/charts").json()["charts"]["success"]["looks"]) == 1


def test_stages_passed_together_are_all_counted(address: str) -> None:
    evidence = {"trials": 32, "successes": 32, "greedy": 0, "greedy_trials": 0}
    kinds = (("a", "promoted"), ("b", "promoted"), ("c", "promoted"), ("c", "demoted"))
    many = [{"samples": 64, "stage": stage, "kind": kind, "reason": "", "evidence": evidence} for stage, kind in kinds]
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:
        tell(lambda path, body: http.post(path, json=body), generations=5)
        rows = [{"generation": 1, "step": 2, "kind": "decision", "body": {"rows": many}}]
        http.post(f"/runs/{RUN}/log", json={"rows": rows})
        passed = http.get(f"/ui/compare/charts?run={RUN}").json()["charts"]["passed"]
        assert passed["series"][0]["values"] == [0.0, 2.0, 2.0]
        assert passed["stepped"]


def test_a_socket_to_a_page_is_no_fault(closed: tuple[TestClient, str, str]) -> None:
    with pytest.raises(WebSocketDisconnect), closed[0].websocket_connect("ws://localhost/ui/x"):
        pass


def test_many_who_look_at_once_see_the_same_and_nothing_twice(address: str) -> None:
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:
        tell(lambda path, body: http.post(path, json=body), generations=300)
        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(lambda _: http.get(f"/ui/runs/{RUN}/charts").json(), range(16)))
    assert all(one == seen[0] for one in seen)
    assert seen[0]["charts"]["success"]["x"] == [64 * (at + 1) for at in range(300)]


def test_a_run_that_is_long_to_read_is_read_now_and_then_and_whole_at_its_end(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "_LONG_S", -1.0)
    monkeypatch.setattr(stories, "_REST", 1e9)
    with TestClient(create_app(Settings(database_url=address)), base_url="http://localhost") as http:

        def steps() -> int:
            return len(http.get(f"/ui/runs/{RUN}/charts").json()["charts"]["success"]["x"])

        def post(path: str, body: dict[str, Any]) -> Any:
            return http.post(path, json=body)

        tell(post, generations=3)
        assert steps() == 3
        tell(post, generations=5, first=3)
        assert steps() == 3
        http.post(f"/runs/{RUN}/end", json={"state": "finished"})
        assert steps() == 5
