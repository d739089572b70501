"""One YAML file: what is learned from which start, which rewards are compared, how much is asked in the end."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, model_validator

from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.reward_config import LikelihoodConfig, Strict


class SupervisedConfig(Strict):
    """A supervised phase of a model that is made here; pretrained models need none."""

    steps: int = Field(600, ge=1)
    batch: int = Field(64, ge=1)
    learning_rate: float = Field(3e-3, gt=0)
    noise: float = Field(0.5, ge=0, le=1)
    """Of the base: the share of examples without help, or with another problem's. Of the helper: of the latter."""


class PromptModelConfig(Strict):
    """The experiment. `train` is the run of every reward, with `likelihood` as far as they have it in common."""

    train: TrainConfig
    base: SupervisedConfig | None = None
    """How the base learns to use help; None: it is `train.model.path` as it is."""
    helper: SupervisedConfig | None = None
    """How the helper learns the form of help; None: it starts as the base."""
    rewards: dict[str, dict[str, Any]] = Field(min_length=1)
    """By name, what differs in `likelihood`, e.g. {relative: {mode: relative}}."""
    seeds: int = Field(3, ge=1)
    problems: int = Field(200, ge=8)
    """Asked of each stage in the end."""
    samples: int = Field(4, ge=2)
    """Helps of each problem, from which the rank correlations are computed."""

    @model_validator(mode="after")
    def _of_help(self) -> "PromptModelConfig":
        if self.train.likelihood is None or self.train.likelihood.of != "help":
            raise ValueError("train.likelihood is of: help")
        for name in self.rewards:
            self.likelihood(name)
        return self

    def likelihood(self, name: str) -> LikelihoodConfig:
        """Return one of the rewards that are compared."""
        common = self.train.likelihood.model_dump() if self.train.likelihood else {}
        return LikelihoodConfig.model_validate({**common, **self.rewards[name]})


def load_experiment(file: Path) -> PromptModelConfig:
    """Read an experiment; raises `BadConfig`."""
    try:
        return PromptModelConfig.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadConfig(f"{file}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfig(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def curricula_beside(file: Path) -> dict[str, str]:
    """Return the setting of a server that also serves the curricula in the folder beside an experiment."""
    folder = file.resolve().parent / "curricula"
    return {"ECHELON_CURRICULA": str(folder)} if folder.is_dir() else {}
