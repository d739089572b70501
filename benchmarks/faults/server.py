"""A server that can be killed and started again on the same port."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from trainer_client.server_process import free_port

_START_S = 60.0
_TRY_S = 0.05


class Served:
    """One server process after the other, with the same settings; `within` is what its command runs in."""

    def __init__(self, folder: Path, settings: Mapping[str, str], within: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "server.log"
        self._environment = {**os.environ, "ECHELON_LOG_FORMAT": "text", **settings}
        self._within = within
        self.process = self._started()

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start another one."""
        self.process = self._started()

    def close(self) -> None:
        """End it as an operator does."""
        self.process.terminate()
        self.process.wait(60)

    @property
    def status(self) -> int:
        """What `/readyz` answers, 0 where nobody does."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=30).status_code
        except httpx.TransportError:
            return 0

    def until(self, *statuses: int) -> None:
        """Wait until `/readyz` answers so; raises `RuntimeError` where the process ends, or it takes too long."""
        for _ in range(round(_START_S / _TRY_S)):
            if self.status in statuses:
                return
            try:
                self.process.wait(_TRY_S)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"the server ended: {self._log.read_text()[-2_000:]}")
        raise RuntimeError(f"the server did not answer {statuses}: {self._log.read_text()[-2_000:]}")

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [*self._within, sys.executable, "-m", "envserver", "serve", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        self.until(200, 503)
        return self.process
