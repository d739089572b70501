"""Records from files, one at a time: JSON Lines, JSON, CSV, Parquet; every record with its place."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from generators.data_sets.errors import BadDataSet, BrokenRow, NotInstalled
from generators.ids import SPLITS, Split

MAX_LINE = 4 * 2**20  # bytes of one record
_FIRST = re.compile(r"[^-_.]*")
MAX_JSON = 64 * 2**20  # a JSON list is read at once

Place = str
Found = tuple[Place, Any]  # a record, or the `BrokenRow` that stands in its place

NAMES: Mapping[Split, tuple[str, ...]] = {
    "train": ("train",),
    "dev": ("dev", "validation", "valid", "val"),
    "test": ("test",),
}


def files_of(path: Path, splits: Mapping[str, str]) -> dict[Split, list[Path]]:
    """Return the files of each split; one file alone is `train`, unless its name says otherwise.

    `splits` gives other names to look for, which then must be there. Raises `BadDataSet` when there is nothing to read.
    """
    if not path.exists():
        raise BadDataSet(f"there is no file or folder {path}")
    single = path.is_file()
    readable = [path] if single else [file for file in sorted(path.rglob("*")) if file.suffix in READERS]
    found: dict[Split, list[Path]] = {}
    for split in SPLITS:
        names = (splits[split].lower(),) if split in splits else () if splits else NAMES[split]
        files = [file for file in readable if _named(file, path.parent if single else path, names)]
        if files:
            found[split] = files
        elif split in splits:
            raise BadDataSet(f"{path} holds no file named {splits[split]!r}; it has: {_listed(readable)}")
    if not found and len(readable) == 1:
        return {"train": readable}
    if not found:
        raise BadDataSet(f"{path} holds no train, dev or test file; it has: {_listed(readable)}")
    return found


def _named(file: Path, folder: Path, names: tuple[str, ...]) -> bool:
    """Whether a file, or a folder it lies in, is named after a split: `train-00000-of-00001.parquet`, `test_2.csv`."""
    return any(_FIRST.match(part.lower())[0] in names for part in file.relative_to(folder).parts)  # type: ignore[index]


def _listed(files: list[Path]) -> str:
    return ", ".join(file.name for file in files[:5]) or f"nothing ending in {', '.join(READERS)}"


def records(file: Path) -> Iterator[Found]:
    """Yield every record of a file with its place; raises `BadDataSet` for a file that cannot be read at all."""
    if file.suffix not in READERS:
        raise BadDataSet(f"{file.name}: a set is read from files ending in {', '.join(READERS)}")
    try:
        yield from READERS[file.suffix](file)
    except OSError as error:
        raise BadDataSet(f"{file}: {error.strerror or error}") from error


def _json_lines(file: Path) -> Iterator[Found]:
    with file.open("rb") as lines:
        number = 0
        while line := lines.readline(MAX_LINE):
            number += 1
            if line.endswith(b"\n") or len(line) < MAX_LINE:
                if line.strip():
                    yield f"line {number:,}", _json(line, number == 1)
                continue
            while (rest := lines.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield f"line {number:,}", BrokenRow(f"the line is longer than {MAX_LINE:,} bytes")


def _json(line: bytes, first: bool) -> Any:
    try:
        record = json.loads(line.decode("utf-8-sig" if first else "utf-8"), parse_constant=_not_a_number)
    except UnicodeDecodeError as error:
        return BrokenRow(f"not UTF-8 at byte {error.start + 1}")
    except (ValueError, RecursionError) as error:
        return BrokenRow(f"not JSON: {str(error)[:80]}")
    return record if isinstance(record, dict) else BrokenRow("not a JSON object")


def _not_a_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _json_list(file: Path) -> Iterator[Found]:
    if file.stat().st_size > MAX_JSON:
        raise BadDataSet(f"{file.name}: a JSON file is read up to {MAX_JSON:,} bytes; use JSON Lines")
    try:
        listed = json.loads(file.read_bytes().decode("utf-8-sig"), parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        raise BadDataSet(f"{file.name}: not JSON: {str(error)[:80]}") from None
    if not isinstance(listed, list):
        raise BadDataSet(f"{file.name}: not a JSON list of objects")
    for number, record in enumerate(listed, 1):
        yield f"item {number:,}", record if isinstance(record, dict) else BrokenRow("not a JSON object")


def _csv(file: Path) -> Iterator[Found]:
    with file.open("rb") as lines:
        reader = csv.DictReader(_decoded(file, lines), strict=True)
        try:
            for record in reader:
                whole = None not in record and None not in record.values()
                yield f"line {reader.line_num:,}", record if whole else BrokenRow("the line has too many or few cells")
        except csv.Error as error:
            raise BadDataSet(f"{file.name} line {reader.line_num:,}: {error}") from None


def _decoded(file: Path, lines: BinaryIO) -> Iterator[str]:
    number = 0
    while line := lines.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise BadDataSet(f"{file.name} line {number:,} is longer than {MAX_LINE:,} bytes")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadDataSet(f"{file.name} line {number:,} is not UTF-8 at byte {error.start + 1}") from None


def _parquet(file: Path) -> Iterator[Found]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise NotInstalled("Parquet files need pyarrow: pip install 'echelon[data]'") from None
    number = 0
    try:
        for batch in ParquetFile(file).iter_batches(batch_size=512):
            for record in batch.to_pylist():
                number += 1
                yield f"row {number:,}", record
    except (ArrowException, UnicodeDecodeError) as error:
        raise BadDataSet(f"{file.name} row {number + 1:,}: not a Parquet file: {str(error)[:80]}") from None


READERS: Mapping[str, Callable[[Path], Iterator[Found]]] = {
    ".jsonl": _json_lines,
    ".json": _json_list,
    ".csv": _csv,
    ".parquet": _parquet,
}
