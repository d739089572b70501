"""The short form of `make bench-pages`: every page is there with some runs in the store."""

from pathlib import Path

from benchmarks.pages import bench_pages


def test_every_page_is_timed(tmp_path: Path) -> None:
    found = list(bench_pages(tmp_path, many=4, each=50, rounds=1))
    assert len(found) > 15
    assert all("ms" in says for _, says, _ in found)
