"""Descriptions of what is served: curricula and families."""

from typing import Any

from curricula.curriculum import Curriculum
from envserver.service import Service
from envserver.wire import CurriculumOut, FamilyOut, StageOut
from generators.family import Family
from generators.ids import ProblemId, Value


def describe_curriculum(curriculum: Curriculum) -> CurriculumOut:
    """Return the stages, the policy, the test and the reward of a curriculum."""
    stages = [
        StageOut(
            name=stage.name,
            about=stage.about,
            family=stage.family,
            params=stage.params,
            example=str(stage.problem_id("train", 0, curriculum.style)),
        )
        for stage in curriculum.stages
    ]
    return CurriculumOut(
        name=curriculum.name,
        reference=curriculum.reference,
        about=curriculum.about,
        style=curriculum.style,
        stages=stages,
        policy=curriculum.policy.model_dump(),
        promotion=curriculum.promotion.model_dump(),
        reward=dict(curriculum.reward.effective),
    )


def describe_family(family: Family[Any], service: Service) -> FamilyOut:
    """Return the kinds with their parameters, the styles, the components and an example problem."""
    return FamilyOut(
        name=family.name,
        version=family.version,
        about=family.about,
        styles=dict(family.styles),
        components=dict(family.components),
        kinds={kind: _schema(family, kind) for kind in family.kinds},
        example=service.problem(str(_example(family))),
    )


def _schema(family: Family[Any], kind: str) -> dict[str, object]:
    declared = family.declared(kind)
    return {
        "type": "object",
        "description": family.kinds[kind].about,
        "properties": {name: parameter.schema() for name, parameter in declared.items()},
        "required": sorted(declared),
        "additionalProperties": False,
    }


def _example(family: Family[Any]) -> ProblemId:
    """Return the id of a problem of the first kind, with every parameter as small as its bounds allow."""
    kind = next(iter(family.kinds))
    params: dict[str, Value] = {name: parameter.smallest for name, parameter in family.declared(kind).items()}
    style = next(iter(family.styles))
    return ProblemId(family.name, family.version, tuple(sorted(params.items())), "train", 0, style)
