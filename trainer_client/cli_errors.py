"""How a command ends that cannot go on."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from trainer_client.errors import TrainerError


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Say what went wrong in one line; where the command is told to end, what it has started ends with it."""
    before = signal.signal(signal.SIGTERM, lambda *told: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    except TrainerError as error:
        sys.exit(f"echelon-trainer: {error}")
    finally:
        signal.signal(signal.SIGTERM, before)
