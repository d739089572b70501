"""What one process decides for all of a run."""

from collections.abc import Callable
from typing import Any, TypeVar

from accelerate import PartialState
from accelerate.utils import broadcast_object_list

from trainer_client.errors import EnvironmentFailed, TrainerError

T = TypeVar("T")


def on_main(work: Callable[[], T]) -> T:
    """Run on the main rank and give every rank the result, or raise `EnvironmentFailed` on every rank."""
    box: list[Any] = [None]
    cause: Exception | None = None
    if PartialState().is_main_process:
        try:
            box = [(True, work())]
        except Exception as error:  # any at all: the other ranks wait for the broadcast
            cause, box = error, [(False, str(error) if isinstance(error, TrainerError) else repr(error))]
    broadcast_object_list(box)
    fine, value = box[0]
    if not fine:
        raise EnvironmentFailed(value) from cause
    return value
