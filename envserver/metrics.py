"""What is counted for Prometheus. Nothing here is named after a problem, a run or a caller."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from envserver.wire import VerdictOut
from generators.verdict import Outcome

CONTENT_TYPE = CONTENT_TYPE_LATEST
_FAST = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Where several workers put their counts, so that each can tell those of all."""


class Metrics:
    """The counts of one process, or of all workers beside it."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        ProcessCollector(registry=own)
        self._requests = Counter(
            "echelon_requests", "requests answered", ("endpoint", "method", "status"), registry=own
        )
        self._seconds = Histogram(
            "echelon_request_seconds",
            "from a request's arrival to the end of its reply",
            ("endpoint",),
            buckets=_FAST,
            registry=own,
        )
        self._queued = Histogram(
            "echelon_queue_seconds",
            "from a request's arrival to its first judgement",
            buckets=_FAST,
            registry=own,
        )
        self._verified = Histogram(
            "echelon_verify_seconds", "of one judgement", ("outcome",), buckets=_FAST, registry=own
        )
        # Looked up once: by its labels a child costs as much as it does to count.
        self._outcomes = {outcome: self._verified.labels(outcome) for outcome in get_args(Outcome)}
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._flags = Counter("echelon_flags", "signs of gaming in answers", ("flag",), registry=own)
        self._in_flight = Gauge(
            "echelon_in_flight",
            "requests that are worked on or wait",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._kept = Counter("echelon_rollouts_kept", "rows of transactions that ended well", registry=own)
        self._lag = Histogram(
            "echelon_store_lag_seconds",
            "from a verdict to the end of the transaction that keeps it",
            buckets=_FAST,
            registry=own,
        )
        self._not_kept = Counter("echelon_store_failures", "requests whose verdicts could not be kept", registry=own)
        self._waiting = Gauge(
            "echelon_store_waiting", "requests that wait for the store", registry=own, multiprocess_mode="livesum"
        )

    def answered(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        counted = self._counted.get((endpoint, method, status))
        if counted is None:
            counted = self._requests.labels(endpoint, method, status), self._seconds.labels(endpoint)
            self._counted[endpoint, method, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)

    def judged(self, verdicts: Iterable[VerdictOut], queued_s: float) -> None:
        """Count the verdicts of a request."""
        self._queued.observe(queued_s)
        for verdict in verdicts:
            self._outcomes[verdict.outcome].observe(verdict.verify_ms / 1_000)
            for flag in verdict.flags:
                self._flags.labels(flag).inc()

    def kept(self, rows: int, lag_s: float) -> None:
        """Count a transaction."""
        self._kept.inc(rows)
        self._lag.observe(lag_s)

    def not_kept(self) -> None:
        """Count a request that was told so."""
        self._not_kept.inc()

    def in_flight(self, now: int) -> None:
        """Take how many requests there are."""
        self._in_flight.set(now)

    def waiting(self, change: int) -> None:
        """Count one more, or one less, who waits for the store."""
        self._waiting.inc(change)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self._registry)


def forget_the_dead() -> None:
    """Take the gauges of workers that are gone out of the counts of all."""
    folder = Path(os.environ[SHARED])
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
