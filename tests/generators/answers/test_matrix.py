"""The answer grammar: every way to write one matrix is read, everything else is refused, in linear time."""

import random
import re
import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from re._parser import SubPattern, parse  # type: ignore[import-not-found]
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.answers import final, tokens
from generators.answers.matrix import read_matrix
from generators.errors import Unreadable
from generators.exact.matrices import Matrix, compact, nested
from generators.families import problem

RIGHT: Matrix = ((Fraction(1, 2), Fraction(-3)), (Fraction(0), Fraction(1)))

FORMS = [
    "[[1/2, -3], [0, 1]]",
    "[[1/2,-3],[0,1]]",
    "[[0.5, -3], [0, 1]]",
    "[[.5, -3.0], [0., 1.]]",
    "[[5e-1, -3], [0, 1E0]]",
    "[[2/4, -6/2], [0/7, 5/5]]",
    "[[+1/2, -3], [0, +1]]",
    "[[1 / 2, - 3], [0, 1]]",
    "[[1/2, \u22123], [0, 1]]",
    "[[1\u20442, -3], [0, 1]]",
    "[[(1)/(2), -(3)], [0, 1]]",
    "[\n  [1/2, -3],\n  [0, 1]\n]",
    "[[1/2, -3],\n [0, 1],\n]",
    "((1/2, -3), (0, 1))",
    "{{1/2, -3}, {0, 1}}",
    "1/2,-3;0,1",
    "1/2, -3; 0, 1;",
    "1/2 -3; 0 1",
    "[1/2, -3; 0, 1]",
    "[1/2 -3; 0 1]",
    "[1/2 -3\n 0 1]",
    "1/2 -3\n0 1",
    "1/2, -3\n0, 1\n",
    "[1/2, -3]\n[0, 1]",
    "| 1/2  -3 |\n| 0  1 |",
    "[[0.5 -3. ]\n [0.   1. ]]",
    "array([[ 0.5, -3. ],\n       [ 0. ,  1. ]])",
    "np.array([[0.5, -3], [0, 1]])",
    "np.array([[1/2, -3], [0, 1]], dtype=float)",
    "torch.tensor([[0.5, -3.0], [0.0, 1.0]], dtype=torch.float64)",
    "Matrix([[1/2, -3], [0, 1]])",
    "Matrix([\n[1/2, -3],\n[  0,  1]])",
    "sympy.Matrix([[Rational(1, 2), -3], [0, 1]])",
    "Matrix(2, 2, [1/2, -3, 0, 1])",
    "[[Fraction(1, 2), Fraction(-3, 1)], [Fraction(0, 1), Fraction(1, 1)]]",
    "[[Fraction('1/2'), -3], [0, 1]]",
    r"\begin{pmatrix} \frac{1}{2} & -3 \\ 0 & 1 \end{pmatrix}",
    r"\begin{bmatrix}1/2&-3\\0&1\end{bmatrix}",
    "\\begin{bmatrix}\n\\dfrac{1}{2} & -3 \\\\[4pt]\n0 & 1\n\\end{bmatrix}",
    r"$$\left[\begin{array}{cc} \frac12 & -3 \\ 0 & 1 \end{array}\right]$$",
    r"\left(\begin{array}{rr} -\frac{-1}{2} & -3 \\ 0 & 1 \end{array}\right)",
    r"\[ A^{-1} = \begin{pmatrix} 0.5 & -3 \\ 0 & 1 \end{pmatrix} \]",
    r"\frac{1}{2}\begin{pmatrix} 1 & -6 \\ 0 & 2 \end{pmatrix}",
    r"\frac{1}{2} \cdot \begin{pmatrix} 1 & -6 \\ 0 & 2 \end{pmatrix}",
    "1/2 * [[1, -6], [0, 2]]",
    "[[1, -6], [0, 2]] / 2",
    "-[[-1/2, 3], [0, -1]]",
    r"X = 1/2 & -3 \\ 0 & 1",
    "A^{-1} = [[1/2, -3], [0, 1]]",
    "A\u207b\u00b9 = [[1/2, -3], [0, 1]]",
    "inv(A) = [[1/2, -3], [0, 1]]",
    "[[1/2, -3], [0, 1]] = A^-1",
    "The inverse is [[1/2, -3], [0, 1]].",
    "Answer: [[1/2, -3], [0, 1]]",
    "```python\n[[1/2, -3], [0, 1]]\n```",
    "`[[1/2, -3], [0, 1]]`",
    "[[1/2, -3], [0, 1]] = [[0.5, -3], [0, 1]]",
    r"\boxed{[[1/2, -3], [0, 1]]}",
    r"$\boxed{\begin{pmatrix} \cfrac{1}{2} & -3 \\ 0 & 1 \end{pmatrix}}$",
    "**[[1/2, -3], [0, 1]]**",
    "**Answer:** [[1/2, -3], [0, 1]]",
    r"\mathbf{A}^{-1} = [[1/2, -3], [0, 1]]",
    r"\mathrm{inv}(A) = [[1/2, -3], [0, 1]]",
    '"[[1/2, -3], [0, 1]]"',
    '[["1/2", "-3"], ["0", "1"]]',
    "[['0.5', '-3'], ['0', '1']]",
    "[[1/2, -3], [0, 1]] \u2248 [[0.499, -3.001], [0.00, 1]]",
    r"\begin{pmatrix} 1/2 & -3 \\ 0 & 1 \end{pmatrix} \approx \begin{pmatrix} 0.5 & -3.0 \\ 0 & 1.0 \end{pmatrix}",
    "The inverse of the 2x2 matrix is [[1/2, -3], [0, 1]]",
    "[[1/2, -3], [0, 1]] (exact)",
    "1/2 *\n[[1, -6], [0, 2]]",
    "\\frac{1}{2}\n\\begin{pmatrix} 1 & -6 \\\\ 0 & 2 \\end{pmatrix}",
    "(1/2 [[1, -6], [0, 2]])",
    r"\left( \frac{1}{2} \begin{pmatrix} 1 & -6 \\ 0 & 2 \end{pmatrix} \right)",
    "| a | b |\n|---|:-:|\n| 1/2 | -3 |\n| 0 | 1 |",
    "[1/2 | -3]\n[0 | 1]",
    "[[1/2, | -3], [0, | 1]]",
    "[1/2 | -3; 0 | 1]",
    r"[[{1 \over 2}, -3], [0, 1]]",
    r"\begin{array}{c|c} 1/2 & -3 \\ \hline 0 & 1 \end{array}",
    r"\pmatrix{1/2 & -3 \cr 0 & 1}",
    r"[[\nicefrac{1}{2}, -3], [0, 1]]",
    r"[[0.4\overline{9}, -3], [0, 1]]",
    "[[0.4(9), -3], [0, 1]]",
    "[[\u00bd, \u22123], [0, 1]]",
    "\u200b[[1/2, -3], [0, 1]]\ufeff",
    "\u23a11/2  -3\u23a4\n\u23a30  1\u23a6",
    "\u250c 1/2 -3 \u2510\n\u2514 0 1 \u2518",
    "1/2 -3<br>0 1",
    "[[1/2, -3],  # the first row\n [0, 1]]  # the second",
    "#### [[1/2, -3], [0, 1]]",
    "## Answer\n\n[[1/2, -3], [0, 1]]",
    "Row 1: 1/2, -3\nRow 2: 0, 1",
    "- [1/2, -3]\n- [0, 1]",
    "1. [1/2, -3]\n2. [0, 1]",
    "R1: 1/2 -3\nR2: 0 1",
    "rref(A) = [[1/2, -3], [0, 1]]",
    r"\text{rref}(A) = [[1/2, -3], [0, 1]]",
    r"A \cdot B = [[1/2, -3], [0, 1]]",
    "[1/2, -3], [0, 1]",
    "(1/2, -3), (0, 1)",
    r"\begin{pmatrix} \phantom{-}1/2 & -3 \\ 0 & \phantom{-}1 \end{pmatrix}",
    r"\bigl[ 1/2, -3; 0, 1 \bigr]",
    r"\text{A}^{-1} = [[1/2, -3], [0, 1]]",
    "A = [1/2 -3; 0 1];",
    "[[5.0e-01, -3.0e+00], [0.0e+00, 1.0e+00]]",
    "[[S(1)/2, -3], [Integer(0), 1]]",
    'Matrix([[Rational("1/2"), -3], [0, 1]])',
    "[[1/2\uff0c -3]\uff0c [0\uff0c 1]]",
    "A_inv = np.array([\n    [0.5, -3.0],\n    [0.0, 1.0],\n])",
    "Therefore, the inverse is:\n\n$$\nA^{-1} = \\begin{bmatrix} \\frac{1}{2} & -3 \\\\ 0 & 1 \\end{bmatrix}\n$$\n",
]

