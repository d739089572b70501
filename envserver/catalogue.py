"""Descriptions of what is served: curricula and families."""

from typing import Any

from curricula.curriculum import Curriculum, Stage
from envserver.service import Service
from envserver.wire import CurriculumOut, FamilyOut, StageOut
from generators.families import build, family_named
from generators.family import Family


def describe_curriculum(curriculum: Curriculum) -> CurriculumOut:
    """Return the stages, the policy, the test and the reward of a curriculum."""
    stages = [_stage(stage, curriculum) for stage in curriculum.stages]
    return CurriculumOut(
        name=curriculum.name,
        reference=curriculum.reference,
        about=curriculum.about,
        style=curriculum.style,
        test_only=curriculum.test_only,
        left_out=curriculum.left_out,
        disabled=curriculum.disabled,
        stages=stages,
        policy=curriculum.policy.model_dump(),
        promotion=curriculum.promotion.model_dump(),
        demotion=curriculum.demotion.model_dump() if curriculum.demotion else None,
        reward={name: part.weight for name, part in curriculum.reward.named.items()},
        parts=dict(curriculum.reward.named),
    )


def _stage(stage: Stage, curriculum: Curriculum) -> StageOut:
    example = stage.problem_id("test" if curriculum.test_only else "train", 0, curriculum.style)
    family = family_named(example.family)
    return StageOut(
        name=stage.name,
        about=stage.about,
        family=stage.family,
        params=stage.params,
        example=str(example),
        max_turns=build(example).max_turns if family.turns else 1,
        levels=stage.levels.model_dump() if stage.levels else None,
        restatements=list(family.restatements(str(stage.params.get("kind", "")))),
        sieve=stage.sieve is not None,
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
        transforms={kind: family.restatements(kind) for kind in family.kinds},
        examples={kind: str(family.example(kind)) for kind in family.kinds},
        example=service.problem(str(family.example(next(iter(family.kinds))))),
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
