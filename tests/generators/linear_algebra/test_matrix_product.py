"""matrix_product: equal to numpy's, forms and mutants."""

import random
from fractions import Fraction

import numpy as np
import pytest

from tests.generators.rewriting import drawn, matrix_forms, mutants, outcome, text_of


def _numpy(posed: object) -> tuple[tuple[Fraction, ...], ...]:
    a, b = (np.array([[Fraction(x) for x in row] for row in f], dtype=object) for f in posed.factors)  # type: ignore[attr-defined]
    return tuple(map(tuple, a.dot(b).tolist()))


@pytest.mark.parametrize("kind", ["integer", "fraction"])
def test_against_numpy(kind: str) -> None:
    """10^4 problems over the kinds."""
    for posed in drawn("matrix_product", kind, 5_000, seed=1):
        assert posed.right == _numpy(posed)


@pytest.mark.parametrize("kind", ["integer", "fraction"])
def test_equivalent_forms_and_mutants(kind: str) -> None:
    rng = random.Random(2)
    for posed in drawn("matrix_product", kind, 60, seed=3):
        forms = matrix_forms(posed.right)
        assert len(forms) >= 8
        for name, text in forms.items():
            assert outcome(posed, text) == "correct", (name, text)
        for mutant in mutants(rng, posed.right):
            assert outcome(posed, text_of(mutant)) == ("correct" if mutant == _numpy(posed) else "incorrect")
