"""Families from outside: a Python file, or an installed module, that holds a `Family`.

It is code of whoever names it, and runs as the server does; nothing that a request says is ever imported.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from generators.errors import GeneratorError
from generators.families import FAMILIES, build, problem
from generators.family import Family
from generators.reasoning_gym_adapter.items import PREFIX


class BadFamily(GeneratorError):
    """A file or module that cannot be taken, or holds no family that can be served."""


_added: dict[str, Family[Any]] = {}


def add_families(places: Sequence[str]) -> list[Family[Any]]:
    """Serve the families of files and modules from now on, in place of those added before.

    Raises `BadFamily`, and then nothing has changed.
    """
    found: dict[str, Family[Any]] = {}
    for family in (family for place in places for family in families_of(place)):
        taken = family.name in found or (family.name in FAMILIES and family.name not in _added)
        if taken or family.name.startswith(PREFIX):
            raise BadFamily(f"there is a family {family.name!r}; give yours another name")
        found[family.name] = family
    if found != _added:
        for name in _added:
            del FAMILIES[name]
        _added.clear()
        _added.update(found)
        FAMILIES.update(found)
        build.cache_clear()
        problem.cache_clear()
    return list(found.values())


@lru_cache(maxsize=256)
def families_of(place: str) -> tuple[Family[Any], ...]:
    """Return every `Family` that a file (`path/to/it.py`) or a module (`package.module`) holds; raises `BadFamily`."""
    module = _file(Path(place).expanduser().resolve()) if place.endswith(".py") else _module(place)
    found = tuple({id(value): value for value in vars(module).values() if isinstance(value, Family)}.values())
    if not found:
        raise BadFamily(f"{place} holds no Family (generators.family.Family) at its top level")
    return found


def _file(path: Path) -> ModuleType:
    name = f"echelon_families.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise BadFamily(f"there is no file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # any at all: it is somebody else's code
        del sys.modules[name]
        raise BadFamily(f"{path}: {type(error).__name__}: {error}") from error
    return module


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise BadFamily(f"{name}: {type(error).__name__}: {error}") from error
