"""`make bench`: what the server, the verifier and a training step cost, measured in one run."""

import sys
import tempfile
from pathlib import Path

from benchmarks.data_sets import bench_data_sets
from benchmarks.hostile import SIZE, bench_hostile
from benchmarks.load import Load
from benchmarks.programs import bench_programs
from benchmarks.server import bench_server
from benchmarks.step import bench_step
from benchmarks.verify import bench_families, bench_largest, bench_verify


def bench(load: Load, rounds: int, steps: int, size: int, rows: int) -> list[tuple[str, str]]:
    """Return every row of (what, figure)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verified = [*bench_verify(rounds), *bench_families(rounds), *bench_largest(rounds), *bench_hostile(size)]
        served = [*bench_server(folder, load), *bench_data_sets(folder, rows)]
        programs = bench_programs(folder, 10 * rounds, max(1, rounds // 20))
        return [*served, *verified, *programs, *bench_step(folder, steps)]


if __name__ == "__main__":
    short = "--short" in sys.argv
    seconds, rounds, steps, size, rows = (0.3, 5, 2, 2_000, 2_000) if short else (4.0, 300, 12, SIZE, 10**6)
    for what, figure in bench(Load(seconds=seconds), rounds, steps, size, rows):
        print(f"{what:<64} {figure}")
