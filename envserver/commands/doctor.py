"""`echelon-server doctor`: is what this installation needs there, and does it work? Each check says what it saw."""

import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import text

from curricula.errors import CurriculumError
from envserver.errors import Invalid
from envserver.sets import served
from envserver.settings import Settings
from envserver.store.database import Database, head
from envserver.store.errors import StoreError
from envserver.store.tokens import all_tokens
from generators.errors import GeneratorError, did_you_mean
from generators.sandbox.shared import shared

State = Literal["ok", "warn", "fail"]
_FULL_BYTES = 2**30  # of disk: with less, a warning
_SLOW_MS = 50.0  # a commit


@dataclass(frozen=True)
class Finding:
    """What one check saw."""

    what: str
    state: State
    says: str


def examined(settings: Settings) -> Iterator[Finding]:
    """Yield what every check finds; none of them leaves anything behind but the store's schema."""
    for what, check in (
        ("settings", _settings),
        ("curricula and sets", _served),
        ("sandbox", _sandbox),
        ("store", _store),
        ("access", _access),
        ("limits", _limits),
    ):
        yield from _checked(what, check, settings)


def _checked(what: str, check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except (CurriculumError, GeneratorError, Invalid, StoreError) as error:
        yield Finding(what, "fail", str(error))


def _settings(settings: Settings) -> Iterator[Finding]:
    known = {f"ECHELON_{name.upper()}" for name in Settings.model_fields} | {"ECHELON_TOKEN"}
    for name in sorted(name for name in os.environ if name.startswith("ECHELON_") and name not in known):
        yield Finding("settings", "warn", f"{name} is no setting, and nothing reads it{did_you_mean(name, known)}")


def _served(settings: Settings) -> Iterator[Finding]:
    curricula = served(settings)
    off = [curriculum for curriculum in curricula.values() if curriculum.disabled]
    yield Finding("curricula", "ok", f"{len(curricula) - len(off)} served: {', '.join(sorted(curricula))}")
    for curriculum in off:
        yield Finding("curricula", "warn", f"{curriculum.name} is not served: {curriculum.disabled}")
    for curriculum in curricula.values():
        for stage, why in curriculum.left_out.items():
            yield Finding("data sets", "warn", f"{curriculum.name} is without {stage}: {why}")


def _sandbox(settings: Settings) -> Iterator[Finding]:
    if why := shared().unavailable():
        yield Finding("sandbox", "warn", f"programs are not run here: {why}")
        return
    started = time.perf_counter()
    ran = shared().run("def f(k):\n    return 2 ** k", (10,))
    took = 1_000 * (time.perf_counter() - started)
    if ran.outputs != (1_024,):
        yield Finding("sandbox", "fail", "a program that returns 2 ** 10 did not return 1024")
        return
    free = bool(settings.unprotected_programs)
    kept = "not held by the kernel" if free else "held by the kernel"
    yield Finding("sandbox", "warn" if free else "ok", f"a program ran in {took:.1f} ms, {kept}")


def _store(settings: Settings) -> Iterator[Finding]:
    if not settings.keeps:
        yield Finding("store", "warn", "none: rollouts are judged and forgotten, and there are no tokens")
        return
    database = Database(settings.database_url, settings.store_timeout_s)
    database.migrate()
    took = []
    for _ in range(5):
        started = time.perf_counter()
        with database.writing() as connection:
            connection.execute(text("UPDATE echelon_schema SET version_num = version_num"))
        took.append(1_000 * (time.perf_counter() - started))
    middle = sorted(took)[2]
    state: State = "ok" if middle < _SLOW_MS else "warn"
    yield Finding("store", state, f"{database.shown}, schema {head()}, a commit takes {middle:.1f} ms")
    if database.is_file and database.url.database:
        free = shutil.disk_usage(Path(database.url.database).parent).free
        yield Finding("disk", "ok" if free > _FULL_BYTES else "warn", f"{free / 2**30:.1f} GiB free for the store")
    database.close()


def _access(settings: Settings) -> Iterator[Finding]:
    where = f"{settings.host}:{settings.port}"
    if not settings.wants_tokens:
        state: State = "ok" if settings.loopback else "warn"
        yield Finding("access", state, f"open on {where}: whoever reaches it may ask")
    else:
        database = Database(settings.database_url, settings.store_timeout_s)
        count = sum(token.valid(time.time()) for token in all_tokens(database))
        database.close()
        says = f"{count} are valid" if count else "none is valid: echelon-server token create NAME --scope ..."
        yield Finding("access", "ok" if count else "fail", f"tokens are asked for on {where}; {says}")
    yield Finding("hosts", "ok", f"answers to {', '.join(settings.names)}")


def _limits(settings: Settings) -> Iterator[Finding]:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    wanted = 2 * settings.max_in_flight + 64
    says = f"{settings.max_in_flight} requests in flight, {files} open files"
    yield Finding("limits", "ok" if files >= wanted else "warn", says)
