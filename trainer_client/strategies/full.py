"""Every weight trains: what the others are compared with."""

from typing import Literal

from peft import PeftConfig
from pydantic import BaseModel, ConfigDict


class Full(BaseModel):
    """Train all weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["full"] = "full"

    def adapter(self) -> PeftConfig | None:
        """Return the adapter to train instead of the weights; none here."""
        return None
