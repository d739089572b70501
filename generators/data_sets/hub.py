"""Data sets of the Hugging Face hub: their Parquet files only, never code from a repository."""

from pathlib import Path

from generators.data_sets.errors import BadDataSet, NotInstalled
from generators.data_sets.files import NAMES
from generators.data_sets.rows import Source
from generators.ids import SPLITS, Split

CONVERTED = "refs/convert/parquet"  # the hub writes every data set as Parquet there: config/split/0000.parquet


def fetched(source: Source) -> dict[Split, list[Path]]:
    """Download what is not in the hub's own cache and return the files per split; raises `BadDataSet`."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise NotInstalled("sets of the hub need huggingface_hub: pip install 'echelon[data]'") from None
    wanted = {split: (source.splits[split],) if split in source.splits else NAMES[split] for split in SPLITS}
    if source.splits:
        wanted = {split: names for split, names in wanted.items() if split in source.splits}
    try:
        folder = Path(
            snapshot_download(
                source.hub,
                repo_type="dataset",
                revision=source.revision or CONVERTED,
                allow_patterns=[f"{source.config}/{name}/*.parquet" for names in wanted.values() for name in names],
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise BadDataSet(f"{source.hub} cannot be had from the hub: {str(error).splitlines()[0][:200]}") from error
    found: dict[Split, list[Path]] = {}
    for split, names in wanted.items():
        files = [file for name in names for file in sorted((folder / source.config / name).glob("*.parquet"))]
        if files:
            found[split] = files
        elif split in source.splits:
            raise BadDataSet(f"{source.hub} has no Parquet files in {source.config}/{source.splits[split]}")
    if not found:
        raise BadDataSet(f"{source.hub} has no Parquet files of the configuration {source.config!r}")
    return found
