"""solve_linear_system: equal to Cramer's rule, words for none and infinitely many, forms and mutants."""

from fractions import Fraction
from typing import Any

import pytest

from generators.families import problem
from generators.linear_algebra.solve_linear_system import INFINITE, NONE
from tests.generators.rewriting import domain, drawn, number_forms, outcome

KINDS = ["integer", "rational", "mixed"]


def _oracle(posed: Any) -> Any:
    """Solve by Cramer's rule, or compare ranks; sympy's."""
    a = [row[:-1] for row in posed.augmented]
    n = len(a[0])
    rank, joint = domain(a).rank(), domain(posed.augmented).rank()
    if joint > rank:
        return NONE
    if rank < n:
        return INFINITE
    rows = next(s for s in _subsets(len(a), n) if domain([a[i] for i in s]).rank() == n)
    whole = domain([a[i] for i in rows]).det()
    values = []
    for j in range(n):
        replaced = [[posed.augmented[i][-1] if k == j else x for k, x in enumerate(a[i])] for i in rows]
        value = domain(replaced).det() / whole
        values.append(Fraction(int(value.numerator), int(value.denominator)))
    return tuple(values)


def _subsets(m: int, n: int) -> Any:
    from itertools import combinations

    return combinations(range(m), n)


@pytest.mark.parametrize("kind", KINDS)
def test_against_cramer(kind: str) -> None:
    """10^4 problems over the kinds."""
    met = set()
    for posed in drawn("solve_linear_system", kind, 3_400, seed=1):
        assert posed.right == _oracle(posed)
        met.add(posed.right if isinstance(posed.right, str) else "one")
    assert met == ({"one", NONE, INFINITE} if kind == "mixed" else {"one"})


@pytest.mark.parametrize("kind", KINDS)
def test_equivalent_forms_and_mutants(kind: str) -> None:
    for posed in drawn("solve_linear_system", kind, 80, seed=2):
        if isinstance(posed.right, str):
            continue
        texts, names = list(map(str, posed.right)), list(posed.names)
        latex = [number_forms(Fraction(x))["latex"] for x in posed.right]
        for text in (
            f"[{', '.join(texts)}]",
            f"({', '.join(texts)})",
            ", ".join(f"{name} = {x}" for name, x in zip(names, texts, strict=True)),
            "\n".join(f"{name}={x}" for name, x in zip(names, texts, strict=True)),
            " and ".join(f"{name} = {x}" for name, x in reversed(list(zip(names, texts, strict=True)))),
            r"\begin{pmatrix} " + r" \\ ".join(latex) + r" \end{pmatrix}",
            r"\begin{cases} " + r" \\ ".join(map(" = ".join, zip(names, latex, strict=True))) + r" \end{cases}",
            f"({', '.join(names)}) = ({', '.join(texts)})",
            f"[{', '.join(texts)}]^T",
            "$" + ", ".join(f"{n} = {x}" for n, x in zip(names, latex, strict=True)) + "$",
        ):
            assert outcome(posed, text) == "correct", text
        for at in range(len(texts)):
            for wrong in (posed.right[at] + 1, -posed.right[at]):
                mutant = (*posed.right[:at], wrong, *posed.right[at + 1 :])
                expected = "correct" if mutant == _oracle(posed) else "incorrect"
                assert outcome(posed, f"[{', '.join(map(str, mutant))}]") == expected


@pytest.mark.parametrize(
    ("meaning", "texts"),
    [
        (NONE, ["no solution", "No solution.", "none", "inconsistent", "The system is inconsistent.",
                "no solutions exist", r"\text{no solution}", "The system has no solution", "there is no solution"]),
        (INFINITE, ["infinitely many", "Infinitely many solutions.", "infinite", "**infinitely many**",
                    "The system has infinitely many solutions", "there are infinitely many solutions",
                    r"\text{infinitely many solutions}", "an infinite number of solutions"]),
    ],
)  # fmt: skip
def test_words(meaning: str, texts: list[str]) -> None:
    by_meaning = {posed.right: posed for posed in drawn("solve_linear_system", "mixed", 40, seed=3)}
    for text in texts:
        assert outcome(by_meaning[meaning], text) == "correct", text
    for text in ("not inconsistent", "no", "no solution or infinitely many", "it is not so that there is no solution"):
        assert outcome(by_meaning[meaning], text) == "malformed", text


def test_the_reason_does_not_tell_which_case_it_is() -> None:
    reasons = {
        posed.judge(f"<think></think><answer>{text}</answer>").reason
        for posed in drawn("solve_linear_system", "mixed", 60, seed=4)
        for text in ("[1/7, 2/7, 3/7]", "[1/7]", NONE, INFINITE)
        if posed.judge(f"<think></think><answer>{text}</answer>").outcome != "correct"
    }
    assert reasons == {"that is not the solution"}


def test_unknowns_are_named_and_equations_written() -> None:
    posed = problem("solve_linear_system@1/bound=9,kind=integer,n=2,solution=9/train/1/chat")
    assert "x" in posed.observation
    assert "y" in posed.observation
    assert "1x" not in posed.observation.replace("11x", "")
