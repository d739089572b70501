"""`make bench` in a short form: every figure is there. What they are worth is not tested: a benchmark measures."""

import subprocess
import sys

from benchmarks.trainer import bench_trainer


def test_bench_prints_every_figure() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--short"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for figure in (
        "read and compare a 3x3 rational inverse",
        "math-verify / ours",
        "matrix_inverse symbolic",
        "hadamard operations",
        "rref, 8x8, entries up to 10^6",
        "slowest verdict on",
        "rows, opened from the cache",
        "of it in environment calls",
        "a fresh interpreter per program / ours",
        "good programs beside endless ones / alone",
        "good programs misjudged",
    ):
        assert figure in done.stdout


def test_bench_trainer_prints_every_figure() -> None:
    rows = dict(bench_trainer(short=True))
    assert all(" x " in figure or "waited" in figure for figure in rows.values())
    for begins in ("sampling, ", "6 turns, ", "overlap, ", "passes, ", "step, "):
        assert any(what.startswith(begins) for what in rows), begins
