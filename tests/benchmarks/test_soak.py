"""The soak in a short form: nothing grows, nothing is left, nothing is misjudged."""

import pytest

from benchmarks.soak import soak
from generators.sandbox.filter import supported


@pytest.mark.skipif(not supported(), reason="no seccomp filter for this machine")
def test_programs_leave_nothing_behind() -> None:
    states, misjudged = soak(6_000, 1_000)
    assert misjudged == 0
    here, lanes, descriptors, processes = zip(*states[3:], strict=True)  # the programs remembered are at their most
    assert max(here) - min(here) <= 2
    assert max(lanes) - min(lanes) <= 2
    assert len(set(descriptors)) == 1
    assert len(set(processes)) == 1  # others may have children of their own
