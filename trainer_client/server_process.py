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

_START_S, _TRY_S, _END_S = 60.0, 0.02, 30.0


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

    It keeps rollouts in `rollouts.db` beside its log, unless the environment names a database. `settings` are more
    `ECHELON_*` variables for it.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"ECHELON_REVEAL": "1", "ECHELON_PORT": str(port), "ECHELON_HOST": "127.0.0.1"}
    kept = {} if "DATABASE_URL" in os.environ else {"ECHELON_DATABASE_URL": _kept_beside(log)}
    environment = {**kept, **os.environ, **own, **settings}
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
                process.wait(timeout=_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _kept_beside(log: Path) -> str:
    return f"sqlite:///{log.resolve().with_name('rollouts.db')}"


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerUnreachable(f"the server ended with {process.returncode}; see {log}")
        try:
            if httpx.get(f"{url}/healthz", timeout=2.0).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(_TRY_S)
    raise ServerUnreachable(f"the server did not answer within {_START_S:.0f} s; see {log}")
