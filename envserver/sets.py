"""The file in which an operator registers data sets, and the curricula that every one of them gets.

mine:  {path: questions.jsonl, answers: number, columns: {question: prompt}}
gsm8k: {format: gsm8k, hub: openai/gsm8k, config: main}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from curricula import strict_yaml
from curricula.curriculum import Curriculum
from curricula.errors import BadCurriculum
from curricula.reading import load_curricula, read_curriculum
from envserver.settings import Settings
from generators.answers.equality import installed
from generators.data_sets.errors import BadDataSet, NotInstalled
from generators.data_sets.registry import register
from generators.data_sets.rows import Answer, Format, Source
from generators.data_sets.store import RowStore
from generators.family import Family
from generators.ids import SPLITS
from generators.sandbox.shared import configure
from generators.strangers import add_families

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Role = Literal["question", "answer", "choices", "worked"]


class Registration(BaseModel):
    """Where a set is read from and how its rows are written; `path` is taken from the folder of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format = "rows"
    path: str = ""
    hub: Annotated[str, Field(pattern=rf"^({_PART}/{_PART})?$")] = ""
    config: Annotated[str, Field(pattern=rf"^{_PART}$")] = "default"
    revision: Annotated[str, Field(pattern=rf"^({_PART}(/{_PART})*)?$")] = ""
    answers: Answer | None = None
    columns: dict[Role, str] = {}
    splits: dict[Literal["train", "dev", "test"], Annotated[str, Field(pattern=rf"^{_PART}$")]] = {}
    skip_broken: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.path) == bool(self.hub):
            raise ValueError("give either a path or a hub name")
        if (self.format == "rows") != (self.answers is not None):
            raise ValueError("`answers` goes with the format `rows`, and only with it")
        if self.columns and self.format != "rows":
            raise ValueError("`columns` goes with the format `rows`")
        return self

    def source(self, name: str, folder: Path) -> Source:
        """Return what the set is read from."""
        given = self.model_dump()
        path = str((folder / Path(self.path).expanduser()).resolve()) if self.path else ""
        splits = self.splits or ({"train": "train", "test": "validation"} if self.format == "hellaswag" else {})
        return Source(**{**given, "name": name, "path": path, "splits": splits})


_REGISTRATIONS = TypeAdapter(dict[Name, Registration])


def read_registrations(file: Path) -> dict[str, Registration]:
    """Read and check a file of registrations; raises `BadDataSet` naming the place."""
    if not file.is_file():
        raise BadDataSet(f"there is no file {file} (ECHELON_SETS or --sets names it; `register` makes one)")
    try:
        return checked_registrations(strict_yaml.load(file.read_text(encoding="utf-8")).data or {})
    except (OSError, UnicodeDecodeError, RecursionError, BadCurriculum, BadDataSet) as error:
        raise BadDataSet(f"{file}: {error}") from error


def checked_registrations(given: Any) -> dict[str, Registration]:
    """Return registrations by name; raises `BadDataSet` naming the place."""
    try:
        return _REGISTRATIONS.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        place, what = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        raise BadDataSet(f"{place.removesuffix('.[key]')}: {what}") from error


def write_registrations(file: Path, registrations: Mapping[str, Registration]) -> None:
    """Write a file of registrations that reads back; a reader finds the old one or the new one."""
    plain = {name: one.model_dump(exclude_defaults=True) for name, one in registrations.items()}
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    beside.replace(file)


def serve_sets(settings: Settings, registrations: Mapping[str, Registration] | None = None) -> Mapping[str, RowStore]:
    """Open the registered sets, or those given, and serve them from now on; raises `BadDataSet`."""
    if settings.sets is None:
        return register([], settings.cache)
    found = read_registrations(settings.sets) if registrations is None else registrations
    folder = settings.sets.expanduser().resolve().parent
    return register([one.source(name, folder) for name, one in found.items()], settings.cache)


def served(settings: Settings, registrations: Mapping[str, Registration] | None = None) -> dict[str, Curriculum]:
    """Take in own families, open the data sets, and return all curricula: one for each of these that has none."""
    configure(settings.sandbox_lanes, protected=not settings.unprotected_programs)
    own = add_families([place for part in settings.families.split(",") if (place := part.strip())])
    stores = serve_sets(settings, registrations)
    curricula = load_curricula(*settings.folders)
    for family in own:
        curricula.setdefault(family.name, _curriculum_of_family(family))
    for name, store in stores.items():
        if store.answers == "expression" and not installed():
            raise NotInstalled(f"{name}: expressions are compared by math-verify: pip install 'echelon[math]'")
        if name not in curricula:
            curricula[name] = _curriculum_of(name, store)
        elif not any(stage.params.get("set") == name for stage in curricula[name].stages):
            raise BadDataSet(f"the set {name!r} would have the name of a curriculum; take another name")
    return curricula


def _curriculum_of_family(family: Family[Any]) -> Curriculum:
    """Return the curriculum of a family of somebody's own: a stage for each kind, at its example."""
    stages = [
        {
            "name": kind or family.name,
            "about": described.about,
            "family": f"{family.name}@{family.version}",
            "params": dict(family.example(kind).params),
        }
        for kind, described in family.kinds.items()
    ]
    return read_curriculum(yaml.safe_dump({"name": family.name, "about": family.about, "stages": stages}))


def _curriculum_of(name: str, store: RowStore) -> Curriculum:
    """Return the curriculum of one stage that a set is."""
    params = {"set": name, "fingerprint": store.fingerprint}
    family = {"gsm8k": "gsm8k@1", "hellaswag": "hellaswag@1"}.get(store.source.format, "dataset@1")
    if family != "hellaswag@1":
        params["kind"] = "all" if family == "gsm8k@1" else store.answers
    stage = {"name": "all", "about": "every row", "family": family, "params": params}
    written = {
        "name": name,
        "about": f"The data set {name}: {sum(store.sizes.values()):,} rows.",
        "test_only": not store.sizes["train"],
        "stages": [stage],
    }
    return read_curriculum(yaml.safe_dump(written))


def described(store: RowStore) -> str:
    """Return one line on a set: what it holds, what was left out, and its fingerprint."""
    sizes = ", ".join(f"{split} {size:,}" for split, size in store.sizes.items())
    out = ", ".join(f"{count:,} {why}" for why, count in store.left_out.items())
    hashed = [split for split in SPLITS if split not in store.official]
    splits = f"{' and '.join(hashed)} hashed out of train" if hashed else "all splits its own"
    return f"{store.answers}; {sizes}; {splits}{f'; left out: {out}' if out else ''}; {store.fingerprint}"
