"""An environment server of one's own: a process on a free loopback port, ended with the block."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import httpx

from trainer_client.errors import ServerUnreachable

_START_S = 60.0


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(
    log: Path, port: int | None = None, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """Start a server that reveals worked examples, wait until it answers, and yield its address.

    `settings` are more `ECHELON_*` variables for it.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"ECHELON_REVEAL": "1", "ECHELON_PORT": str(port), "ECHELON_HOST": "127.0.0.1"}
    environment = {**os.environ, **own, **settings}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "envserver", "serve"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(url, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerUnreachable(f"the server ended with {process.returncode}; see {log}")
        try:
            if httpx.get(f"{url}/healthz", timeout=2.0).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise ServerUnreachable(f"the server did not answer within {_START_S:.0f} s; see {log}")
