"""One named part of a reward."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Weight = Annotated[FiniteFloat, Field(ge=-100, le=100)]

OF_FORM = frozenset(
    {
        "always",
        "format",
        "language",
        "tags",
        "opening_tags",
        "numeric_rows",
        "overlong",
        "brevity",
        "repetition",
        "legal",
    }
)
"""Components that say how an answer is put and not what it is worth: a canary may earn them."""
COUNTING = frozenset({"overlong", "brevity"})
"""Components that go by the number of tokens, which the caller has to say."""


class Part(BaseModel):
    """weight · component, where the gate is open: `format` where that component is 1, `!correct` where it is not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    component: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    weight: Weight = 1.0
    gate: str | None = Field(None, pattern=r"^!?[a-z][a-z0-9_]{0,63}$")

    def open(self, components: Mapping[str, float]) -> bool:
        """Whether the part counts."""
        if self.gate is None:
            return True
        full = components.get(self.gate.lstrip("!"), 0.0) >= 1.0
        return full != self.gate.startswith("!")
