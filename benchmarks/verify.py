"""The cost of reading and exactly checking one 3x3 answer, against math-verify on the same text."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from math_verify import parse, verify
from sympy import Matrix as SympyMatrix

from generators.answers.matrix import read_matrix
from generators.exact.matrices import Matrix
from generators.families import problem
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
