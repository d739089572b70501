"""Matrices of letters: forms, what is refused, and bounded work."""

import pytest

from generators.answers.expressions import read_expression
from generators.answers.symbolic import _Functions, read_functions
from generators.errors import Unreadable

FORMS = [
    "[[d/(a*d - b*c), -b/(a*d - b*c)], [-c/(a*d - b*c), a/(a*d - b*c)]]",
    "1/(ad-bc) * [[d, -b], [-c, a]]",
    "(1/(ad-bc)) [[d,-b],[-c,a]]",
    "[[d, -b], [-c, a]]/(a*d - b*c)",
    "-1/(bc-ad) * [[d,-b],[-c,a]]",
    "-[[-d,b],[c,-a]]/(ad-bc)",
    "(ad-bc)^{-1} [[d,-b],[-c,a]]",
    "[d/(ad-bc), -b/(ad-bc); -c/(ad-bc), a/(ad-bc)]",
    "Matrix([[d/(a*d - b*c), b/(b*c - a*d)], [-c/(a*d-b*c), a/(a*d-b*c)]])",
    r"\frac{1}{ad-bc}\begin{pmatrix} d & -b \\ -c & a \end{pmatrix}",
    r"A^{-1} = \frac{1}{ad - bc} \begin{bmatrix} d & -b \\ -c & a \end{bmatrix}",
    r"\begin{pmatrix} \frac{d}{ad-bc} & \frac{-b}{ad-bc} \\ \frac{-c}{ad-bc} & \frac{a}{ad-bc} \end{pmatrix}",
    r"$$\left[\begin{matrix}\frac{d}{a d - b c} & - \frac{b}{a d - b c}\\- \frac{c}{a d - b c} & "
    r"\frac{a}{a d - b c}\end{matrix}\right]$$",
    "[[(2d)/(2(ad-bc)), -b*b/(b*(ad-bc))], [-c^2/(c(ad - bc)), a/(ad-bc)]]",
]
FORMS += [
    "1/(a*d-b*c) * Matrix([[d, -b], [-c, a]])",
    "Matrix([[d, -b], [-c, a]])/(a*d - b*c)",
    r"\[\frac{1}{ad-bc}\begin{pmatrix} d & -b \\[6pt] -c & a \end{pmatrix}\]",
    f"```python\n{FORMS[0]}\n```",
    f"**Answer:** {FORMS[0]}",
    f"A^{{-1}} = 1/(ad-bc) [[d,-b],[-c,a]] = {FORMS[0]}",
    "(ad-bc)^(-1) [[d,-b],[-c,a]]",
]
REFUSED = [
    f"[[1, 2], [3, 4]] = {FORMS[0]}",
    f"A^{{-1}} != {FORMS[0]}",
    f"2A^{{-1}} = {FORMS[0]}",
    f"A = 5\nB = {FORMS[0]}",
    "",
    "d",
    "[[d, -b], [-c]]",
    "[[d, -b], [-c, a]",
    "[[sin(a), 1], [1, 1]]",
    "[[a^b, 1], [1, 1]]",
    "[[a**99, 1], [1, 1]]",
    "[[1/(a-a), 1], [1, 1]]",
    "[[a, b], [c, d]] or [[1, 2], [3, 4]]",
    "[[e, 1], [1, 1]]",
    "[[__import__, 1], [1, 1]]",
    "[[(a+b+c+d+p+q+x+y)^6*(a+b+c+d+p+q+x+y)^6, 1], [1, 1]]",
    "[[" + "(" * 100 + "a" + ")" * 100 + ", 1], [1, 1]]",
    "[[" + "a*" * 3_000 + "a, 1], [1, 1]]",
    "[[a a a a a a a a a a a a a a a, 1], [1, 1]]",
]


@pytest.mark.parametrize("text", FORMS[1:])
def test_forms_of_one_matrix(text: str) -> None:
    first, other = read_functions(FORMS[0]), read_functions(text)
    assert all(x.same(y) for rows in zip(first, other, strict=True) for x, y in zip(*rows, strict=True))
    assert [x.key for row in first for x in row] == [x.key for row in other for x in row]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_functions(text)


def test_a_factor_before_the_matrix_counts() -> None:
    right = read_functions(FORMS[0])
    for factor in ("a^{-1} ", "b^-1 * ", "x^(-1) "):
        other = read_functions(factor + FORMS[0])
        assert not other[0][0].same(right[0][0])


def test_functions_that_differ_are_told_apart() -> None:
    for one, other in (("a/b", "b/a"), ("a + b", "a - b"), ("ab", "a + b"), ("a^2", "2a"), ("1/(a+1)", "1/a + 1")):
        x, y = (read_expression(text, _Functions()) for text in (one, other))
        assert not x.same(y)
        assert x.key != y.key
