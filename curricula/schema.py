"""JSON Schema of curriculum files, for editors: completion, and red lines while one types.

What it cannot say (that an id can be built, that a data set is there) `echelon-server check` does.
"""

from collections.abc import Iterator
from typing import Any

from curricula.curriculum import Curriculum
from generators.families import FAMILIES
from generators.family import Family

_WORKED_OUT = ("digest", "left_out", "written")


def curriculum_schema() -> dict[str, Any]:
    """Return the schema; the parameters of a stage are those of a kind of its family."""
    schema = Curriculum.model_json_schema()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Echelon curriculum",
        "properties": {name: field for name, field in schema["properties"].items() if name not in _WORKED_OUT},
    }
    for test in ("BetaPosterior", "ClopperPearson", "MeanOfLast"):  # a promotion without a test is an e-process
        schema["$defs"][test]["required"] = ["test"]
    stage = schema["$defs"]["Stage"]
    stage["properties"]["family"] |= {"anyOf": [{"enum": [_called(family) for family in FAMILIES.values()]}, {}]}
    stage["allOf"] = list(_parameters())
    return schema


def _called(family: Family[Any]) -> str:
    return f"{family.name}@{family.version}"


def _parameters() -> Iterator[dict[str, Any]]:
    for family in FAMILIES.values():
        kinds = [_kind(family, kind) for kind in family.kinds]
        yield {
            "if": {"properties": {"family": {"const": _called(family)}}},
            "then": {"properties": {"params": {"anyOf": kinds}}},
        }


def _kind(family: Family[Any], kind: str) -> dict[str, Any]:
    """Return the schema of one kind; none but the kind is required, as levels may give the others."""
    declared = {name: parameter.schema() for name, parameter in family.declared(kind).items()}
    return {
        "description": family.kinds[kind].about,
        "type": "object",
        "properties": declared,
        "required": [name for name in declared if name == "kind"],
        "additionalProperties": False,
    }
