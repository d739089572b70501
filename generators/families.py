"""The table of families, and the way from an id to its problem."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from generators.data_sets.dataset import DATASET
from generators.data_sets.gsm8k import GSM8K
from generators.data_sets.hellaswag import HELLASWAG
from generators.errors import BadId, GeneratorError, did_you_mean
from generators.family import Family
from generators.hadamard.family import HADAMARD
from generators.hadamard.turns import HADAMARD_OPERATIONS
from generators.ids import ProblemId
from generators.linear_algebra.determinant import DETERMINANT
from generators.linear_algebra.matrix_inverse.family import MATRIX_INVERSE
from generators.linear_algebra.matrix_product import MATRIX_PRODUCT
from generators.linear_algebra.row_operations.family import ROW_OPERATIONS
from generators.linear_algebra.row_reduction.family import ROW_REDUCTION
from generators.linear_algebra.rref import RREF
from generators.linear_algebra.solve_linear_system import SOLVE_LINEAR_SYSTEM
from generators.numbers.arithmetic import ARITHMETIC
from generators.numbers.countdown import COUNTDOWN
from generators.numbers.number_guessing import NUMBER_GUESSING
from generators.problem import Problem
from generators.programs.family import PROGRAM_SYNTHESIS
from generators.reasoning_gym_adapter.family import adapted
from generators.reasoning_gym_adapter.items import PREFIX
from generators.words.word_problem import WORD_PROBLEM

_ALL: Iterable[Family[Any]] = (
    MATRIX_INVERSE,
    RREF,
    ROW_OPERATIONS,
    ROW_REDUCTION,
    SOLVE_LINEAR_SYSTEM,
    DETERMINANT,
    MATRIX_PRODUCT,
    HADAMARD,
    HADAMARD_OPERATIONS,
    ARITHMETIC,
    COUNTDOWN,
    NUMBER_GUESSING,
    PROGRAM_SYNTHESIS,
    WORD_PROBLEM,
    GSM8K,
    HELLASWAG,
    DATASET,
)
FAMILIES: dict[str, Family[Any]] = {family.name: family for family in _ALL}


def family_named(name: str) -> Family[Any]:
    """Return a family by its name; raises `BadId` with a suggestion. `rg.` before it means reasoning-gym's."""
    if name.startswith(PREFIX):
        return adapted(name)
    if name not in FAMILIES:
        raise BadId("family", f"unknown family {name!r}{did_you_mean(name, FAMILIES)}")
    return FAMILIES[name]


def waits(name: str) -> bool:
    """Whether problems of a family wait for another process; its name may be none at all."""
    return name.startswith(PREFIX) or (name in FAMILIES and FAMILIES[name].waits)


def foresee(ids: Iterable[ProblemId]) -> None:
    """Prepare to build many problems, where that is cheaper than one by one; what is wrong with one is not said."""
    by_family: dict[str, list[ProblemId]] = {}
    for id in dict.fromkeys(ids):
        with suppress(GeneratorError):
            if waits(id.family):
                family_named(id.family).check(id)
                by_family.setdefault(id.family, []).append(id)
    for name, those in by_family.items():
        with suppress(GeneratorError):
            family_named(name).foresee(those)


@lru_cache(maxsize=4_096)
def build(problem_id: ProblemId) -> Problem:
    """Regenerate a problem from its id; problems are immutable, so they may be shared."""
    return family_named(problem_id.family).build(problem_id)


@lru_cache(maxsize=4_096)
def problem(text: str) -> Problem:
    """Regenerate a problem from the text of its id; raises `BadId` or `EmptySplit`."""
    return build(ProblemId.parse(text))
