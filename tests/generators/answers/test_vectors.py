"""Values of unknowns, numbers with thousands, answers in words."""

from fractions import Fraction

import pytest

from generators.answers.numbers import read_number
from generators.answers.vectors import read_vector
from generators.answers.words import said, sayings
from generators.errors import Unreadable

RIGHT = (Fraction(1, 2), Fraction(-3))


@pytest.mark.parametrize(
    "text",
    [
        "[1/2, -3]",
        "(1/2, -3)",
        "1/2, -3",
        "1/2 -3",
        "x = 1/2, y = -3",
        "y = -3, x = 1/2",
        "x=1/2;y=-3",
        "x = 1/2 and y = -3",
        "x: 1/2\ny: -3",
        "x = 0.5\ny = -3.0",
        "(x, y) = (1/2, -3)",
        "[1/2, -3]^T",
        r"[1/2, -3]^\top",
        "[[1/2], [-3]]",
        r"\begin{pmatrix} 1/2 \\ -3 \end{pmatrix}",
        r"$x = \frac{1}{2}, \quad y = -3$",
        r"\begin{cases} x = 1/2 \\ y = -3 \end{cases}",
        r"\begin{aligned} x &= \tfrac{1}{2} \\ y &= -3 \end{aligned}",
        "The solution is x = 1/2, y = -3.",
        "x = 1/2, y = -3, x = 0.5",
        "(y, x) = (-3, 1/2)",
        "x = [1/2, -3]",
        r"\vec{x} = \begin{pmatrix} 1/2 \\ -3 \end{pmatrix}",
        r"\begin{pmatrix} x \\ y \end{pmatrix} = \begin{pmatrix} 1/2 \\ -3 \end{pmatrix}",
        r"\boxed{x = 1/2, y = -3}",
        "{x: 1/2, y: -3}",
        "{'x': 1/2, 'y': -3}",
        "- x = 1/2\n- y = -3",
        r"x = 1/2,\; y = -3",
        "**x** = 1/2, **y** = -3",
    ],
)
def test_forms_of_one_vector(text: str) -> None:
    assert read_vector(text, "xy") == RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "x = 1, y = 2, x = 3",
        "x = 1, z = 2",
        "[[1, 2], [3, 4]]",
        "x = y = 1 or 2",
        "x = 1, y = ",
        "x = 2 y = x",
        "-x = 1, y = 2",
        "x + y = 3, x = 1",
        "not x = 1, y = 2",
        "2 x = 4, y = 1",
        "1/x = 2, y = 1",
        "[9, 9] x = 1, y = 2",
        "(a, b) = (1, 2)",
        "x" * 30_000,
    ],
)
def test_what_is_no_vector(text: str) -> None:
    with pytest.raises(Unreadable):
        read_vector(text, "xy")


def test_numbered_unknowns() -> None:
    for text in (
        "x1 = 1, x2 = 2, x3 = 3, x4 = 4",
        "x_1 = 1, x_2 = 2, x_3 = 3, x_4 = 4",
        r"x_{1}=1 \\ x_{2}=2 \\ x_{3}=3 \\ x_{4}=4",
    ):
        assert read_vector(text, ["x1", "x2", "x3", "x4"]) == (1, 2, 3, 4)


def test_thousands() -> None:
    for text in (
        "1,234,567",
        "1{,}234{,}567",
        "1_234_567",
        "1234567",
        "1,234,567.0",
        "The answer is 1,234,567.",
        "-(-1,234,567)",
    ):
        assert read_number(text) == 1_234_567
    for text in ("1,23", "12,34,567", "1,2345", "1,234,56", "1,234 5"):
        with pytest.raises(Unreadable):
            read_number(text)


def test_words_are_said_in_full_or_not_at_all() -> None:
    known = sayings({"none": ("no solutions?", "inconsistent")})
    for text in (
        "no solution",
        "No solutions.",
        "The system is inconsistent",
        r"\text{no solution}",
        "**No solution**",
        "There is no solution!",
    ):
        assert said(text, known) == "none"
    for text in (
        "not inconsistent",
        "no",
        "no solution or one",
        "is there no solution",
        "no solution" * 40,
        "consistent",
    ):
        assert said(text, known) is None
