"""From YAML files to curricula that can be served; everything that is wrong is said, with its line."""

import re
from collections.abc import Iterator
from hashlib import sha256
from json import dumps
from math import ceil
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from curricula import strict_yaml
from curricula.curriculum import Curriculum, Stage
from curricula.errors import BadCurriculum
from curricula.policies import Fixed
from curricula.pools import MEMORISABLE, listed, pool
from curricula.progress import MAX_BYTES
from curricula.rewards.measures import MEASURES
from curricula.rewards.of_inverses import INVERSE_PARTS, fits
from curricula.rewards.similarity import unavailable
from curricula.room import room
from curricula.sieve import MAX_ROWS
from curricula.strict_yaml import Document, Place
from generators.errors import BadId, Disabled, EmptySplit
from generators.families import build, family_named
from generators.ids import ProblemId, Split

_SHIPPED = Path(__file__).parent
_NOT_WRITTEN = ("digest", "left_out", "written")

Fault = tuple[Place, str]


def read_curriculum(text: str, tried: bool = True) -> Curriculum:
    """Read and check a curriculum; raises `BadCurriculum` with a line for everything that is wrong.

    `tried`: whether a problem of every stage is made, which takes as long as all the rest.
    """
    document = strict_yaml.load(text)
    if re.search("[\ud800-\udfff]", dumps(document.data, ensure_ascii=False)):
        raise BadCurriculum("half a character, which no file can hold: write it without \\ud800")
    data = document.data
    if not isinstance(data, dict):
        raise BadCurriculum("a curriculum is a mapping with the keys name, stages, reward, ...")
    _refuse(document, [((key,), "is worked out, and cannot be written") for key in _NOT_WRITTEN if key in data])
    try:
        written = Curriculum.model_validate(data)
    except ValidationError as error:
        details = error.errors()
        deeper = any(detail["loc"][:1] == ("stages",) and len(detail["loc"]) > 1 for detail in details)
        # What follows from another fault: no stages of which one is bad, no demotion without a promotion.
        idle = {"default_factory_not_called"} | ({"too_short"} if deeper else set())
        told = [one for one in details if not (one["type"] in idle and len(one["loc"]) == 1)]
        _refuse(document, [(detail["loc"], _said(detail)) for detail in told])
        raise
    curriculum, faults = _settled(written, data)
    _refuse(document, faults or (list(_faults(curriculum, written)) if tried else []) or list(_fit(curriculum)))
    return curriculum


def load_curricula(*folders: Path) -> dict[str, Curriculum]:
    """Read every `*.yaml` in the folders; a later folder may not redefine a name."""
    loaded: dict[str, Curriculum] = {}
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise BadCurriculum(f"{missing[0]} is not a folder")
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        curriculum = read_file(path)
        if curriculum.name in loaded:
            raise BadCurriculum(f"{path}: there already is a curriculum {curriculum.name!r}")
        loaded[curriculum.name] = curriculum
    return loaded


def read_file(path: Path) -> Curriculum:
    """Read one file; every line of what `BadCurriculum` says begins with `file:line:`, as compilers write it."""
    try:
        # What comes with the program was tried by its tests.
        return read_curriculum(path.read_text(encoding="utf-8"), tried=path.parent != _SHIPPED)
    except (OSError, UnicodeDecodeError) as error:
        raise BadCurriculum(f"{path}: {error}") from error
    except BadCurriculum as error:
        raise BadCurriculum("\n".join(_placed(path, says) for says in str(error).splitlines())) from error


def _placed(path: Path, says: str) -> str:
    line = re.match(r"line (\d+): ", says)
    return f"{path}:{line[1]}: {says[line.end() :]}" if line else f"{path}: {says}"


def _refuse(document: Document, faults: list[Fault]) -> None:
    if faults:
        told = sorted((document.line(place), ".".join(map(str, place)), says) for place, says in faults)
        raise BadCurriculum("\n".join(f"line {line}: {place}: {says}" for line, place, says in told))


def _said(detail: Any) -> str:
    return str(detail["msg"]).removeprefix("Value error, ")


