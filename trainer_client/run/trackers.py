"""Trackers that a run's metrics go to beside its folder and the server; TRL sends them."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from trainer_client.errors import BadConfig

Tracker = Literal["tensorboard", "trackio", "wandb", "mlflow"]


def ready(trackers: list[Tracker], run: Path) -> None:
    """Have trackers write where a run is found again, unless their own variables say otherwise; raises `BadConfig`."""
    for tracker in trackers:
        if find_spec(tracker) is None:
            raise BadConfig(f"report_to: {tracker} is not installed: pip install {tracker}")
    settings: Mapping[str, str] = {
        "TENSORBOARD_LOGGING_DIR": str(run / "tensorboard"),
        "WANDB_PROJECT": "echelon",
        "MLFLOW_EXPERIMENT_NAME": "echelon",
    }
    for name, value in settings.items() if trackers else ():
        os.environ.setdefault(name, value)
