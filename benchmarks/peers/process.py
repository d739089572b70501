"""A peer's server in a process of its own, from its first answer to the end of the block."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from trainer_client.server_process import free_port


@contextmanager
def peer_process(module: str, health: str, log: Path, python: str = sys.executable) -> Iterator[int]:
    """Serve `app` of a module, and yield the port; raises `RuntimeError` where the process ends before it answers."""
    port = free_port()
    command = [python, "-m", "uvicorn", f"{module}:app", "--port", str(port), "--no-access-log"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait(f"http://127.0.0.1:{port}{health}", process)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{url}: the server ended with {process.returncode}")
