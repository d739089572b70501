"""What `/sample` posed, where every slot is to hold a problem."""

from collections.abc import Sequence

from envserver.wire import ProblemOut
from trainer_client.errors import ServerRefused


def filled(problems: Sequence[ProblemOut], beyond: bool = False) -> list[ProblemOut]:
    """Return the problems; raises `ServerRefused` for a slot without one.

    `beyond`: slots beyond the end of a pool are left out.
    """
    found = []
    for problem in problems:
        if problem.error is None:
            found.append(problem)
        elif not (beyond and problem.error.code == "empty_slot"):
            raise ServerRefused(problem.error.status, problem.error.message)
    return found
