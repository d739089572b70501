"""What one process decides for all of a run."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from accelerate import PartialState
from accelerate.utils import broadcast_object_list

from trainer_client.errors import EnvironmentFailed, TrainerError

_log = logging.getLogger(__name__)

T = TypeVar("T")


def told(error: Exception) -> str:
    """Return what other ranks are told of an error; one of ours is logged where it happened, as nobody else can."""
    if isinstance(error, TrainerError):
        return str(error)
    _log.error("a fault of the trainer", exc_info=error)
    return repr(error)


def on_main(work: Callable[[], T]) -> T:
    """Run on the main rank and give every rank the result, or raise `EnvironmentFailed` on every rank."""
    box: list[Any] = [None]
    cause: Exception | None = None
    if PartialState().is_main_process:
        try:
            box = [(True, work())]
        except Exception as error:  # any at all: the other ranks wait for the broadcast
            cause, box = error, [(False, told(error))]
    broadcast_object_list(box)
    fine, value = box[0]
    if not fine:
        raise EnvironmentFailed(value) from cause
    return value
