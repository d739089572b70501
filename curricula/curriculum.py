"""A curriculum: stages in order, how to sample them, what is rewarded, when to move on."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from curricula.errors import Stale, UnknownCurriculum
from curricula.levels import Levels
from curricula.policies import Fixed, Policy, Staged, Standing
from curricula.progress import Progress
from curricula.promotion import Demotion, EProcess, Promotion
from curricula.rewards.reward import Reward
from curricula.sieve import Sieve
from generators.errors import did_you_mean
from generators.families import family_named
from generators.ids import ProblemId, Split, Value


class Stage(BaseModel):
    """A family at one difficulty, or at difficulties that rise to one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    family: str = Field(max_length=128)
    params: dict[str, Value]
    """What is tested; of parameters that rise, the last values are filled in."""
    levels: Levels | None = None
    """How training gets there."""
    sieve: Sieve | None = None
    """Of a data set: leave out what is solved for good."""
    about: str = ""
    optional: bool = False
    """Left out where the family or the data set is not there."""

    @model_validator(mode="before")
    @classmethod
    def _at_the_last_level(cls, data: Any) -> Any:
        levels = data.get("levels") if isinstance(data, dict) else None
        rising = levels.get("params") if isinstance(levels, dict) else None
        if not isinstance(rising, dict) or not isinstance(data.get("params"), dict):
            return data
        last = {name: values[-1] for name, values in rising.items() if isinstance(values, list | tuple) and values}
        if twice := [name for name, value in last.items() if data["params"].get(name, value) != value]:
            raise ValueError(f"{twice[0]} is a parameter that rises, to {last[twice[0]]}: leave it out of params")
        return {**data, "params": {**data["params"], **last}}

    @field_validator("family")
    @classmethod
    def _with_its_version(cls, value: str) -> str:
        if not re.fullmatch(r"[\w.]+@[1-9]\d{0,8}", value, re.ASCII):
            raise ValueError("a family is written with its version, as matrix_inverse@1")
        return value

    @property
    def stem(self) -> str:
        """`family@version/parameters` of what is tested."""
        return self.problem_id("train", 0, "x").stem

    def problem_id(self, split: Split, seed: int, style: str, level: int | None = None) -> ProblemId:
        """Return the id of one problem of this stage, at its last level or an earlier one."""
        name, _, version = self.family.partition("@")
        params = {**self.params, **(self.levels.at(level) if self.levels and level is not None else {})}
        return ProblemId(name, int(version), tuple(sorted(params.items())), split, seed, style)

    @property
    def last_level(self) -> int:
        """The number of the last level, counted from 0."""
        return self.levels.last if self.levels else 0


class Curriculum(BaseModel):
    """Stages in order, how to sample them, what is rewarded and when to move on.

    `test_only` stages are there to be evaluated on and never to be trained or selected on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    about: str = ""
    style: str = "chat"
    test_only: bool = False
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=64)
    reward: Reward = Reward(preset="binary")
    policy: Policy = Staged()
    promotion: Promotion = EProcess()
    demotion: Demotion | None = Field(default_factory=lambda given: Demotion.below(given["promotion"]))
    """None: what is passed stays passed."""
    digest: str = Field("", exclude=True)
    left_out: dict[str, str] = Field({}, exclude=True)
    """Optional stages that are not there, each with the reason."""
    written: tuple[str, ...] = Field((), exclude=True)
    """The names of all stages, those that were left out too, in order."""

    @model_validator(mode="after")
    def _hysteresis(self) -> "Curriculum":
        if self.demotion and self.demotion.p0 >= self.promotion.p0:
            raise ValueError("demotion.p0 is below promotion.p0, or a stage would go up and down")
        return self

    @property
    def reference(self) -> str:
        """`name@digest`: what progress and scores refer to."""
        return f"{self.name}@{self.digest}"

    @property
    def disabled(self) -> str:
        """Why no problem of this curriculum is posed in this installation, "" where they are."""
        layout = self.style.partition("+")[0]
        reasons = (family_named(stage.family.partition("@")[0]).disabled(layout) for stage in self.stages)
        return next(filter(None, reasons), "")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(stage.name for stage in self.stages)

    @property
    def order(self) -> tuple[str, ...]:
        """The names of all stages as they are written."""
        return self.written or self.names

    def stage(self, name: str) -> Stage:
        """Return a stage by name; raises `UnknownCurriculum`."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        if name in self.left_out:
            raise UnknownCurriculum(f"the stage {name} of {self.name} is left out here: {self.left_out[name]}")
        raise UnknownCurriculum(f"{self.name} has no stage {name!r}{did_you_mean(name, self.names)}")

    def passed(self, progress: Progress) -> list[bool]:
        """Return, per stage, whether it was passed."""
        return [progress.stage(name).status != "open" for name in self.names]

    def policy_of(self, progress: Progress) -> Policy:
        """Return the policy in force: the learner's, else the curriculum's."""
        policy = progress.policy or self.policy
        if isinstance(policy, Fixed):
            self.stage(policy.stage)
        return policy

    def standing(self, progress: Progress) -> Standing[Any]:
        """Return what the policy in force looks at; what another policy has remembered is not for it."""
        policy, memory = self.policy_of(progress), progress.memory
        own = memory if memory and memory.kind == policy.kind else None
        return Standing(self.names, self.passed(progress), progress.samples, progress.horizon, own)

    def weights(self, progress: Progress) -> list[float]:
        """Return how much of a batch is to come from each stage; they need not sum to 1."""
        return self.policy_of(progress).weights(self.standing(progress))

    def tested(self, progress: Progress) -> str | None:
        """Return the stage whose promotion is tested, None where all that may be are passed."""
        return self.policy_of(progress).tested(self.standing(progress))

    def frontier(self, progress: Progress) -> str:
        """Return the stage under test, or the last one when every stage is passed."""
        policy = self.policy_of(progress)
        last = policy.stage if isinstance(policy, Fixed) else self.names[-1]
        return self.tested(progress) or last

    def check(self, progress: Progress) -> None:
        """Raise `Stale` unless the progress belongs to this very text of the curriculum."""
        if progress.curriculum != self.reference:
            raise Stale(f"the progress belongs to {progress.curriculum}, this server has {self.reference}")
        for name in progress.stages:
            self.stage(name)
        self.policy_of(progress)
