"""Which weights move: small declarative objects, one file each."""

from typing import Annotated

from pydantic import Field

from trainer_client.strategies.autofreeze import AutoFreeze
from trainer_client.strategies.freezeout import FreezeOut
from trainer_client.strategies.full import Full
from trainer_client.strategies.gaussian import Gaussian
from trainer_client.strategies.layer_drop import LayerDrop
from trainer_client.strategies.layers import Layers
from trainer_client.strategies.layerwise import Layerwise
from trainer_client.strategies.lisa import Lisa
from trainer_client.strategies.lora import Lora
from trainer_client.strategies.progressive import Progressive
from trainer_client.strategies.slimfit import SlimFit
from trainer_client.strategies.surgical import AutoRgn, AutoSnr
from trainer_client.strategies.tinylora import TinyLora

Strategy = Annotated[
    Full
    | Lora
    | TinyLora
    | Layers
    | Layerwise
    | AutoFreeze
    | FreezeOut
    | SlimFit
    | Lisa
    | LayerDrop
    | AutoRgn
    | AutoSnr
    | Progressive
    | Gaussian,
    Field(discriminator="kind"),
]

__all__ = [
    "AutoFreeze",
    "AutoRgn",
    "AutoSnr",
    "FreezeOut",
    "Full",
    "Gaussian",
    "LayerDrop",
    "Layers",
    "Layerwise",
    "Lisa",
    "Lora",
    "Progressive",
    "SlimFit",
    "Strategy",
    "TinyLora",
]
