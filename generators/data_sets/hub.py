"""Data sets of the Hugging Face hub: their Parquet files only, never code from a repository."""

from collections.abc import Mapping
from pathlib import Path

from generators.data_sets.errors import BadDataSet, NotInstalled
from generators.data_sets.rows import Source
from generators.ids import SPLITS, Split

CONVERTED = "refs/convert/parquet"  # the hub writes every data set as Parquet there: config/split/0000.parquet


def fetched(source: Source) -> dict[Split | None, list[Path]]:
    """Download what is not in the hub's own cache and return the files per split; raises `BadDataSet`."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise NotInstalled("sets of the hub need huggingface_hub: pip install 'echelon[data]'") from None
    wanted: Mapping[str, str] = source.splits or {split: split for split in SPLITS}
    try:
        folder = Path(
            snapshot_download(
                source.hub,
                repo_type="dataset",
                revision=source.revision or CONVERTED,
                allow_patterns=[f"{source.config}/{name}/*.parquet" for name in wanted.values()],
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise BadDataSet(f"{source.hub} cannot be had from the hub: {str(error).splitlines()[0][:200]}") from error
    found: dict[Split | None, list[Path]] = {}
    for split in SPLITS:
        files = sorted((folder / source.config / wanted[split]).glob("*.parquet")) if split in wanted else []
        if files:
            found[split] = files
    if not found:
        raise BadDataSet(f"{source.hub} has no Parquet files of {source.config!r} in {', '.join(wanted.values())}")
    return found
