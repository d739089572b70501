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
    ("\\$32{,}348", "32,348"),
    ("1{,}234", "\\$1,234"),
    ("1{,}234", "1234"),
    ("\\frac12", "1/2"),
    ("1\\frac12", "3/2"),
    ("\\text{Monday}", "monday"),
    ("\\text{(C)}", "C"),
    ("1011_2", "1011_{2}"),
    ("1011_2", "1011"),
    ("18 \\text{ cm}", "18"),
    ("x \\in [-2,7]", "[-2, 7]"),
    ("\\{1, 2\\}", "\\{2, 1\\}"),
    ("\\binom{x}{2}", "\\dbinom{x}{2}"),
    ("(x + 1)(x + 2)", "(x+2)(x+1)"),
    ("\\sqrt{2} + 1", "1+\\sqrt2"),
    ("\\frac{\\sqrt{3}}{3}", "\\frac{1}{\\sqrt{3}}"),
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
    *[
        ("3", wrong)
        for wrong in (r"\neq 3", r"\ne 3", r"\not= 3", r"\lt 3", r"\le 3", r"\in 3", r"\neg 3", r"\to 3", r"\sim 3")
    ],
    *[("3", wrong) for wrong in ("3|4", r"3 \\ 4", "--3", "3\u00b2", "3!", "2+1", r"\sqrt{9}", r"\binom{3}{1}")],
    *[
        ("18", wrong)
        for wrong in (r"18 \text{ is wrong}", r"\approx 18", "18 or", "20=18", "x=20=18", r"18 \text{ or 8}")
    ],
    *[("7 \\text{ cm}", f"7\\text{{ {unit}}}") for unit in ("hundred", "million", "dozen", "squared", "not")],
    ("x+1", "y = x+1 = 2"),
    ("1", "x+y=1"),
    ("y=5", "x=5"),
    ("\\text{cat}", "act"),
    ("ABC", "CBA"),
    ("AB", "BA"),
    ("\\text{Lee}", "eel"),
    ("A", "a"),
    ("1011_2", "1011_3"),
    ("1011", "1011_2"),
    ("\\frac{11}{2}", "1 2"),
    ("12", "1 2"),
    ("\\{1,2\\}", "(1,2)"),
    ("(1,2)", "\\{1,2\\}"),
    ("f'(x)", "f(x)"),
    ("3:45", "4:60"),
    ("A \\rightarrow B", "A \\leftarrow B"),
    ("3:45", "1/15"),
    ("\\pi", "3.14159265359"),
    ("\\sqrt2", "1.414213562373"),
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
    for _ in range(2):  # the second time it is remembered
        with pytest.raises(Overtaxed) as caught:
            equality._by_library(r"\pi", "9^{9^{9^{9^{9}}}}")
        assert caught.value.flags == ("killed_worker",)
    assert equal_expressions(r"3\pi", r"\pi 3")  # and the next one is judged


@pytest.mark.parametrize("given", ["9^{9^{9}}", "99999999!", "2^{2^{40}}", r"\binom{10}{8}", "9" * 20])
def test_what_would_take_for_ever_is_not_even_asked(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setattr(equality, "_asked", lambda gold, given: pytest.fail("asked"))
    assert not equal_expressions(r"\frac{\pi}{x}", given)
