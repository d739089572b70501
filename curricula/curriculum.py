"""A curriculum: stages in order, read from a YAML file and checked before it is served."""

from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curricula import strict_yaml
from curricula.errors import BadCurriculum, Stale, UnknownCurriculum
from curricula.policies import Fixed, Policy, Staged
from curricula.progress import Progress
from curricula.promotion import Promotion
from curricula.reward import Reward
from generators.errors import BadId, Disabled, EmptySplit, did_you_mean
from generators.families import family_named
from generators.ids import ProblemId, Split, Value


class Stage(BaseModel):
    """A family at one difficulty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    family: str
    params: dict[str, Value]
    about: str = ""
    optional: bool = False
    """Left out where the family or the data set is not there."""

    @property
    def stem(self) -> str:
        """`family@version/parameters`, the part of an id that a stage fixes."""
        return self.problem_id("train", 0, "x").stem

    def problem_id(self, split: Split, seed: int, style: str) -> ProblemId:
        """Return the id of one problem of this stage."""
        name, _, version = self.family.partition("@")
        return ProblemId(name, int(version), tuple(sorted(self.params.items())), split, seed, style)


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
    promotion: Promotion = Promotion()
    digest: str = Field("", exclude=True)
    left_out: dict[str, str] = Field({}, exclude=True)
    """Optional stages that are not there, each with the reason."""

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

    def frontier(self, progress: Progress) -> str:
        """Return the stage under test, or the last one when every stage is passed."""
        policy = self.policy_of(progress)
        last = policy.stage if isinstance(policy, Fixed) else self.names[-1]
        return policy.tested(self.names, self.passed(progress)) or last

    def check(self, progress: Progress) -> None:
        """Raise `Stale` unless the progress belongs to this very text of the curriculum."""
        if progress.curriculum != self.reference:
            raise Stale(f"the progress belongs to {progress.curriculum}, this server has {self.reference}")
        for name in progress.stages:
            self.stage(name)
        self.policy_of(progress)


def read_curriculum(text: str) -> Curriculum:
    """Read and check a curriculum; raises `BadCurriculum` naming the place."""
    data: Any = strict_yaml.load(text)
    if not isinstance(data, dict) or data.keys() & {"digest", "left_out"}:
        raise BadCurriculum("a curriculum is a mapping with the keys name, stages, reward, ...")
    try:
        curriculum = _settled(Curriculum.model_validate(data), data)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadCurriculum(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    _check_stages(curriculum)
    return curriculum


def _settled(curriculum: Curriculum, data: Any) -> Curriculum:
    """Fill in what the installation decides, leave out optional stages that it lacks, and hash what came of it.

    Where nothing had to be filled in or left out, the digest is that of the text as written.
    """
    stages, left_out = [], {}
    for stage in curriculum.stages:
        try:
            family = family_named(stage.family.partition("@")[0])
            if stage.optional:
                family.require(curriculum.style.partition("+")[0])
            stages.append(stage.model_copy(update={"params": dict(family.completed(stage.params))}))
        except (BadId, Disabled) as error:
            if not stage.optional:
                raise BadCurriculum(f"stage {stage.name}: {error}") from error
            left_out[stage.name] = str(error)
    if not stages:
        raise BadCurriculum(f"no stage of {curriculum.name} is there: {next(iter(left_out.values()))}")
    if stages != list(curriculum.stages):
        data = {**data, "stages": [stage.model_dump() for stage in stages]}
    written = dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = sha256(written.encode()).hexdigest()[:16]
    return curriculum.model_copy(update={"stages": tuple(stages), "left_out": left_out, "digest": digest})


def _check_stages(curriculum: Curriculum) -> None:
    if len(set(curriculum.names)) != len(curriculum.names):
        raise BadCurriculum("two stages have the same name")
    if isinstance(curriculum.policy, Fixed) and curriculum.policy.stage not in curriculum.names:
        raise BadCurriculum(f"policy: there is no stage {curriculum.policy.stage!r}")
    for stage in curriculum.stages:
        try:
            split: Split = "test" if curriculum.test_only else "train"
            at = ProblemId.parse(str(stage.problem_id(split, 0, curriculum.style)))
            family_named(at.family).build(at)
        except (BadId, EmptySplit, ValueError) as error:
            raise BadCurriculum(f"stage {stage.name}: {error}") from error
        if unknown := curriculum.reward.names - set(family_named(at.family).components):
            raise BadCurriculum(f"stage {stage.name}: {at.family} has no component {', '.join(sorted(unknown))}")


def load_curricula(*folders: Path) -> dict[str, Curriculum]:
    """Read every `*.yaml` in the folders; a later folder may not redefine a name."""
    loaded: dict[str, Curriculum] = {}
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise BadCurriculum(f"{missing[0]} is not a folder")
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        try:
            curriculum = read_curriculum(path.read_text(encoding="utf-8"))
        except (BadCurriculum, UnicodeDecodeError) as error:
            raise BadCurriculum(f"{path}: {error}") from error
        if curriculum.name in loaded:
            raise BadCurriculum(f"{path}: there already is a curriculum {curriculum.name!r}")
        loaded[curriculum.name] = curriculum
    return loaded
