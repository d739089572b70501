"""Some parts train, the rest is frozen: first, last or middle layers, a list, and embeddings, norm or head.

"What would Elsa do?" (Lee, Tang and Lin, arXiv 1911.03090) froze the lower layers; "Is one layer enough?"
(arXiv 2607.01232) trained single ones by GRPO.
"""

from typing import Literal

from pydantic import model_validator

from trainer_client.errors import BadConfig
from trainer_client.strategies.choice import Choice, chosen
from trainer_client.strategies.plan import Anatomy, Plan


class Layers(Plan):
    """Train the weights of chosen parts."""

    kind: Literal["layers"] = "layers"
    layers: Choice = ()
    parts: tuple[Literal["embeddings", "norm", "head"], ...] = ()
    """Beside them."""

    @model_validator(mode="after")
    def _something(self) -> "Layers":
        if not self.layers and not self.parts:
            raise ValueError("nothing would train: give layers, parts, or both")
        return self

    def reach(self, anatomy: Anatomy) -> tuple[str, ...]:
        if missing := set(self.parts) - set(anatomy.parts):
            raise BadConfig(f"strategy: the {missing.pop()} of this model is its embeddings: train those")
        wanted = {*chosen(anatomy, self.layers), *self.parts} if self.layers else set(self.parts)
        return tuple(part for part in anatomy.parts if part in wanted)
