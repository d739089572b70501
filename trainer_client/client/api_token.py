"""The token that a server may ask for: from where it is given, and never in what is said of it."""

import os
import re

from trainer_client.errors import BadConfig

_TOKEN = re.compile("ech_[A-Za-z0-9_-]{8,128}")


def authorization(given: str | None) -> dict[str, str]:
    """Return the header for a token, or for `ECHELON_TOKEN` where none is given; raises `BadConfig`."""
    # A file of a secret often ends with a line's end.
    token = (os.environ.get("ECHELON_TOKEN", "") if given is None else given).strip()
    if not token:
        return {}
    if not _TOKEN.fullmatch(token):
        raise BadConfig("ECHELON_TOKEN is none: `echelon-server token create` says one, that begins with ech_")
    return {"Authorization": f"Bearer {token}"}
