"""Programs over HTTP: hostile ones score nothing and leave nothing, and the server goes on."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from envserver.app import create_app
from envserver.settings import Settings
from generators.families import FAMILIES
from generators.sandbox import sandbox as sandbox_module
from generators.sandbox.filter import supported
from generators.sandbox.shared import configure, shared
from tests.generators.sandbox.hostile_programs import HOSTILE
from tests.generators.sandbox.right_programs import RIGHT, TWO_TO_THE_K

FIRST = "program_synthesis@1/base=2,factor=1,hidden=8,kind=power,offset=0,range=5,reach=25,shift=0,shown=5/train/0"
MIXTURE = str(FAMILIES["program_synthesis"].example("mixture"))

pytestmark = pytest.mark.skipif(not supported(), reason="no seccomp filter for this machine")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(cache=Path(tempfile.mkdtemp()))), base_url="http://localhost") as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[None]:
    """Another sandbox for a test, and the usual one after it."""
    shared.cache_clear()
    yield
    configure()
    shared.cache_clear()


def scored(client: TestClient, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    reply = client.post("/score", json={"items": items})
    assert reply.status_code == 200, reply.text
    verdicts: list[dict[str, Any]] = reply.json()["verdicts"]
    return verdicts


def chat(source: str) -> str:
    return f"<think></think>\n<answer>```python\n{source}\n```</answer>"


def children() -> list[str]:
    """Return the processes below this one, zygotes and theirs."""
    found, waiting = [], [str(os.getpid())]
    while waiting:
        at = waiting.pop()
        for task in Path(f"/proc/{at}/task").glob("*/children"):
            below = task.read_text().split()
            found += below
            waiting += below
    return found


def test_no_hostile_program_scores_and_the_server_goes_on(client: TestClient, tmp_path: Path) -> None:
    names = [name for name in HOSTILE if name != "source: surrogate"]  # no JSON of a completion holds half a letter
    right = {"id": f"{FIRST}/chat", "completion": chat("def f(k):\n    return 2 ** k")}
    started = [chat(f"def f(k):\n    for _ in range(10**5): pass\n    return 2**k\n# {i}") for i in range(16)]
    scored(client, [{"id": f"{FIRST}/chat", "completion": text} for text in started])  # every lane is up
    before = children()
    for start in range(0, len(names), 32):
        part = names[start : start + 32]
        answers = [chat(HOSTILE[name].replace("MARK", str(tmp_path / "mark"))) for name in part]
        verdicts = scored(client, [*({"id": f"{FIRST}/chat", "completion": text} for text in answers), right])
        for name, verdict in zip(part, verdicts, strict=False):
            assert verdict["outcome"] in ("incorrect", "malformed"), name
            assert verdict["reward"] == verdict["components"]["correct"] == 0, name
        assert verdicts[-1]["outcome"] == "correct"
    assert not os.path.lexists(tmp_path / "mark")
    assert sorted(children()) == sorted(before)


def test_right_programs_score_in_a_batch(client: TestClient) -> None:
    items = [{"id": f"{FIRST}/chat", "completion": chat(source)} for source in RIGHT[TWO_TO_THE_K].values()]
    assert {verdict["outcome"] for verdict in scored(client, items)} == {"correct"}


def test_no_reply_holds_a_hidden_value(client: TestClient) -> None:
    posed = client.get("/problem", params={"id": MIXTURE})
    verdicts = client.post("/score", json={"items": [{"id": MIXTURE, "completion": chat("def f(k):\n    return k")}]})
    target = FAMILIES["program_synthesis"].build(FAMILIES["program_synthesis"].example("mixture")).target  # type: ignore[attr-defined]
    for k, value in zip(target.hidden, target.hidden_values, strict=True):
        assert f"f({k})" not in posed.text + verdicts.text
        assert len(str(value)) < 4 or str(value) not in posed.text + verdicts.text


def test_a_hostile_programs_flag_is_in_the_reply(client: TestClient) -> None:
    [verdict] = scored(client, [{"id": f"{FIRST}/chat", "completion": chat("def f(k):\n    while 1: pass")}])
    assert (verdict["flags"], verdict["reason"]) == (["timeout"], "its time is up")


@pytest.mark.usefixtures("fresh")
def test_without_a_filter_the_family_is_off_and_the_server_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "supported", lambda: False)
    with TestClient(create_app(Settings()), base_url="http://localhost") as client:
        said = {one["name"]: one for one in client.get("/curricula").json()}
        assert "Linux with seccomp" in said["program_synthesis"]["disabled"]
        assert not said["arithmetic"]["disabled"]
        assert "Linux with seccomp" in said["everything"]["left_out"]["synthesis"]
        refused = client.post("/sample", json={"curriculum": "program_synthesis", "slots": [0]})
        assert (refused.status_code, refused.json()["error"]["code"]) == (501, "disabled")
        assert "Linux with seccomp" in refused.json()["error"]["message"]
        [verdict] = scored(client, [{"id": f"{FIRST}/chat", "completion": chat("def f(k): return 2**k")}])
        assert (verdict["outcome"], verdict["reward"], verdict["error"]["code"]) == ("unscored", None, "disabled")
        assert client.post("/sample", json={"curriculum": "inverse", "slots": [0]}).status_code == 200
        bare = {"curriculum": "program_synthesis", "slots": [0], "style": "bare"}
        assert client.post("/sample", json=bare).status_code == 200
        assert scored(client, [{"id": f"{FIRST}/bare", "completion": "2^k"}])[0]["outcome"] == "correct"


@pytest.mark.usefixtures("fresh")
def test_the_operator_may_do_without_a_filter_but_only_in_so_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "supported", lambda: False)
    for words in ("1", "true", "yes", "Programs may do all that this user may"):
        monkeypatch.setenv("ECHELON_UNPROTECTED_PROGRAMS", words)
        with pytest.raises(ValueError, match="programs may do all that this user may"):
            Settings()
    monkeypatch.setenv("ECHELON_UNPROTECTED_PROGRAMS", "programs may do all that this user may")
    with TestClient(create_app(Settings()), base_url="http://localhost") as client:
        item = {"id": f"{FIRST}/chat", "completion": chat("import os\ndef f(k):\n    os.getppid()\n    return 2**k")}
        assert scored(client, [item])[0]["outcome"] == "correct"


@pytest.mark.usefixtures("fresh")
def test_a_program_that_kills_its_worker_twice_is_incorrect(monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs the filter to be off."""
    monkeypatch.setenv("ECHELON_UNPROTECTED_PROGRAMS", "programs may do all that this user may")
    with TestClient(create_app(Settings()), base_url="http://localhost") as client:
        source = "import os\nos.kill(os.getppid(), 9)\ndef f(k):\n    return 2**k"
        [verdict] = scored(client, [{"id": f"{FIRST}/chat", "completion": chat(source)}])
        assert (verdict["outcome"], verdict["reward"]) == ("incorrect", 0.0)
        assert "killed_worker" in verdict["flags"]
