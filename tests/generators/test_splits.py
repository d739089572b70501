"""The content decides the split: published shares, published members."""

from collections import Counter

from generators.splits import split_of

GOLDEN = {
    "matrix:1x1:1/7": "train",
    "matrix:1x1:2/7": "train",
    "matrix:1x1:3/7": "train",
    "matrix:1x1:4/7": "dev",
    "matrix:1x1:5/7": "train",
    "matrix:1x1:6/7": "train",
    "matrix:1x1:7/7": "train",
    "matrix:1x1:8/7": "train",
    "matrix:1x1:9/7": "train",
    "matrix:1x1:10/7": "train",
    "matrix:1x1:11/7": "test",
    "matrix:1x1:12/7": "train",
}


def test_published_members_never_change() -> None:
    members = {f"matrix:1x1:{n}/7": split_of(f"matrix:1x1:{n}/7") for n in range(1, 13)}
    assert members == GOLDEN


def test_shares() -> None:
    counts = Counter(split_of(f"x{i}") for i in range(50_000))
    assert abs(counts["train"] / 50_000 - 0.8) < 0.01
    assert abs(counts["dev"] / 50_000 - 0.1) < 0.01
    assert abs(counts["test"] / 50_000 - 0.1) < 0.01
