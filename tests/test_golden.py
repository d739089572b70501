"""A published id never changes its meaning."""

import json

from tests.golden import FILE, digest, meanings


def test_published_ids_mean_what_they_meant() -> None:
    golden = json.loads(FILE.read_text())
    assert {text: digest(text) for text in golden} == golden


def test_the_held_out_pools_end_where_they_did() -> None:
    assert {text for text, _ in meanings()} == set(json.loads(FILE.read_text()))
