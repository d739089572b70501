"""Which layers are meant: `first: 2`, `last: 2`, `middle: 2`, or a list of numbers."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trainer_client.errors import BadConfig
from trainer_client.strategies.plan import Anatomy, layer


class Ends(BaseModel):
    """So many layers from the bottom, from the top, or around the middle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: int = Field(0, ge=0)
    last: int = Field(0, ge=0)
    middle: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _one_way(self) -> "Ends":
        if sum(bool(count) for count in (self.first, self.last, self.middle)) != 1:
            raise ValueError("give one of first, last and middle")
        return self


Choice = Ends | tuple[int, ...]


def chosen(anatomy: Anatomy, choice: Choice) -> tuple[str, ...]:
    """Return the layers that are meant, in order; raises `BadConfig` for one that the model does not have."""
    n = anatomy.layers
    if isinstance(choice, tuple):
        if wrong := [at for at in choice if not -n <= at < n]:
            raise BadConfig(f"strategy: the model has layers 0 to {n - 1}, and no layer {wrong[0]}")
        return tuple(layer(at) for at in sorted({at % n for at in choice}))
    count = choice.first or choice.last or choice.middle
    if count > n:
        raise BadConfig(f"strategy: the model has {n} layers, not {count}")
    # Around the middle as "Is one layer enough?" (arXiv 2607.01232) has it.
    start = 0 if choice.first else n - count if choice.last else (n - count) // 2
    return anatomy.blocks[start : start + count]
