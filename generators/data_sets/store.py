"""Rows on disk: read and checked once, then opened in milliseconds whatever their number, and fetched one by one."""

import json
import os
import sqlite3
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from threading import Lock
from typing import overload

from generators.data_sets.errors import BadDataSet, BrokenRow
from generators.data_sets.files import files_of, records
from generators.data_sets.formats import answers_of, row_of
from generators.data_sets.hub import fetched
from generators.data_sets.rows import Answer, CountdownRow, Row, Source
from generators.ids import SPLITS, Split
from generators.splits import split_of, text_digest

FORMAT = 3  # of the cache; another number reads every set again
SHOWN = 3  # broken rows that an error quotes
_IN_MEMORY = 512 * 1_024  # bytes of files up to which no cache is written
_SCHEMA = """
CREATE TABLE rows (split TEXT, at INTEGER, question TEXT, answer TEXT, choices TEXT, worked TEXT, steps INTEGER,
                   PRIMARY KEY (split, at)) WITHOUT ROWID;
CREATE INDEX by_steps ON rows (split, steps, at);
CREATE TABLE contents (content BLOB PRIMARY KEY, split TEXT, answer TEXT) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""


class RowStore:
    """The rows of one set; safe to be read from many threads."""

    def __init__(self, source: Source, database: sqlite3.Connection) -> None:
        self.source = source
        self._database = database
        self._lock = Lock()
        facts = dict(database.execute("SELECT name, value FROM facts"))
        self.fingerprint: str = facts["fingerprint"]
        self.sizes: Mapping[Split, int] = json.loads(facts["sizes"])
        self.left_out: Mapping[str, int] = json.loads(facts["left_out"])
        self.official: list[Split] = json.loads(facts["official"])

    @property
    def answers(self) -> Answer:
        """What kind of answers the set has."""
        return answers_of(self.source)

    def rows(self, split: Split) -> Sequence[Row]:
        """Return all rows of a split, fetched as they are asked for."""
        return _Rows(self, split, range(self.sizes.get(split, 0)))

    @lru_cache(maxsize=64)  # noqa: B019 - a store lives as long as the process
    def with_steps(self, split: Split, least: int, most: int) -> Sequence[Row]:
        """Return the rows whose worked answers have so many steps."""
        query = "SELECT at FROM rows WHERE split = ? AND steps BETWEEN ? AND ? ORDER BY at"
        with self._lock:
            found = array("L", (at for (at,) in self._database.execute(query, (split, least, most))))
        return _Rows(self, split, found)

    def fetch(self, split: Split, at: int) -> Row:
        """Return one row."""
        query = "SELECT question, answer, choices, worked, steps FROM rows WHERE split = ? AND at = ?"
        with self._lock:
            question, answer, choices, worked, steps = self._database.execute(query, (split, at)).fetchone()
        made = CountdownRow if self.answers == "countdown" else Row
        return made(question, answer, tuple(json.loads(choices)), worked, steps)


class _Rows(Sequence[Row]):
    def __init__(self, store: RowStore, split: Split, places: Sequence[int]) -> None:
        self.store, self.split, self.places = store, split, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        if isinstance(at, slice):
            return _Rows(self.store, self.split, self.places[at])
        return self.store.fetch(self.split, self.places[at])


def opened(source: Source, cache: Path) -> RowStore:
    """Open a set, reading it first where the cache has it not; raises `BadDataSet`.

    A file or folder is read again when a name, a size or a time of change differs; a set of the hub when its revision
    or its registration does.
    """
    if source.path:
        files = files_of(Path(source.path).expanduser(), source.splits)
        stats = [(str(file), file.stat()) for part in files.values() for file in part]
        state = [(name, one.st_size, one.st_mtime_ns) for name, one in stats]
        if sum(one.st_size for _, one in stats) <= _IN_MEMORY:
            return RowStore(source, _filled(source, files, ":memory:"))
    else:
        files, state = None, []
    key = json.dumps([FORMAT, {**asdict(source), "name": ""}, state], sort_keys=True)
    file = cache / f"{source.name}-{sha256(key.encode()).hexdigest()[:16]}.sqlite"
    if file.exists():
        with suppress(sqlite3.Error, KeyError, ValueError):
            return _cached(source, file)
        file.unlink()  # damaged: read again
    _write(source, fetched(source) if files is None else files, file)
    return _cached(source, file)


def _cached(source: Source, file: Path) -> RowStore:
    database = _connected(f"{file.absolute().as_uri()}?mode=ro&immutable=1")
    try:
        database.execute("SELECT count(*) FROM rows WHERE split = 'train' AND at < 1").fetchone()
        return RowStore(source, database)
    except BaseException:
        database.close()
        raise


def _write(source: Source, files: Mapping[Split, Sequence[Path]], target: Path) -> None:
    """Write a cache beside its place and move it there whole: two processes may do so at once."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise BadDataSet(
            f"the cache {target.parent} cannot be written ({error.strerror}); set ECHELON_CACHE"
        ) from error
    os.close(handle)
    try:
        _filled(source, files, Path(name).absolute().as_uri()).close()
        Path(name).replace(target)
    except (sqlite3.Error, OSError) as error:
        raise BadDataSet(f"the cache {target} cannot be written ({error}); set ECHELON_CACHE") from error
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _connected(where: str) -> sqlite3.Connection:
    return sqlite3.connect(where, uri=True, check_same_thread=False, isolation_level=None)


