"""Sets of the hub: Parquet files over a server that speaks as much of the hub's protocol as a download needs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("huggingface_hub")

COMMIT = "c" * 40


def _parquet(rows: list[dict[str, str]]) -> bytes:
    out = BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def _gsm8k(start: int, count: int) -> list[dict[str, str]]:
    return [
        {"question": f"What is {i} and 1?", "answer": f"<<{i}+1={i + 1}>>\n#### {i + 1}"}
        for i in range(start, start + count)
    ]


FILES = {
    "main/train/0000.parquet": _parquet(_gsm8k(0, 60)),
    "main/test/0000.parquet": _parquet(_gsm8k(100, 20)),
    "run_me.py": b"raise SystemExit('code of a repository was run')",
}


class _Hub(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        self._answer(send=True)

    def _answer(self, send: bool) -> None:
        self.asked.append(self.path)
        path = self.path.partition("?")[0]
        if path.startswith("/api/datasets/openai/gsm8k"):
            files = [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]
            tree = [{"type": "file", "path": n, "size": len(d), "oid": sha256(d).hexdigest()} for n, d in FILES.items()]
            listing = {"id": "openai/gsm8k", "sha": COMMIT, "private": False, "siblings": files, "tags": []}
            body = json.dumps(tree if "/tree/" in path else listing).encode()
            self._send(200, body, send, {"Content-Type": "application/json"})
            return
        name = path.partition(f"/resolve/{COMMIT}/")[2]
        if name not in FILES:
            self._send(404, b"{}", send, {"X-Error-Code": "RepoNotFound"})
            return
        body = FILES[name]
        self._send(200, body, send, {"ETag": f'"{sha256(body).hexdigest()}"', "X-Repo-Commit": COMMIT})

    def _send(self, status: int, body: bytes, send: bool, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if send:
            self.wfile.write(body)

    def log_message(self, format: str, *given: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    _Hub.asked.clear()
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _register(folder: Path, endpoint: str, name: str = "openai/gsm8k") -> subprocess.CompletedProcess[str]:
    """Register in a process of its own: the library reads its settings when it is imported."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "envserver",
            "register",
            "gsm8k",
            name,
            "--hub",
            "--format",
            "gsm8k",
            "--config",
            "main",
        ],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / "hf"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_set_of_the_hub_is_registered_and_then_needs_no_network(hub: str, tmp_path: Path) -> None:
    first = _register(tmp_path, hub)
    assert first.returncode == 0, first.stderr
    assert "test 20; dev hashed out of train" in first.stdout
    assert not any("run_me" in path for path in _Hub.asked)
    again = _register(tmp_path, "http://127.0.0.1:9")  # nobody listens there
    assert again.returncode == 0, again.stderr
    assert again.stdout == first.stdout


def test_a_hub_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    refused = _register(tmp_path, "http://127.0.0.1:9")
    assert refused.returncode == 1
    assert refused.stderr.startswith("echelon-server: openai/gsm8k cannot be had from the hub")
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "sets.yaml").exists()
