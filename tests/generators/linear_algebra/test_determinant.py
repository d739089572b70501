"""determinant: equal to sympy's, forms and mutants."""

from fractions import Fraction

import pytest

from generators.families import problem
from tests.generators.rewriting import domain, drawn, number_forms, outcome


@pytest.mark.parametrize("kind", ["integer", "fraction"])
def test_against_sympy(kind: str) -> None:
    """10^4 problems over the kinds, equal to an independent algorithm (Berkowitz' for the coefficients in sympy)."""
    for posed in drawn("determinant", kind, 5_000, seed=1):
        value = domain(posed.matrix).charpoly()[-1] * (-1) ** len(posed.matrix)
        assert posed.right == Fraction(int(value.numerator), int(value.denominator))
        assert posed.right not in posed.cheap.values()


@pytest.mark.parametrize("kind", ["integer", "fraction"])
def test_equivalent_forms_and_mutants(kind: str) -> None:
    for posed in drawn("determinant", kind, 100, seed=2):
        right = posed.right
        for name, text in number_forms(right).items():
            assert outcome(posed, text) == "correct", (name, text)
        for mutant in (-right, right + 1, right / 2, 1 / right, right * 10):
            expected = "correct" if mutant == posed.right else "incorrect"
            assert outcome(posed, str(mutant)) == expected


def test_closeness_is_relative() -> None:
    posed = problem("determinant@1/bound=9,kind=integer,n=3/train/4/chat")
    right = posed.right  # type: ignore[attr-defined]
    near, far = (posed.measure(right + off)["closeness"] for off in (1, 50))  # type: ignore[attr-defined]
    assert 0 < far < near < 1