REFUSED = [
    "",
    "   ",
    "I do not know",
    "the identity",
    "[[1/2, -3], [0, 1]] or [[1, 0], [0, 1]]",
    "A = [[2, 12], [0, 1]], so A^{-1} = [[1/2, -3], [0, 1]]",
    "[[1/2, -3], [0, 1]]\n[[1, 2], [3, 4]]",
    "[[1/2, -3], [0]]",
    "[[1/2, -3, 0, 1",
    "[[1/2, -3], [0, 1]",
    "[[1/2, -3), [0, 1]]",
    "[[1/2, , -3], [0, 1]]",
    "[[[1/2, -3], [0, 1]]]",
    "[[1/2 - 3], [0, 1]]",
    "[[1/2-3, 0], [0, 1]]",
    "1/2/3",
    "1 / 2 / 3",
    "2*3",
    "1--2",
    "2^3",
    "2**3",
    "sqrt(4)",
    "the2",
    "2x2 [[1, 2], [3, 4]]",
    "foo[[1, 2], [3, 4]]",
    "1/0",
    r"\frac{1}{0}",
    r"\frac{1}{2",
    "1e999",
    "1e-999",
    "9" * 65,
    "0x10",
    "1_0000",
    "1000_000",
    "[[1, 2 (3)]]",
    "5 (negative)",
    "0.(",
    "[[1/2, -3], [0, 1]] \u2248 [[0.6, -3], [0, 1]]",
    r"1\frac{5}{2}",
    "1/2\u00bd",
    "\u00bd\u00bd",
    "2x2",
    "diag()",
    "Matrix(2, 1/2, [5])",
    "Matrix(3, 4/3, [1, 2, 3, 4])",
    "1.5x2 matrix",
    "Row 2: 3 4\nRow 1: 1 2",
    r"\text{minus } 5",
    r"\mathrm{not} 5",
    "x != 5",
    "5 thousand",
    "5 e",
    "2 sqrt5",
    "5 !",
    r"5 \text{ squared}",
    "twice 5",
    "5 (doubled)",
    "the opposite of 5",
    "log 5",
    "absolute value of -5",
    "| -5 |",
    "101 (binary)",
    "5 is wrong",
    "never 5",
    "less than 5",
    "[[1, 2], [3, 4]] inverse",
    "inverse of [[1, 2], [3, 4]]",
    "[[1, 2], [3, 4]] A^-1",
    "A^{-1} [[1, 2], [3, 4]]",
    "adj [[1, 2], [3, 4]]",
    "~~[[1, 2], [3, 4]]~~",
    "[[1, 2], [3, 4]] (up to sign)",
    "diag([[1, 2], [3, 4]])",
    "| 1 | 2 |\n|---|---",
    "nan",
    "inf",
    "NaN",
    "\u0661",  # an Arabic-Indic digit one
    "\u00b2",
    "\uff11",  # a full-width digit one
    "[[__import__('os').system('true')]]",
    "[[1, 2], [3, lambda: 4]]",
    "x" * 100,
    "[]",
    "[[]]",
    "()",
    "]",
    "\\end{pmatrix}",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
    r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}",
    "Matrix(2, 2, [1, 2, 3])",
    "Matrix(2, [1, 2, 3])",
    "Fraction(1, 2, 3)",
    "Fraction(1, [2])",
    "[[1,2],[3,4]] * [[1,2],[3,4]]",
    "(" * 200 + "1" + ")" * 200,
    r"\frac" * 500,
    "R(" * 500,
    "\x00",
    "\ud800",
    # what would mean something else than the numbers that stand there
    "[[1, 2], [3, 4]].T",
    "np.array([[1, 2], [3, 4]]).T",
    "[1 2; 3 4]'",
    r"[[1, 2], [3, 4]]\text{^T}",
    "Fraction(3-4)",
    "Fraction(12 5)",
    "Fraction(1,,2)",
    "Fraction(5, x=7)",
    "3!",
    "1/2!",
    "|-5/3|",
    "[[|-5|]]",
    "|1 2; 3 4|",
    "3e^-1",
    "3x^{-1}",
    "1e^-1",
    "A^-12",
    r"3\text{i}",
    r"5\text{ or 6}",
    r"0\text{.5}",
    r"\text{-}5",
    "minus 4",
    "negative 4",
    "sqrt 4",
    "det [[5]]",
    "3 squared",
    "3 percent",
    "5 i",
    "not 5",
    "5$6",
    "[[1$2], [3$4]]",
    "[[1 +2], [3 +4]]",
    "[[1, 2 3]]",
    rf"\frac{{\frac{{{'9' * 60}e64}}{{1e-64}}}}{{\frac{{1e-64}}{{{'9' * 60}e64}}}}",
]


