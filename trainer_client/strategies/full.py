"""Every weight trains: what the others are compared with."""

from typing import Literal

from trainer_client.strategies.plan import Plan


class Full(Plan):
    """Train all weights."""

    kind: Literal["full"] = "full"
