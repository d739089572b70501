"""arithmetic: equal to what Python makes of the question, forms and mutants, order does not change the split."""

import re
from fractions import Fraction
from typing import Any

import pytest

from generators.families import problem
from generators.numbers.arithmetic import Term, content_of
from tests.generators.rewriting import chat, drawn, number_forms, outcome


def _oracle(posed: Any) -> int:
    """Evaluate the question itself, which holds nothing but digits, + - * and spaces."""
    asked = re.search(r"Compute ([-+* 0-9]+)\.", posed.observation)
    assert asked is not None
    return int(eval(asked.group(1)))


@pytest.mark.parametrize("kind", ["addition", "multiplication", "chain"])
def test_against_python(kind: str) -> None:
    """10^4 problems over the kinds."""
    for posed in drawn("arithmetic", kind, 3_400, seed=1):
        assert posed.right == _oracle(posed)
        assert posed.right not in posed.cheap.values() or kind != "addition"


@pytest.mark.parametrize("kind", ["addition", "multiplication", "chain"])
def test_equivalent_forms_and_mutants(kind: str) -> None:
    for posed in drawn("arithmetic", kind, 100, seed=2):
        right = posed.right
        for name, text in number_forms(right).items():
            assert outcome(posed, text) == "correct", (name, text)
        digits = str(right)
        for mutant in (-right, right + 1, right - 10, Fraction(digits[:-1] + str((int(digits[-1]) + 1) % 10))):
            assert outcome(posed, str(mutant)) == ("correct" if mutant == _oracle(posed) else "incorrect")


def test_partial_credit_is_by_place() -> None:
    posed = problem("arithmetic@1/digits=5,kind=addition/train/3/chat")
    right = posed.right  # type: ignore[attr-defined]
    assert posed.measure(right + 10)["digits"] == pytest.approx(1 - 1 / len(str(right)))  # type: ignore[attr-defined]
    assert posed.judge(chat(str(-right))).components["digits"] == 0.0
    assert posed.judge(chat("1/3")).components["digits"] == 0.0


def test_the_order_of_a_sum_is_in_no_other_split() -> None:
    a, b, c = Term(1, (12, 7)), Term(-1, (5,)), Term(1, (7, 12))
    assert content_of((a, b)) == content_of((b, c)) == "arithmetic:+7*12-5"
    assert content_of((a,)) != content_of((b,))