@pytest.mark.parametrize("text", FORMS)
def test_forms_of_one_matrix(text: str) -> None:
    assert read_matrix(text) == RIGHT


# 0/7 is 0 whatever stands below, and [4pt] is a distance between rows.
_BESIDE = re.compile(r"dtype.*|\u2248.*|\\approx.*|2x2|Row \d|R\d:|(?m:^\d\.)|e[-+]\d+|\^\{?-1")
_STILL_EQUAL = {
    "[[2/4, -6/2], [0/7, 5/5]]",
    "[[Fraction(1, 2), Fraction(-3, 1)], [Fraction(0, 7), Fraction(1, 1)]]",
    "\\begin{bmatrix}\n\\dfrac{1}{2} & -3 \\\\[7pt]\n0 & 1\n\\end{bmatrix}",
}


@pytest.mark.parametrize("text", FORMS)
def test_a_changed_digit_is_never_read_past(text: str) -> None:
    """Put a 7 in the place of each digit of each form: the answer is then another one, or none."""
    beside = {at for found in _BESIDE.finditer(text) for at in range(*found.span())}
    for at, letter in enumerate(text):
        if letter.isdigit() and at not in beside:
            changed = f"{text[:at]}7{text[at + 1 :]}"
            if changed in _STILL_EQUAL:
                continue
            try:
                assert read_matrix(changed) != RIGHT, changed
            except Unreadable:
                continue


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_matrix(text)


