"""From what went wrong to the reply: one table, used for whole requests and for single items of a batch.

404  bad_id, empty_split, empty_slot, unknown_curriculum, unknown_run, no_store    nothing of that name
403  reveal_refused, test_only                   not permitted here
401  no_token, 403 wrong_scope                   see http/access.py; 421 unknown_host: see http/hosts.py
409  stale, conflict                             another text, look or body than the one meant
408  slow                                        the body did not arrive in time
413  too_large                                   beyond /limits
422  invalid_request, no_length, no_horizon, episode_over      a field that is unknown, missing or does not fit
500  internal                                    a fault of the server; its log says more
503  worker_failed, sandbox_failed, unjudged     a process that judges or draws is not to be had; try again
503  store_unavailable                           what was judged is not kept, and so not answered; try again
501  disabled                                    this installation cannot judge it; says why
429  busy                                        too many in flight; try again after Retry-After seconds
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydantic import ValidationError

from curricula.errors import CurriculumError, EmptySlot, NoHorizon, NoLength, Stale, TestOnly, UnknownCurriculum
from envserver.store.errors import Conflict, NoStore, StoreError, StoreUnavailable, UnknownRun
from envserver.wire import ErrorBody
from generators.errors import BadId, Disabled, EmptySplit, EpisodeOver, GeneratorError
from generators.sandbox.limits import SandboxFailed
from generators.workers import WorkerFailed


class Invalid(Exception):
    """A request whose fields do not go together."""


class RevealRefused(Exception):
    """An answer was asked for where none may be shown."""


class Unjudged(Exception):
    """A protocol that can say nothing but a number asks for one, and there is none: a failure of ours, and no 0."""


_TABLE: Sequence[tuple[type[Exception], int, str]] = (
    (BadId, 404, "bad_id"),
    (EmptySplit, 404, "empty_split"),
    (UnknownCurriculum, 404, "unknown_curriculum"),
    (EmptySlot, 404, "empty_slot"),
    (RevealRefused, 403, "reveal_refused"),
    (TestOnly, 403, "test_only"),
    (Stale, 409, "stale"),
    (Invalid, 422, "invalid_request"),
    (NoHorizon, 422, "no_horizon"),
    (NoLength, 422, "no_length"),
    (EpisodeOver, 422, "episode_over"),
    (Disabled, 501, "disabled"),
    (UnknownRun, 404, "unknown_run"),
    (NoStore, 404, "no_store"),
    (Conflict, 409, "conflict"),
    (StoreUnavailable, 503, "store_unavailable"),
    (WorkerFailed, 503, "worker_failed"),
    (SandboxFailed, 503, "sandbox_failed"),
    (Unjudged, 503, "unjudged"),
)
EXPECTED: tuple[type[Exception], ...] = tuple(kind for kind, _, _ in _TABLE)


def codes() -> dict[int, list[str]]:
    """Return the codes of expected errors by their status."""
    found: dict[int, list[str]] = {}
    for _, status, code in _TABLE:
        found.setdefault(status, []).append(code)
    return found


def error_body(error: Exception) -> ErrorBody:
    """Describe an expected error; the message is ours and holds no answer."""
    for kind, status, code in _TABLE:
        if isinstance(error, kind):
            return ErrorBody(status=status, code=code, message=str(error), part=getattr(error, "part", None))
    raise error


def invalid(errors: Sequence[dict[str, object]]) -> ErrorBody:
    """Describe a body that is not what the endpoint takes, without echoing what was sent."""
    first = errors[0]
    where = ".".join(str(part) for part in first.get("loc", ()) if part != "body")  # type: ignore[attr-defined]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    message = f"{where}: {first.get('msg')}{more}" if where else f"{first.get('msg')}{more}"
    return ErrorBody(status=422, code="invalid_request", message=message[:500], part=where[:200] or None)


@contextmanager
def reported() -> Iterator[None]:
    """End the process with one line on standard error where a command of the terminal cannot go on."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        place = (".".join(map(str, first["loc"])),) if first["loc"] else ()
        sys.exit(": ".join(("echelon-server", *place, first["msg"].removeprefix("Value error, "))))
    except (CurriculumError, GeneratorError, Invalid, RevealRefused, StoreError) as error:
        sys.exit(f"echelon-server: {error}")
