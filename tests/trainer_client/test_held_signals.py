"""A signal is served behind the block that holds it, with the handler of before, and another process is untouched."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from trainer_client.held_signals import held_signals


@pytest.fixture
def served() -> Iterator[list[int]]:
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


def test_a_signal_is_served_behind_the_block(served: list[int]) -> None:
    with held_signals(signal.SIGTERM):
        signal.raise_signal(signal.SIGTERM)
        assert served == []
    assert served == [signal.SIGTERM]
    signal.raise_signal(signal.SIGTERM)
    assert len(served) == 2


def test_it_is_served_behind_a_block_that_fails(served: list[int]) -> None:
    with pytest.raises(ValueError, match="of its own"), held_signals(signal.SIGTERM):  # noqa: PT012
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("of its own")
    assert served == [signal.SIGTERM]


def test_a_process_that_is_started_meanwhile_can_be_ended() -> None:
    with held_signals(signal.SIGTERM):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    process.terminate()
    assert process.wait(60) == -signal.SIGTERM
