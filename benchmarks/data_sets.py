"""A data set of a million rows: reading it once, opening it from the cache, fetching rows; in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

_MEASURED = """
import json, random, re, sys, time
from pathlib import Path
from generators.data_sets.rows import Source
from generators.data_sets.store import opened

file, cache = Path(sys.argv[1]), Path(sys.argv[2])
started = time.perf_counter()
store = opened(Source("large", path=str(file), answers="number"), cache)
took = time.perf_counter() - started
rows, rng = store.rows("train"), random.Random(0)
started = time.perf_counter()
for _ in range(2_000):
    rows[rng.randrange(len(rows))]
fetch = (time.perf_counter() - started) / 2_000
# Not ru_maxrss, which begins at the size of the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(json.dumps([took, fetch, int(peak[1]) / 1_024]))
"""


def bench_data_sets(folder: Path, rows: int) -> list[tuple[str, str]]:
    """Return rows of (what, figure)."""
    file = folder / "large.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for i in range(rows):
            question = f"Question number {i}: a shop sells {i % 97} boxes of {i % 53} pens, how many pens are that?"
            out.write(json.dumps({"question": question, "answer": (i % 97) * (i % 53)}) + "\n")
    first, again = (_measured(file, folder / "cache") for _ in range(2))
    return [
        (f"data set of {rows:,} rows, read, checked and written to a cache", f"{first[0]:.1f} s, {first[2]:.0f} MB"),
        (f"data set of {rows:,} rows, opened from the cache", f"{again[0] * 1e3:.1f} ms, {again[2]:.0f} MB"),
        ("one of its rows, by its number", f"{again[1] * 1e6:.0f} us"),
    ]


def _measured(file: Path, cache: Path) -> tuple[float, float, float]:
    command = [sys.executable, "-c", _MEASURED, str(file), str(cache)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    took, fetch, megabytes = json.loads(shown)
    return took, fetch, megabytes
