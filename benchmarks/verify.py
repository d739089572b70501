"""What verdicts cost: a 3x3 inverse beside math-verify, every kind of every family, the largest matrices."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from math_verify import parse, verify
from sympy import Matrix as SympyMatrix

from generators.answers.matrix import read_matrix
from generators.exact.matrices import Matrix
from generators.families import FAMILIES, problem
from generators.family import Family
from generators.ids import ProblemId
from generators.linear_algebra.matrix_inverse.family import MatrixInverse

OURS = "read and compare a 3x3 rational inverse"
THEIRS = "math-verify, parse and verify the same text"


@dataclass(frozen=True)
class Case:
    """One matrix that neither side has seen before: math-verify remembers texts."""

    posed: MatrixInverse
    right: str
    wrong: str
    gold: SympyMatrix


def bench_verify(rounds: int) -> list[tuple[str, str]]:
    """Return rows of (what, figure): medians over different matrices, taken in turn in one process."""
    calls: dict[str, Callable[[Case], object]] = {
        OURS: lambda case: read_matrix(case.right) == case.posed.right,
        "the whole verdict on a right answer": lambda case: case.posed.judge(f"<answer>{case.right}</answer>"),
        "the whole verdict on a wrong answer": lambda case: case.posed.judge(f"<answer>{case.wrong}</answer>"),
        THEIRS: lambda case: verify(case.gold, parse(f"${case.right}$")),
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for seed in range(rounds):
        case = _case(seed)
        for name, call in calls.items():
            started = time.perf_counter()
            call(case)
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    rows = [(name, f"{median * 1e6:,.0f} us, median of {rounds}") for name, median in medians.items()]
    return [*rows, ("math-verify / ours", f"{medians[THEIRS] / medians[OURS]:,.0f} x")]


def bench_families(rounds: int) -> list[tuple[str, str]]:
    """Return, per kind of every family, medians over fresh problems: making one, and the verdicts on two answers.

    The verdict on a wrong answer includes what a problem computes once, the worth of the cheap guesses.
    """
    rows = []
    for family in FAMILIES.values():
        for kind in family.kinds:
            example = family.example(kind)
            size = family.kinds[kind].size(dict(example.params), "train") or rounds
            ids = [replace(example, seed=seed % size) for seed in range(rounds)]
            rows.append((f"{family.name} {kind}".strip(), _timed(family, ids)))
    return rows


def bench_largest(rounds: int) -> list[tuple[str, str]]:
    """Return the same for 8x8 matrices with entries up to 10^6."""
    rows = []
    for name, params in LARGEST.items():
        family = FAMILIES[name.partition(" ")[0]]
        start = replace(family.example(str(params["kind"])), params=tuple(sorted(params.items())))
        rows.append(
            (f"{name}, 8x8, entries up to 10^6", _timed(family, [replace(start, seed=s) for s in range(rounds)]))
        )
    return rows


LARGEST: dict[str, dict[str, int | str]] = {
    "matrix_inverse": {"kind": "random", "n": 8, "bound": 1_000_000, "determinant": "any"},
    "rref": {"kind": "random", "rows": 8, "columns": 8, "bound": 1_000_000},
    "rref augmented": {"kind": "augmented", "equations": 8, "unknowns": 7, "solutions": "one", "bound": 1_000_000},
    "determinant": {"kind": "integer", "n": 8, "bound": 1_000_000},
}


def _timed(family: Family[Any], ids: list[ProblemId]) -> str:
    seconds: dict[str, list[float]] = {"made": [], "right": [], "wrong": []}
    for at in ids:
        started = time.perf_counter()
        posed = family.build(at)
        seconds["made"].append(time.perf_counter() - started)
        # Texts are made from another object: neither verdict finds anything computed before it.
        answer, wrong = family.build(at).reveal("answer"), family.build(at).reveal("noisy", 1.0)
        for name, text in (("right", answer), ("wrong", wrong)):
            started = time.perf_counter()
            posed.judge(text)
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(times) * 1e3 for name, times in seconds.items()}
    return ", ".join(f"{name} {median:.2f}" for name, median in medians.items()) + f" ms, medians of {len(ids)}"


def _case(seed: int) -> Case:
    posed = problem(f"matrix_inverse@1/bound=9,determinant=any,kind=random,n=3/train/{seed}/chat")
    assert isinstance(posed, MatrixInverse)
    posed.judge(posed.guesses["negation"])  # what a problem computes once is not part of a check
    (first, *row), *rows = posed.right
    wrong = ((first + 1, *row), *rows)
    return Case(posed, _latex(posed.right), _latex(wrong), SympyMatrix(posed.right))


def _latex(a: Matrix) -> str:
    body = r" \\ ".join(" & ".join(map(_fraction, row)) for row in a)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def _fraction(x: object) -> str:
    upper, slash, lower = str(x).partition("/")
    sign, upper = ("-", upper[1:]) if upper.startswith("-") else ("", upper)
    return rf"{sign}\frac{{{upper}}}{{{lower}}}" if slash else f"{sign}{upper}"
