"""What is compared: a YAML file of arms, rates and seeds.

`base` holds the settings that all arms share, `arms` what each changes. All start from the same weights. For every arm
the rate with the best dev success is taken, over the same grid; what is reported are other seeds and the test split.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trainer_client.config import TrainConfig, validated
from trainer_client.errors import BadConfig
from trainer_client.strategies import Layers

Phase = Literal["sweep", "report"]
_WHOLE = ("strategy", "policy")


class Study(BaseModel):
    """What is compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    base: dict[str, Any] = {}
    """Settings of a run that all arms share; without server.url a server is started for the study."""
    arms: dict[str, dict[str, Any]] = Field(min_length=1)
    """What each arm changes."""
    rates: tuple[float, ...] = Field(min_length=1)
    """Learning rates that every arm is tried at."""
    sweep_seeds: tuple[int, ...] = (1_000,)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    reference: str = "full"
    """The arm whose gain counts as 1."""
    temperatures: tuple[float, ...] = (0.7, 0.5, 0.3, 0.1)
    """At which the untrained model is asked, beside 1 and greedy."""
    watch: int = Field(0, ge=0)
    """Steps between two answers to the first `eval.n` dev problems, which show the way; 0 looks at the end only."""

    @property
    def sweep(self) -> Iterator["Planned"]:
        """The runs that choose the rates; none where there is but one."""
        return (
            Planned(arm, "sweep", rate, seed)
            for arm in self.arms
            for rate in self.rates
            for seed in self.sweep_seeds
            if len(self.rates) > 1
        )

    @property
    def reported(self) -> Iterator["Planned"]:
        """The runs that may be reported: those of the rates that are not taken are never done."""
        return (Planned(arm, "report", rate, seed) for arm in self.arms for rate in self.rates for seed in self.seeds)

    @property
    def first(self) -> "Planned":
        """Some run; what all share can be read off its configuration."""
        return next(iter(self.reported))


@dataclass(frozen=True)
class Planned:
    """One run."""

    arm: str
    phase: Phase
    rate: float
    seed: int

    @property
    def name(self) -> str:
        return f"{self.arm}/{self.phase}-{self.rate:g}-{self.seed}"


def load_study(path: Path) -> Study:
    """Read a study; raises `BadConfig` naming what is wrong, also in the settings of an arm."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        study = Study.model_validate(data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadConfig(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfig(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    for arm in study.arms:
        if not arm.replace("_", "").replace("-", "").isalnum():
            raise BadConfig(f"{path}: an arm is named in letters, digits, - and _, not {arm!r}")
        _check_fair(path, study, arm)
    if set(study.seeds) & set(study.sweep_seeds):
        raise BadConfig(f"{path}: the seeds that are reported are others than those that chose the rate")
    if study.reference not in study.arms:
        raise BadConfig(f"{path}: reference: there is no arm {study.reference}")
    return study


def _check_fair(path: Path, study: Study, arm: str) -> None:
    """Raise `BadConfig` for an arm that sees more samples than the others, or other problems."""
    first = configured(study, study.first, "tiny")
    own = configured(study, Planned(arm, "sweep", study.rates[0], 0), "tiny")
    if own.grpo.completions != first.grpo.completions:
        raise BadConfig(
            f"{path}: {arm}: {own.grpo.completions:,} samples, where {study.first.arm} has {first.grpo.completions:,}"
        )
    if own.grpo.alike == "refill":
        raise BadConfig(f"{path}: {arm}: with grpo.alike: refill, arms see as many samples as each happens to need")
    mine, theirs = shared_settings(own), shared_settings(first)
    if unlike := [key for key in mine if mine[key] != theirs[key]]:
        raise BadConfig(f"{path}: {arm}: {unlike[0]} is the same for all arms: put it into base")
    try:
        own.curriculum.start("any@0", 1)
    except BadConfig as error:
        raise BadConfig(f"{path}: {arm}: {error}") from error


def shared_settings(config: TrainConfig) -> dict[str, Any]:
    """Return what all arms have in common: the problems, the start, and how long an answer may be."""
    settings = config.model_dump(mode="json")
    own = {key: settings[key] for key in ("curriculum", "eval", "model", "warmstart")}
    own["curriculum"].pop("policy")  # an arm may take the problems in another order
    return own | {f"grpo.{key}": settings["grpo"][key] for key in ("max_completion", "max_episode")}


def configured(study: Study, run: Planned, model: str) -> TrainConfig:
    """Return the configuration of one run."""
    data = _merged(study.base, study.arms[run.arm])
    data = _merged(data, {"seed": run.seed, "run": str(study.folder / "runs" / run.name)})
    # A rate that destroys a model is to be seen as one, not to be lowered on the way.
    data = _merged(data, {"grpo": {"learning_rate": run.rate, "rollbacks": 0}, "model": {"path": model}})
    return validated(data)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings with changes; a strategy and a policy are replaced as a whole."""
    found = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, Mapping) and isinstance(found.get(key), Mapping) and key not in _WHOLE
        found[key] = _merged(found[key], value) if nested else value
    return found


def only_layer(config: TrainConfig) -> int | None:
    """Return the layer that trains, where it is one alone."""
    layers = config.strategy.layers if isinstance(config.strategy, Layers) else None
    return layers[0] if isinstance(layers, tuple) and len(layers) == 1 else None