def test_rarer_numbers() -> None:
    for text, value in {
        "1_000": 1000,
        "1{,}234{,}567": 1234567,
        r"1\,234.5": Fraction(2469, 2),
        r"-1\frac{1}{2}": Fraction(-3, 2),
        "2\u00be": Fraction(11, 4),
        "-\u2153": Fraction(-1, 3),
        "0.(3)": Fraction(1, 3),
        r"-1.1\overline{6}": Fraction(-7, 6),
        "1/3 \u2248 0.333": Fraction(1, 3),
        r"\frac{1}{3} \approx 0.33": Fraction(1, 3),
        "9" * 64 + "/" + "7" * 64: Fraction(int("9" * 64), int("7" * 64)),
    }.items():
        assert read_matrix(text) == ((value,),), text


def test_names_of_numbers() -> None:
    for text in (
        "The determinant is 5.",
        "The determinant is: **5**",
        "det(A) = 5",
        r"\det(A) = 5",
        r"\text{det}(A) = 5",
        "|A| = 5",
        r"\textbf{5}",
        r"\mathbf{5}",
        r"\text{5}",
    ):
        assert read_matrix(text) == ((5,),), text
    assert read_matrix("- [1, 2; 3, 4]") == ((-1, -2), (-3, -4))  # one line is no list, so the sign is a sign


def test_diagonals() -> None:
    for text in ("diag(1/2, 3)", "np.diag([1/2, 3])", r"\operatorname{diag}(1/2, 3)", "D = diag(1/2, 3)"):
        assert read_matrix(text) == ((Fraction(1, 2), 0), (0, 3)), text


def test_numbers_for_scalars() -> None:
    for text in ("4/3", "[4/3]", "[[4/3]]", "(4/3)", r"\frac{4}{3}", "x = 4/3", "8/6", "{4}/{3}"):
        assert read_matrix(text) == ((Fraction(4, 3),),)
    assert read_matrix("1.3333333") != ((Fraction(4, 3),),)


rationals = st.fractions(min_value=-99, max_value=99, max_denominator=99)
matrices = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(rationals, min_size=n, max_size=n).map(tuple), min_size=n, max_size=n).map(tuple)
)


