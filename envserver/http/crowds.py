"""Bodies that hold more than anybody means: found before a model is asked, which would list each fault of them."""

from typing import Any

from pydantic_core import from_json

from envserver.errors import Invalid

_SMALL = 64 * 1_024  # bytes: a body in which there is no room for a crowd
_KEYS = 1_024  # of one object
_VALUES = 200_000  # lists and objects' members in all


def refuse_crowds(body: bytes) -> None:
    """Raise `Invalid` for an object of very many keys, or for very many values in all."""
    if len(body) <= _SMALL:
        return
    try:
        left: list[Any] = [[from_json(body)]]  # what the models read, NaN too
    except ValueError:  # the model says where
        return
    count = 0
    while left:
        value = left.pop()
        if isinstance(value, dict) and len(value) > _KEYS:
            raise Invalid(f"an object has at most {_KEYS:,} keys")
        inside = value.values() if isinstance(value, dict) else value
        count += len(inside)
        if count > _VALUES:
            raise Invalid(f"a request has at most {_VALUES:,} values")
        left += [one for one in inside if isinstance(one, dict | list)]
