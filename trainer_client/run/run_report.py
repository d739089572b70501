"""What the server is told of a run beside its completions: that it began, what each step came to, how it ended.

None of it decides anything, so a server that cannot take it ends no run: it is said once, and sent with the next step.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from math import isfinite
from typing import Any, Literal

from envserver.wire import MAX_LOG_ROWS, LogKind, LogRow, LogRows, RunBegun, RunEnded
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadReply, ServerRefused, ServerUnreachable
from trainer_client.run.run_folder import RunFolder

_log = logging.getLogger(__name__)
KINDS: Mapping[str, LogKind] = {
    "metrics.jsonl": "metrics",
    "decisions.jsonl": "decision",
    "alarms.jsonl": "alarm",
    "probes.jsonl": "probe",
    "strategy.jsonl": "strategy",
}
"""The logs of a run's folder that the server is told of, and as what."""


class RunReport:
    """Tells the server, from one rank, what a run's folder has of its steps."""

    def __init__(self, client: EnvClient, folder: RunFolder, iterations: int) -> None:
        self._client = client
        self._folder = folder
        self._iterations = iterations
        self._read: dict[str, int] = {}
        """Of each log, the bytes that the server knows."""
        self._said = False
        self._begun: RunBegun | None = None
        self._announced = False
        self._attempt = folder.attempt
        # Of its own: the step does not wait for what decides nothing.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="run-report")
        self._telling: Future[None] | None = None

    def begin(self, config: TrainConfig, curriculum: str, step: int) -> None:
        """Announce the run, or one more attempt at it, from behind a step on.

        Of an earlier attempt the server knows what its folder says; what a crash kept from it is told now.
        """
        self._attempt = self._folder.attempt
        known = self._folder.told
        self._read = {name: min(known.get(name, 0), self._folder.rows_from(name, 0)[1]) for name in KINDS}
        self._folder.note_told(self._read)  # of what was cut away since nothing is known any more
        self._begun = RunBegun(
            run=self._folder.run_id,
            attempt=self._attempt,
            generation=step // self._iterations,
            curriculum=curriculum,
            config=config.model_dump(mode="json"),
        )
        self._announced = self._tell("/runs", self._begun)

    def tell(self) -> None:
        """Have what is new in the folder told; what comes while that is done is told the next time."""
        if self._telling is None or self._telling.done():
            self._telling = self._thread.submit(self._tell_new)

    def wait(self) -> None:
        """Wait until what is being told is."""
        if self._telling is not None:
            self._telling.result()

    def _tell_new(self) -> None:
        if not self._announced and self._begun is not None:
            self._announced = self._tell("/runs", self._begun)
        rows, upto = [], {}
        for name, kind in KINDS.items():
            found, upto[name] = self._folder.rows_from(name, self._read.get(name, 0))
            rows += [self._row(step, kind, body) for step, body in _by_step(found).items()]
        parts = [rows[at : at + MAX_LOG_ROWS] for at in range(0, len(rows), MAX_LOG_ROWS)]
        path = f"/runs/{self._folder.run_id}/log"
        if parts and all(self._tell(path, LogRows(rows=part)) for part in parts):
            self._read = upto
            self._folder.note_told(upto)

    def end(self, state: Literal["finished", "stopped", "failed"], note: Mapping[str, Any]) -> None:
        """Tell what is new, and how the run ended."""
        self.wait()
        self._tell_new()
        self._tell(f"/runs/{self._folder.run_id}/end", RunEnded(state=state, note=_plain(note)))

    def _row(self, step: int, kind: LogKind, body: dict[str, Any]) -> LogRow:
        generation = max(0, step - 1) // self._iterations
        return LogRow(attempt=self._attempt, generation=generation, step=step, kind=kind, body=body)

    def _tell(self, path: str, told: RunBegun | LogRows | RunEnded) -> bool:
        try:
            self._client.tell(path, told)
        except (ServerUnreachable, ServerRefused, BadReply) as error:
            if not self._said:
                _log.warning("the server was not told how the run goes, which changes nothing of it: %s", error)
            self._said = True
            return False
        return True


def _by_step(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return one body per step; of several rows of a step, as of decisions, the body lists them."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["step"], []).append(_plain(row))
    return {step: many[0] if len(many) == 1 else {"rows": many} for step, many in found.items()}


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON can hold: a number that is none is null."""
    return {name: None if isinstance(value, float) and not isfinite(value) else value for name, value in body.items()}