@given(matrices)
def test_every_matrix_reads_back(a: Matrix) -> None:
    latex = r" \\ ".join(" & ".join(rf"\frac{{{x.numerator}}}{{{x.denominator}}}" for x in row) for row in a)
    for text in (nested(a), compact(a), f"Matrix({nested(a)})", rf"\begin{{pmatrix}}{latex}\end{{pmatrix}}"):
        assert read_matrix(text) == a


_PIECES = [*FORMS, *REFUSED, "<answer>", "</answer>", "<think>", "</think>", "=", ";", "\n", "\\\\", "&", ",", " "]


def test_hostile_strings_never_raise_and_never_score() -> None:
    """10^5 strings: pieces of answers glued and cut anywhere, and characters from everywhere."""
    rng = random.Random(20261120)
    posed = [
        problem(f"matrix_inverse@1/{params}/train/3/{style}")
        for params in ("bound=60,kind=scalar", "bound=40,kind=shear,n=2", "bound=5,determinant=unit,kind=random,n=3")
        for style in ("chat", "bare")
    ]
    for i in range(100_000):
        if i % 2:
            text = "".join(rng.choice(_PIECES) for _ in range(rng.randrange(1, 5)))
            cut = rng.randrange(len(text) + 1)
            text = text[cut:] + text[:cut]
        else:
            text = "".join(
                chr(rng.choice((rng.randrange(128), rng.randrange(0x11000)))) for _ in range(rng.randrange(40))
            )
        verdict = posed[i % len(posed)].judge(text)
        assert verdict.outcome in ("incorrect", "malformed")
        assert verdict.components["correct"] == 0.0


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    for style in ("chat", "bare"):
        posed = problem(f"matrix_inverse@1/bound=40,kind=shear,n=2/train/3/{style}")
        assert posed.judge(text).outcome in ("incorrect", "malformed")


LONG = {
    "digits": "9",
    "open": "[",
    "groups": "(1)",
    "numbers": "1,",
    "spaces": " ",
    "words": "word ",
    "tags": "<answer>",
    "closings": "</answer>",
    "thoughts": "<think></think>",
    "fractions": r"\frac",
    "begins": r"\begin{pmatrix}",
    "arrays": r"\begin{array}{",
    "texts": r"\text{a",
    "signs": "-",
    "slashes": "1/",
    "dots": "1.",
    "exponents": "1e",
    "newlines": "1\n",
    "equals": "1=",
    "calls": "Fraction(",
    "keywords": "dtype=float,",
    "lefts": r"\left",
    "labels": "A^{-1",
    "threes": "0.333333",
    "thousands": "1,000",
    "bullets": "- [1]\n",
    "rough": "1\u2248",
}


@pytest.mark.parametrize("name", LONG)
def test_work_is_linear_in_the_length(name: str) -> None:
    """Twice the text is at most twice the interpreter steps (the patterns' own steps: the next test)."""
    unit = LONG[name]
    for style in ("chat", "bare"):
        posed = problem(f"matrix_inverse@1/bound=40,kind=shear,n=2/train/3/{style}")
        wrap = "<think></think><answer>{}</answer>" if style == "chat" else "{}"
        short, long = (wrap.format((unit * (size // len(unit) + 1))[:size]) for size in (32 * 1024, 64 * 1024))
        steps = [_steps(partial(posed.judge, text)) for text in (short, long)]
        assert steps[1] <= 2.1 * steps[0] + 1_000


@pytest.mark.parametrize("pattern", [tokens._TOKEN, final._FORMAT])
def test_patterns_never_backtrack_into_a_repetition(pattern: re.Pattern[str]) -> None:
    """Every repetition is possessive, so matching is linear whatever the text."""

    def repetitions(node: Any) -> Iterator[str]:
        if isinstance(node, tuple) and node and str(node[0]).endswith("REPEAT"):
            yield str(node[0])
        for child in node if isinstance(node, list | tuple | SubPattern) else ():
            yield from repetitions(child)

    found = list(repetitions(parse(pattern.pattern, pattern.flags)))
    assert found
    assert set(found) == {"POSSESSIVE_REPEAT"}


def _steps(call: Any) -> int:
    """Count the bytecode instructions that a call runs."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
