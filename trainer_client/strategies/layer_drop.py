"""Progressive layer dropping (Zhang and He, arXiv 2010.13369): upper layers are left out of more and more updates."""

from collections.abc import Sequence
from math import exp
from typing import Literal

from pydantic import Field

from trainer_client.strategies.plan import Anatomy, Moment, Plan


class LayerDrop(Plan):
    """Compute layer l of L in an update with chance 1 - l/L·(1 - theta(t)); theta falls from 1 to `keep`.

    theta(t) = (1 - keep)·exp(-gamma·t) + keep with gamma = 100 / steps. A layer that is computed counts 1/p. All
    weights train, and completions are sampled from the whole model.
    """

    kind: Literal["layer_drop"] = "layer_drop"
    keep: float = Field(0.5, gt=0, le=1)
    thins = True

    def kept(self, anatomy: Anatomy, moment: Moment) -> Sequence[float] | None:
        theta = (1 - self.keep) * exp(-100.0 * moment.step / moment.steps) + self.keep
        return [1 - (at + 1) / anatomy.layers * (1 - theta) for at in range(anatomy.layers)]
