"""The short form of what `make bench-server`, `faults` and `soak-server` do, so that none of them rots."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.concurrent_scores import bench_concurrent
from benchmarks.faults.scenarios import SCENARIOS, Scenario, Size, tried
from benchmarks.faults.scores import lost
from benchmarks.load import Load
from benchmarks.server import bench_server
from benchmarks.soak_server import soak_server


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_acknowledged_is_lost(scenario: Scenario) -> None:
    seen = tried(scenario, Size(120, 8))
    if not seen.tried:
        pytest.skip(seen.says)
    assert not seen.wrong, seen


def test_what_is_lost_or_there_twice_is_found() -> None:
    assert lost([1, 2, 3], Counter({1: 1, 2: 2})) == [2, 3]


def test_very_many_at_once_are_judged_or_sent_away_and_all_kept(tmp_path: Path) -> None:
    [(what, told)] = bench_concurrent(tmp_path, 400)
    assert "400 /score at once" in what
    assert "400 x 200" in told


def test_memory_stays_as_it_is() -> None:
    found = [megabytes for _, megabytes in soak_server(20_000, kept=True)]
    assert found[-1] - found[3] < 12  # problems are remembered up to a number, which is reached by then


def test_bench_server_prints_every_figure(tmp_path: Path) -> None:
    rows = dict(bench_server(tmp_path, Load(seconds=0.1), rounds=1, groups=64))
    for what in ("server start", "server memory", "/sample 2x2 inverses, 64", "/score chain_sum, 1", "kept in SQLite"):
        assert [row for row in rows if row.startswith(what) or row.endswith(what)], what
