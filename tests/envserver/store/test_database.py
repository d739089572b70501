"""The schema is what the migrations make; of many servers that start at once one makes it; what is wrong is said."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from envserver.store.database import Database, head, make_schema, upgrade_schema
from envserver.store.errors import StoreUnavailable
from envserver.store.schema import metadata


@pytest.mark.parametrize("make", [make_schema, upgrade_schema])
def test_both_ways_make_the_schema_that_is_used(address: str, make: Callable[[Connection], None]) -> None:
    """At once, as in an empty database, and revision by revision."""
    database = Database(address, 5.0)
    database.make_folder()
    with database.engine.begin() as connection:
        make(connection)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "echelon_schema"})
        assert compare_metadata(context, metadata) == []
        assert connection.execute(text("SELECT version_num FROM echelon_schema")).scalar_one() == head()
    database.close()


def test_of_many_servers_that_start_at_once_one_makes_it(address: str) -> None:
    servers = [Database(address, 20.0) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: one.migrate(), servers))
    for one in servers:
        one.check()
        one.close()


def test_a_schema_of_a_newer_server_is_left_alone(database: Database, address: str) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE echelon_schema SET version_num = '9999'"))
    other = Database(address, 5.0)
    other.check()
    with other.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM echelon_schema")).scalar() == "9999"
    other.close()
    assert head() < "9999"


def test_a_query_without_end_ends_and_gives_its_connection_back(address: str) -> None:
    database = Database(address, 0.3)
    counting = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"
    )
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"interrupted|statement timeout"), database.reading() as connection:
            connection.execute(text(counting)).scalar()
    database.check()
    database.close()


def test_sqlite_is_durable_and_keeps_its_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/one.db", 1.0)
    with database.reading() as connection:
        told = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mysql://host/name", "not in mysql"),
        ("sqlite://", "in memory"),
        ("nonsense", "sqlite:///path or postgresql"),
        ("postgresql://user:hunter2@127.0.0.1:1/name", "refused"),
        ("sqlite:////proc/nowhere/rollouts.db", "No such file"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_its_password(address: str, says: str) -> None:
    with pytest.raises(StoreUnavailable, match=says) as error:
        Database(address, 1.0).migrate()
    assert "hunter2" not in str(error.value)


def test_a_lock_is_waited_for_and_then_said(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/one.db"
    holder, other = Database(address, 1.0), Database(address, 0.05)
    with holder.writing():
        with other.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM runs")).scalar() == 0
        with pytest.raises(StoreUnavailable, match="locked"), other.writing():
            pass
    with other.writing():
        pass
    holder.close()
    other.close()


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_text("something else, and long enough to be looked at" * 40)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Database(f"sqlite:///{tmp_path}/one.db", 1.0).migrate()


def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/kept/one.db", 1.0)
    with database.writing() as connection:
        connection.execute(text("UPDATE runs SET seen = 0"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "kept").iterdir()}
    assert modes == dict.fromkeys(("one.db", "one.db-wal", "one.db-shm"), 0o600)
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    database.close()


def test_a_file_that_is_taken_away_is_made_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/one.db", 1.0)
    database.check()
    for file in tmp_path.iterdir():
        file.unlink()
    database.check()
    assert (tmp_path / "one.db").exists()
    database.close()


def test_a_database_with_another_programs_schema_beside_ours(address: str) -> None:
    """Alembic's own table tells of their revisions, and ours are in one of our own."""
    database = Database(address, 5.0)
    database.make_folder()
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('ae1027a6acf')"))
    database.check()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM runs")).scalar() == 0
    database.close()


def test_tables_that_were_dropped_are_said_and_made_again(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE echelon_schema"))
        for table in reversed(metadata.sorted_tables):
            table.drop(connection)
    with pytest.raises(StoreUnavailable):
        database.check()
    database.check()
