"""The database behind its address: SQLite in WAL mode, or PostgreSQL; and its schema brought up to date.

SQLite syncs at every commit, so that what was acknowledged outlives the machine too, and a transaction that writes
takes its lock at the beginning: one that has read before would be refused it.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NoSuchModuleError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from envserver.store.errors import StoreUnavailable
from envserver.store.schema import metadata, runs

_MIGRATIONS = Path(__file__).with_name("migrations")
_POOL, _MORE = 8, 4  # connections of a process, for readers beside the writer
_UNTIL, _STEPS = "echelon.until", 100_000  # when a statement ends at the latest; asked every so many steps of SQLite's
_VERSION = "echelon_schema"  # of Alembic's own name there may be another program's in the same database

Insert = Callable[..., Any]


class Database:
    """Connections to one address. `wait_s` is how long a lock, or a connection, is waited for."""

    def __init__(self, address: str, wait_s: float) -> None:
        self.url = _url(address)
        self.wait_s = wait_s
        self.engine = _engine(self.url, wait_s)
        dialect = self.url.get_backend_name()
        self._file: int | None = None  # what was migrated
        self.epoch = 0
        """Rises where the tables are found to be others: what was known of their rows holds no more."""
        self._ensuring = Lock()
        self.insert: Insert = postgresql.insert if dialect == "postgresql" else sqlite.insert

    @property
    def is_file(self) -> bool:
        """Whether it is a file of this machine, and not a server that may come back."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that writes; raises `StoreUnavailable`."""
        self._ensure()
        with (
            self._translated(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that reads; raises `StoreUnavailable`."""
        self._ensure()
        with self._translated(), self.engine.connect() as connection:
            yield connection

    def check(self) -> None:
        """Raise `StoreUnavailable` where the store does not answer, or has lost its tables."""
        with self.reading() as connection:
            connection.execute(select(runs.c.key).limit(1))

    def migrate(self) -> None:
        """Bring the schema up to date; of several processes one does it, and the others wait.

        A newer schema than ours is left alone: revisions only add, so that servers of both versions can go on beside
        each other while they are replaced.
        """
        self.make_folder()
        with self._translated():
            with self.engine.connect() as connection:
                found = _revision(connection)
            if found is None or found < head():
                _upgrade(self.engine)
        self._file = self._there()

    def _ensure(self) -> None:
        # A database that was not there at the start may have come since; a file may have been taken away.
        if self._file is not None and self._file == self._there():
            return
        with self._ensuring:
            if self._file is not None and self._file != self._there():
                self.engine.dispose()
                self._lost()
            if self._file is None:
                self.migrate()

    def _lost(self) -> None:
        self._file = None
        self.epoch += 1

    def _there(self) -> int | None:
        """Return what tells the file from another one in its place; of a server, that it was there once."""
        if not self.is_file:
            return 0
        try:
            return os.stat(str(self.url.database)).st_ino
        except OSError:
            return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, DataError):  # what was asked is wrong, not the store
            raise
        except ProgrammingError as error:  # tables that were there are gone: they are made again at the next try
            self._lost()
            raise StoreUnavailable(_first_line(error)) from error
        except DBAPIError as error:
            if "no such table" in str(error.orig):
                self._lost()
            raise StoreUnavailable(_first_line(error)) from error
        except PoolTimeout as error:
            raise StoreUnavailable("every connection to the store is taken") from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def make_folder(self) -> None:
        """Make the folder of a file that is to be, and the file: nobody else's to read. Raises `StoreUnavailable`."""
        if not self.is_file:
            return
        file = Path(str(self.url.database))
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if file.parent.parent == Path(gettempdir()) and file.parent.stat().st_uid != os.getuid():
                raise StoreUnavailable(f"{self.shown}: its folder is somebody else's")
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreUnavailable(f"{self.shown}: {error.strerror}") from error


@cache
def head() -> str:
    """Return the newest revision of the schema: its file's name begins with it."""
    return max(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_VERSION}")).scalar()


def _upgrade(engine: Engine) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(4211973)"))
        found = _revision(connection)  # another server may have been quicker
        if found is None:
            make_schema(connection)
        elif found < head():
            upgrade_schema(connection)


def make_schema(connection: Connection) -> None:
    """Make the tables of today in an empty database, at once: what the revisions would come to."""
    metadata.create_all(connection)
    connection.execute(text(f"CREATE TABLE {_VERSION} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text(f"INSERT INTO {_VERSION} VALUES (:head)"), {"head": head()})


def upgrade_schema(connection: Connection) -> None:
    """Apply the revisions that a database lacks."""
    # Half a second of imports, for the few starts that need it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=_VERSION)
    command.upgrade(config, "head")


def _url(address: str) -> URL:
    """Return an address with the driver that is used here; raises `StoreUnavailable`."""
    try:
        url = make_url(address)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreUnavailable("the database's address is sqlite:///path or postgresql://user@host/name") from error
    if backend in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreUnavailable(f"rollouts are kept in sqlite or postgresql, not in {backend}")
    if url.database in (None, "", ":memory:"):
        raise StoreUnavailable("a database in memory keeps nothing; name a file: sqlite:///path")
    return url


def _engine(url: URL, wait_s: float) -> Engine:
    shared: dict[str, Any] = {
        "pool_size": _POOL,
        "max_overflow": _MORE,
        "pool_timeout": wait_s,
    }
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": wait_s, "check_same_thread": False}, **shared)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "before_cursor_execute", partial(_begin_statement, wait_s))
        return engine
    ms = round(1_000 * wait_s)
    limits = {
        "connect_timeout": max(2, round(wait_s)),
        "options": f"-c lock_timeout={ms} -c statement_timeout={ms}",
        # A server that went without a word is found out as soon.
        "tcp_user_timeout": ms,
        "keepalives_idle": max(1, round(wait_s)),
        "keepalives_interval": 1,
        "keepalives_count": 3,
    }
    try:
        return create_engine(url, connect_args=limits, pool_pre_ping=True, **shared)
    except ImportError as error:
        raise StoreUnavailable("PostgreSQL wants its driver: pip install 'echelon[postgres]'") from error


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    # SQLite has no limit of time: a query that nobody waits for any more would keep its connection.
    connection.set_progress_handler(lambda: time.monotonic() > record.info.get(_UNTIL, float("inf")), _STEPS)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_statement(wait_s: float, connection: Connection, *statement: Any) -> None:
    connection.info[_UNTIL] = time.monotonic() + wait_s


def _begin_sqlite(connection: Connection) -> None:
    how = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {how}")


def _first_line(error: DBAPIError) -> str:
    """Return what the driver says, without the statement and its values."""
    return (str(error.orig).splitlines() or [type(error.orig).__name__])[0][:200]