def _settled(curriculum: Curriculum, data: Any) -> tuple[Curriculum, list[Fault]]:
    """Fill in what the installation decides, leave out optional stages that it lacks, and hash what came of it.

    Where nothing had to be filled in or left out, the digest is that of the text as written.
    """
    stages: list[Stage] = []
    left_out: dict[str, str] = {}
    faults: list[Fault] = []
    for i, stage in enumerate(curriculum.stages):
        try:
            family = family_named(stage.family.partition("@")[0])
            if stage.optional:
                family.require(curriculum.style.partition("+")[0])
            stages.append(stage.model_copy(update={"params": dict(family.completed(stage.params))}))
        except (BadId, Disabled) as error:
            if stage.optional:
                left_out[stage.name] = str(error)
            else:
                faults.append((("stages", i), f"{stage.name}: {error}"))
    if not stages and not faults:
        faults.append((("stages",), f"none of them is there: {next(iter(left_out.values()))}"))
    if stages != list(curriculum.stages):
        data = {**data, "stages": [stage.model_dump(exclude_defaults=True) for stage in stages]}
    written = dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = sha256(written.encode()).hexdigest()[:16]
    found = {"stages": tuple(stages), "left_out": left_out, "written": curriculum.names, "digest": digest}
    return curriculum.model_copy(update=found), faults


def _faults(curriculum: Curriculum, written: Curriculum) -> Iterator[Fault]:
    names = [stage.name for stage in written.stages]
    yield from ((("stages", i), "two stages have the same name") for i, n in enumerate(names) if n in names[:i])
    if isinstance(curriculum.policy, Fixed) and curriculum.policy.stage not in curriculum.names:
        yield ("policy", "stage"), f"there is no stage {curriculum.policy.stage!r}"
    there = iter(curriculum.stages)
    for i, name in enumerate(names):
        if name not in curriculum.left_out:
            yield from ((("stages", i), f"{name}: {says}") for says in _lacks(curriculum, next(there)))


def _fit(curriculum: Curriculum) -> Iterator[Fault]:
    """Yield what does not fit of a curriculum whose stages are all right."""
    if not curriculum.test_only and (most := room(curriculum)) > MAX_BYTES:
        yield ("stages",), f"progress could grow to {most} bytes, and {MAX_BYTES} may be carried: take fewer stages"
    rows = sum(listed(stage.problem_id("train", 0, "x")) or 0 for stage in curriculum.stages if stage.sieve)
    if rows > MAX_ROWS:
        yield ("stages",), f"at most {MAX_ROWS:,} problems are sieved, these are {rows:,}"


def _lacks(curriculum: Curriculum, stage: Stage) -> Iterator[str]:
    """Yield what is wrong with one stage: with every level of it, with its sieve, with what its reward reads."""
    split: Split = "test" if curriculum.test_only else "train"
    start: ProblemId | None = None
    for level in range(stage.last_level + 1):
        try:
            written = stage.problem_id(split, 0, curriculum.style, level)
            start = ProblemId.parse(str(written))
            for (name, value), (_, read) in zip(written.params, start.params, strict=True):
                if value != read:
                    raise BadId("parameters", f"{name} is a number: write {read} without quotes")
            family_named(start.family).build(start)
        except (BadId, EmptySplit, ValueError) as error:
            yield f"level {level}: {error}" if stage.levels else str(error)
            return
    if start is not None:
        yield from _unfit(curriculum, stage, start)


def _unfit(curriculum: Curriculum, stage: Stage, start: ProblemId) -> Iterator[str]:
    if stage.sieve and listed(start) is None:
        yield "problems that are drawn never come back: only a data set can be sieved"
    if stage.sieve and stage.levels:
        yield "levels and a sieve do not go together: what is set aside at one level is another problem at the next"
    yield from _unrewarded(curriculum, start)
    n = getattr(curriculum.promotion, "n", 0)
    if n > MEMORISABLE and not curriculum.test_only:
        looks = ceil(n / curriculum.promotion.look) * curriculum.promotion.look
        if looks > (there := len(pool(stage.stem, "dev"))) >= MEMORISABLE:
            yield f"promotion.n asks for {looks} held-out problems, and there are {there}: it would never decide"


def _unrewarded(curriculum: Curriculum, start: ProblemId) -> Iterator[str]:
    """Yield what the reward reads, and problems of a stage do not have."""
    reward = curriculum.reward
    if unknown := reward.names - set(family_named(start.family).components) - set(MEASURES):
        yield f"{start.family} has no component {', '.join(sorted(unknown))}, which the reward reads"
    if (ours := reward.names & set(INVERSE_PARTS)) and not fits(build(start)):
        yield f"{', '.join(sorted(ours))}: the reward compares inverses of numbers, and {start.stem} asks for none"
    if "similarity" in reward.names and (reason := unavailable()):
        yield f"similarity: {reason}"
    for part, at in reward.anneal.items():
        if strange := set(at) - set(curriculum.order):
            yield f"anneal of {part}: there is no stage {', '.join(sorted(strange))}"
