"""How long a call is tried again: until its deadline, with pauses that grow and are not everybody's."""

import logging
import random
import time

import httpx

from trainer_client.errors import ServerRefused, ServerUnreachable

AGAIN = frozenset({429, 500, 502, 503, 504})  # every call is repeatable, so a replica's fault ends no run
CALL_S, _SHORTEST_S = 60.0, 0.5  # of one try
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _TELL_AFTER_S = 0.05, 2.0, 5.0
_log = logging.getLogger(__name__)


class Patience:
    """One call's: ask `timeout` before a try, and `pause` after one that gave nothing."""

    def __init__(self, where: str, deadline_s: float) -> None:
        self._where = where
        self._deadline_s = deadline_s
        self._started = time.monotonic()
        self._pause = _FIRST_PAUSE_S
        self._told = False

    @property
    def timeout(self) -> float:
        """Seconds that the next try may take."""
        if not self._told and self.spent > _TELL_AFTER_S:
            self._told = True
            _log.warning("waiting for %s, for up to %.0f s", self._where, self._deadline_s)
        return min(CALL_S, max(_SHORTEST_S, self._deadline_s - self.spent))

    @property
    def spent(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self._started

    def pause(self, came: httpx.Response | httpx.TransportError) -> float:
        """Return how long to wait before the next try; raises `ServerRefused` or, at the end, `ServerUnreachable`."""
        wait, problem = self._pause, repr(came)
        if isinstance(came, httpx.Response):
            if came.status_code not in AGAIN:
                raise ServerRefused(came.status_code, _message(came))
            wait, problem = max(wait, _retry_after(came)), f"status {came.status_code}"
        if self.spent + wait > self._deadline_s:
            raise ServerUnreachable(f"{self._where}: {problem}, tried {self._deadline_s:.0f} s")
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_S)
        # Many who were sent away together are not to come back together.
        return wait * random.uniform(1.0, 1.5)


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("Retry-After", "0")
    return float(value) if value.isdigit() else 0.0


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]
