"""Equal expressions: exactly where our grammar reads both, else by math-verify, which sees no number or matrix."""

import pytest

from generators.answers import equality
from generators.answers.equality import equal_expressions, readable_expression, shown_expressions
from generators.errors import Overtaxed, Unreadable
from generators.workers import Worker

pytestmark = pytest.mark.skipif(not equality.installed(), reason="math-verify is not installed")

EQUAL = [
    ("\\frac{1}{2}", "1/2"),
    ("\\frac{1}{2}", "0.5"),
    ("\\dfrac{3}{4}", "$\\frac{3}{4}$"),
    ("x^2 + 7x + 12", "12 + 7x + x^2"),
    ("x^2 + 7x + 12", "(x+3)(x+4)"),
    ("2\\sqrt{6}", "\\sqrt{24}"),
    ("2\\sqrt{6}", "2 \\sqrt{6}"),
    ("9\\pi", "\\pi \\cdot 9"),
    ("\\left(-\\infty, \\frac{5}{2}\\right]", "(-\\infty, 5/2]"),
    ("2, 3", "3, 2"),
    ("(3, 4)", "(3,4)"),
    ("\\text{even}", "even"),
    ("x = 5", "5"),
    ("5", "x = 5"),
    ("90^\\circ", "90"),
    ("15\\text{ cm}", "15"),
    ("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "[[1, 2], [3, 4]]"),
    ("\\frac{a + b}{c}", "(a+b)/c"),
    ("6 - 5i", "-5i + 6"),
]
DIFFERENT = [
    ("\\frac{1}{3}", "0.333333"),
    ("[[1, 2], [3, 4]]", "[[9, 9], [3, 4]]"),
    ("\\frac{1}{2^{99}}", "\\frac{1}{2^{98}}"),
    ("2^{-99}", "2^{-98}"),
    ("2\\pi", "6.283185307"),
    ("p - q", "q - p"),
    ("[1, 2]", "(1, 2)"),
    ("(3, 4)", "(4, 3)"),
    ("x^2 + 1", "x^2 - 1"),
    ("\\sqrt{2}", "1.414"),
    ("\\text{even}", "odd"),
    ("10", "11"),
    ("x^2", "x"),
]


@pytest.mark.parametrize(("gold", "given"), EQUAL)
def test_equal(gold: str, given: str) -> None:
    assert equal_expressions(gold, given)


@pytest.mark.parametrize(("gold", "given"), DIFFERENT)
def test_different(gold: str, given: str) -> None:
    assert not equal_expressions(gold, given)


@pytest.mark.parametrize("text", ["", "$$", "x" * 700, "because the area of the circle is pi times nine", "a $b$ c"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        readable_expression(text)


def test_the_expressions_of_a_question_are_found() -> None:
    assert shown_expressions(r"Simplify $\sqrt{24}$ and $\dfrac{2}{4}$.") == [r"\sqrt{24}", r"\frac{2}{4}"]


def test_numbers_and_matrices_never_reach_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(gold: str, given: str) -> bool:
        raise AssertionError((gold, given))

    monkeypatch.setattr(equality, "_by_library", unreachable)
    for gold, given in (
        ("1/3", "0.333333"),
        ("[[1, 2]]", "[[2, 1]]"),
        ("x + 1", "1 + x"),
        ("-5", "5"),
        ("1,000", "1000"),
    ):
        equal_expressions(gold, given)


def test_an_expression_that_kills_its_judge_is_no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equality, "_worker", Worker("generators.answers.math_verify_worker", 0.5, 1_024))
    with pytest.raises(Overtaxed) as caught:
        equal_expressions(r"\pi", "9^{9^{9^{9^{9}}}}")
    assert caught.value.flags == ("killed_worker",)
    assert equal_expressions(r"3\pi", r"\pi 3")  # and the next one is judged
