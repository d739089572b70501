"""A published id never changes its meaning."""

import json

from tests.golden import FILE, meanings


def test_published_ids_mean_what_they_meant_and_the_pools_end_where_they_did() -> None:
    assert dict(meanings()) == json.loads(FILE.read_text())
