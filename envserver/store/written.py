"""JSON in and out of the store, exactly: also integers of more than 64 bits, which orjson refuses and rounds."""

import json
from typing import Any

import orjson


def written(value: Any) -> str:
    """Return a value as JSON."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))


def read(text: str) -> Any:
    """Return what was written."""
    return json.loads(text)
