"""The store as the server has it: a database with its one writer, waited for without holding up anybody else."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from envserver.store.database import Database
from envserver.store.errors import StoreUnavailable
from envserver.store.keeping import Keeper
from envserver.store.retention import hide_run, remove_hidden, remove_old
from envserver.store.rollout import Judged
from envserver.store.writer import Committed, Writer
from envserver.wire import VerdictOut

_log = logging.getLogger(__name__)
_READERS, _TELLERS = 6, 3  # threads that ask the database, beside the writer
_LATER_S = 0.5  # than the database's own limit, which says more
_SWEEP_S = 3_600.0  # between two looks for what is too old

T = TypeVar("T")


class Store:
    """Keeps what was judged, and answers what is asked of it."""

    def __init__(
        self, database: Database, committed: Committed = lambda rows, seconds: None, keep_days: float = 0.0
    ) -> None:
        self.database = database
        self.keep_days = keep_days
        self.writer = Writer(Keeper(database), database.wait_s, committed)
        self._ending = False
        self._hidden = asyncio.Event()
        self._readers, self._tellers, self._probes = (CapacityLimiter(count) for count in (_READERS, _TELLERS, 1))

    async def keep(self, judged: Judged) -> list[VerdictOut]:
        """Return the verdicts that are kept, once they are on the disk; raises `StoreUnavailable`."""
        try:
            async with asyncio.timeout(self.writer.wait_s):
                return await asyncio.wrap_future(self.writer.submit(judged))
        except TimeoutError as error:
            raise StoreUnavailable(f"the store did not take it within {self.writer.wait_s:g} s") from error

    async def ask(self, question: Callable[..., T], *given: object) -> T:
        """Return what a function of the database and these arguments returns, from a thread, if it does so in time."""
        return await self._bounded(self._readers, question, *given)

    async def tell(self, deed: Callable[..., T], *given: object) -> T:
        """Do what a function of the database does: who waits to write keeps no reader waiting."""
        return await self._bounded(self._tellers, deed, *given)

    async def check(self) -> None:
        """Raise `StoreUnavailable` where the store does not answer; nobody else's questions are waited for."""
        await self._bounded(self._probes, Database.check)

    async def _bounded(self, threads: CapacityLimiter, work: Callable[..., T], *given: object) -> T:
        try:
            async with asyncio.timeout(self.database.wait_s + _LATER_S):
                # A thread that the database never answers is left behind; its connections are few.
                return await run_sync(partial(work, self.database, *given), limiter=threads, abandon_on_cancel=True)
        except TimeoutError as error:
            raise StoreUnavailable(f"the store did not answer within {self.database.wait_s:g} s") from error

    async def remove(self, run: str) -> None:
        """Take a run out of sight; the sweep removes it. Raises `UnknownRun`, `StoreUnavailable`."""
        await self.tell(hide_run, run)
        self._hidden.set()

    async def sweep(self) -> None:
        """Remove what is out of sight, and what is too old, again and again, until cancelled."""
        while True:
            self._hidden.clear()
            try:
                runs, rollouts = await asyncio.to_thread(self._swept)
                if runs:
                    _log.info("removed %d runs with %d rollouts", runs, rollouts)
            except Exception as error:  # whatever it was, the next look may go well
                _log.error("what is to be removed stays for now: %s", type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_S):
                    await self._hidden.wait()

    def _swept(self) -> tuple[int, int]:
        if self.keep_days:
            return remove_old(self.database, self.keep_days, lambda: self._ending)
        return remove_hidden(self.database, lambda: self._ending)

    def close(self) -> None:
        """Write what waits, and close the connections."""
        self._ending = True
        self.writer.close()
        self.database.close()
