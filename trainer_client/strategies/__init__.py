"""Which weights move: small declarative objects, one file each."""

from typing import Annotated

from pydantic import Field

from trainer_client.strategies.full import Full
from trainer_client.strategies.lora import Lora

Strategy = Annotated[Full | Lora, Field(discriminator="kind")]

__all__ = ["Full", "Lora", "Strategy"]