def _filled(source: Source, files: Mapping[Split, Sequence[Path]], where: str) -> sqlite3.Connection:
    """Read every row into a new database and return it open; raises `BadDataSet` and leaves nothing open."""
    database = _connected(where)
    try:
        with closing(database.cursor()) as cursor:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.executescript(_SCHEMA)
            cursor.execute("BEGIN")
            _Filling(source, files, cursor).run()
            cursor.execute("DROP TABLE contents")
            cursor.execute("COMMIT")
    except BaseException:
        database.close()
        raise
    return database


class _Filling:
    """One reading of a set: test rows first, so that a row which is in test too is left out of train."""

    def __init__(self, source: Source, files: Mapping[Split, Sequence[Path]], cursor: sqlite3.Cursor) -> None:
        self.source, self.files, self.cursor = source, files, cursor
        self.sizes: Counter[Split] = Counter()
        self.left_out: Counter[str] = Counter()
        self.broken: list[str] = []
        self.digest = sha256(answers_of(source).encode())

    def run(self) -> None:
        order: tuple[Split, ...] = ("test", "dev", "train")
        for official in order:
            for file in self.files.get(official, ()):
                for place, found in records(file):
                    self._take(official, f"{file.name} {place}", found)
        if self.left_out["broken"] and not self.source.skip_broken:
            raise BadDataSet(self._complaint())
        if not self.sizes:
            raise BadDataSet(
                f"{self.source.name}: there is no usable row{f'; {self._complaint()}' if self.broken else ''}"
            )
        facts = {
            "fingerprint": f"f{self.digest.hexdigest()[:12]}",
            "sizes": json.dumps({split: self.sizes[split] for split in SPLITS}),
            "left_out": json.dumps(self.left_out),
            "official": json.dumps(sorted(self.files)),
        }
        self.cursor.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())

    def _take(self, official: Split, place: str, found: object) -> None:
        try:
            if isinstance(found, BrokenRow):
                raise found
            row = row_of(self.source, found)  # type: ignore[arg-type]
        except BrokenRow as error:
            self.left_out["broken"] += 1
            if len(self.broken) < SHOWN:
                self.broken.append(f"{place}: {error}")
            if not self.sizes and self.left_out["broken"] >= 100 and not self.source.skip_broken:
                # A wrong registration, not a broken row.
                raise BadDataSet(self._complaint().replace(": 100 rows", ": the first 100 rows", 1)) from None
            return
        split = self._split(official, row)
        key = sha256(self._problem(row).encode()).digest()[:16]
        said = row.choices[int(row.answer)] if answers_of(self.source) == "choice" else row.answer
        query = "SELECT split, answer FROM contents WHERE content = ?"
        if known := self.cursor.execute(query, (key,)).fetchone():
            again = "repeated" if known[0] == split else f"in {known[0]} too"
            self.left_out[again if known[1] == said else f"{again} with another answer"] += 1
            return
        self.cursor.execute("INSERT INTO contents VALUES (?, ?, ?)", (key, split, said))
        values = (row.question, row.answer, json.dumps(row.choices), row.worked, row.steps)
        self.cursor.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", (split, self.sizes[split], *values))
        self.digest.update(json.dumps([split, *values], ensure_ascii=True).encode())
        self.sizes[split] += 1

    def _problem(self, row: Row) -> str:
        """Return what two rows share of which one is left out: of texts the question, whatever else is accepted."""
        return text_digest(row.question) if answers_of(self.source) == "text" else row.content

    def _split(self, official: Split, row: Row) -> Split:
        """Return the official split; what a set has no files of is hashed out of its train rows."""
        hashed = split_of(row.content)
        return hashed if official == "train" and hashed not in self.files else official

    def _complaint(self) -> str:
        count = self.left_out["broken"]
        rest = f"; and {count - len(self.broken):,} more" if count > len(self.broken) else ""
        return (
            f"{self.source.name}: {count:,} rows cannot be used: {'; '.join(self.broken)}{rest}"
            " (--skip-broken, or skip_broken: true, leaves them out)"
        )
