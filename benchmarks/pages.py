"""`make bench-pages`: how long every page takes with a thousand runs and a million rollouts in the store."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx
from sqlalchemy import insert

from curricula.rewards.reward import Reward
from envserver.store.database import Database
from envserver.store.rollout import Judged, rows_of
from envserver.store.schema import rewards, rollouts, run_log, runs
from envserver.store.written import written
from envserver.wire import RunContext, ScoreItem, VerdictOut
from trainer_client.server_process import running_server

_RUNS, _ROLLOUTS = 1_000, 1_000  # and of each run so many rollouts
_STEPS = 200  # of the log of every run
_ROUNDS = 5
_BAR_S = 1.0
_STAGES = ("scalar", "diagonal", "shear", "rank_one")
_PAGES = (
    "/ui",
    "/ui/play",
    "/ui/curricula",
    "/ui/curricula/inverse",
    "/ui/runs",
    "/ui/runs?before={middle}",
    "/ui/runs/{run}",
    "/ui/runs/{run}/charts",
    "/ui/compare?run={run}&run={other}",
    "/ui/compare/charts?run={run}&run={other}",
    "/ui/rollouts",
    "/ui/rollouts?run={run}",
    "/ui/rollouts?run={run}&stage=shear&outcome=malformed",
    "/ui/rollouts?outcome=malformed",
    "/ui/rollouts?flag=never_shown",
    "/ui/rollouts?text=never+said",
    "/ui/rollouts/{key}",
)


def fill(address: str, many: int, each: int) -> None:
    """Put runs with their logs and rollouts into a store."""
    database = Database(address, 60.0)
    database.migrate()
    said = "<think>" + "so it is " * 40 + "</think><answer>[[1, 0], [0, {}]]</answer>"
    with database.writing() as connection:
        connection.execute(
            insert(rewards).values(key=1, digest=b"1" * 16, curriculum=None, reward='{"preset":"binary"}')
        )
    for run in range(many):
        name, at = f"run-{run:04}", float(run)
        config = written({"grpo": {"steps": _STEPS}})
        row = {"key": run + 1, "name": name, "state": "finished", "began": at, "seen": at, "config": config}
        items = [
            ScoreItem(
                id=f"matrix_inverse@1/bound=40,kind=shear,n=2/train/{place % 128}/chat",
                completion=said.format(place),
                slot=place,
                stage=_STAGES[place % len(_STAGES)],
            )
            for place in range(each)
        ]
        verdicts = [
            VerdictOut(id=item.id, reward=0.0, outcome="incorrect", reason="A times it is not I") for item in items
        ]
        judged = Judged(
            RunContext(run=name, phase="train", generation=0), None, Reward(preset="binary"), items, verdicts, at
        )
        with database.writing() as connection:
            connection.execute(insert(runs), [row])
            connection.execute(insert(run_log), list(_log(run + 1)))
            connection.execute(insert(rollouts), rows_of(judged, run + 1, 1))
    database.close()


def _log(run: int) -> Iterator[dict[str, object]]:
    for step in range(1, _STEPS + 1):
        body: dict[str, object] = {"step": step, "samples": 64 * step, "success": 0.5}
        for stage in _STAGES:
            body |= {f"success/{stage}": 0.5, f"share/{stage}": 0.25, f"alike/{stage}": 0.2}
        body |= {f"seconds/part_{at}": 0.1 for at in range(8)}
        yield {
            "run_key": run,
            "attempt": 1,
            "generation": step - 1,
            "step": step,
            "kind": "metrics",
            "body": written(body),
            "at": 0.0,
        }


def bench_pages(
    folder: Path, many: int = _RUNS, each: int = _ROLLOUTS, rounds: int = _ROUNDS
) -> Iterator[tuple[str, str, bool]]:
    """Yield of every page (its path, the median and the worst time, whether all were within a second)."""
    address = f"sqlite:///{folder}/pages.db"
    fill(address, many, each)
    known = {"run": f"run-{many - 1:04}", "other": f"run-{many // 2:04}", "key": many * each // 2, "middle": many / 2}
    with running_server(folder / "log", settings={"ECHELON_DATABASE_URL": address}) as url, httpx.Client() as client:
        for path in _PAGES:
            took = []
            for _ in range(rounds):
                started = time.perf_counter()
                client.get(url + path.format(**known), timeout=60).raise_for_status()
                took.append(time.perf_counter() - started)
            says = f"{1_000 * median(took):7.1f} ms, the slowest {1_000 * max(took):7.1f} ms"
            yield path, says, max(took) < _BAR_S


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        slow = False
        for path, says, within in bench_pages(Path(name)):
            print(f"{path:<56} {says}{'' if within else '  TOO SLOW'}", flush=True)
            slow |= not within
    sys.exit(slow)
