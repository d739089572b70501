"""`make bench`: what verifiers, data sets, programs and a training step cost, measured in one run."""

import sys
import tempfile
from pathlib import Path

from benchmarks.data_sets import bench_data_sets
from benchmarks.hostile import SIZE, bench_hostile
from benchmarks.programs import bench_programs
from benchmarks.step import bench_step
from benchmarks.verify import bench_families, bench_largest, bench_verify


def bench(rounds: int, steps: int, size: int, rows: int) -> list[tuple[str, str]]:
    """Return every row of (what, figure)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verified = [*bench_verify(rounds), *bench_families(rounds), *bench_largest(rounds), *bench_hostile(size)]
        served = bench_data_sets(folder, rows)
        programs = bench_programs(folder, 10 * rounds, max(1, rounds // 20))
        return [*served, *verified, *programs, *bench_step(folder, steps)]


if __name__ == "__main__":
    short = "--short" in sys.argv
    rounds, steps, size, rows = (5, 2, 2_000, 2_000) if short else (300, 12, SIZE, 10**6)
    for what, figure in bench(rounds, steps, size, rows):
        print(f"{what:<64} {figure}")
