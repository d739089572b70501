"""Every page in a real Chromium while a run goes on: nothing planted runs, all can be read and reached by anybody."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.envserver.pages.browser import CHROMIUM, SCHEMES, SIZES, browser
from tests.envserver.pages.made import PLANTED, RUN, score, tell
from tests.envserver.pages.test_pages import PAGES
from trainer_client.server_process import running_server

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed (apt install chromium)")
_OF_A_SET = ("/ui/curricula/hostile", "/ui/play?curriculum=hostile", "/ui/play?curriculum=hostile&slot=3")
_WALKED = [*(path for path in PAGES if not path.endswith("/facts")), *_OF_A_SET]


class Served:
    """A server with a run that goes on."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told = 0

    def post(self, path: str, body: dict[str, Any]) -> Any:
        reply = httpx.post(self.url + path, json=body, timeout=60)
        assert reply.status_code == 200, reply.text
        return reply

    def goes_on(self, generations: int) -> None:
        """Tell of more of the run."""
        tell(self.post, generations=self.told + generations, first=self.told)
        self.told += generations


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("browser")
    rows = [{"question": f"{PLANTED} what is {at}? [[1, <b>2</b>]]", "answer": at} for at in range(60)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "sets.yaml").write_text("hostile: {path: rows.jsonl, answers: number}\n")
    settings = {"ECHELON_DATABASE_URL": f"sqlite:///{folder}/kept.db", "ECHELON_SETS": f"{folder}/sets.yaml"}
    with running_server(folder / "log", settings={**settings, "ECHELON_CACHE": f"{folder}/cache"}) as url:
        one = Served(url)
        shown = httpx.get(f"{url}/ui/play?curriculum=hostile").text
        assert "window.planted=1" in shown, "what is planted in a question is on the page, as text"
        one.goes_on(30)
        score(one.post)
        tell(one.post, "another-run", 12)
        yield one


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_can_be_used_by_anybody(served: Served, chromium: Any, scheme: str, size: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    width, height = SIZES[size]
    page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("request", lambda asked: None if asked.url.startswith(served.url) else complaints.append(asked.url))
    for path in _WALKED:
        page.goto(served.url + path, wait_until="load")
        if page.locator("[data-source]").count():
            page.wait_for_selector("html[data-ready]")
        found = Axe().run(page).response["violations"]
        assert not found, (path, [(one["id"], one["nodes"][0]["target"]) for one in found])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("window.planted") is None, path
        assert complaints == [], path
    page.close()


def test_a_planted_fault_of_each_kind_is_found(served: Served, chromium: Any) -> None:
    """What the walk above relies on: axe complains, a wide page is wide, our policy stops an inline script."""
    from axe_playwright_python.sync_playwright import Axe

    page = chromium.new_page(viewport={"width": 390, "height": 844})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(served.url + "/ui")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.planted=1\"><p id=w>x</p>');"
        "document.getElementById('w').style.width = '999px'"
    )
    assert {one["id"] for one in Axe().run(page).response["violations"]} >= {"image-alt"}
    assert page.evaluate("document.documentElement.scrollWidth") > 390
    assert page.evaluate("window.planted") is None
    assert any("Content Security Policy" in text for text in complaints)
    page.close()


def test_a_run_that_goes_on_is_followed(served: Served, chromium: Any) -> None:
    from playwright.sync_api import expect

    page = chromium.new_page()
    page.goto(f"{served.url}/ui/runs/{RUN}")
    page.wait_for_selector("[data-chart=success] canvas")
    before = page.locator(".facts").inner_text()
    assert f"{served.told} of 40" in before
    served.goes_on(3)
    expect(page.locator(".facts")).to_contain_text(f"{served.told} of 40", timeout=30_000)
    assert page.locator("[data-live]").inner_text() == "This run goes on; the page follows it."
    for name in ("shares", "parts", "flags", "alike", "seconds"):
        assert page.locator(f"[data-chart={name}] canvas").count() == 1
    page.locator("[data-chart=success] summary").press("Enter")
    assert (
        page.locator("[data-chart=success] .numbers tbody tr").last.locator("td").first.inner_text().startswith("2,1")
    )
    page.close()


def test_the_keyboard_is_enough(served: Served, chromium: Any) -> None:
    """From the top of a page to an answer that is judged, without a mouse."""
    page = chromium.new_page()
    page.goto(f"{served.url}/ui/play?curriculum=inverse&stage=shear&slot=7")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == "answer":
            break
        page.keyboard.press("Tab")
    page.keyboard.type(f"<answer>{PLANTED[:40]}</answer>")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict")
    assert "malformed" in page.locator(".verdict").inner_text()
    assert page.evaluate("window.planted") is None
    page.close()
