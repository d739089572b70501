"""The four parts of DeepSeekRL's reward that look at a matrix, in exact arithmetic and without evaluating a text.

Distances are exact fractions until the last exponential. Errors are |.|_1, the sum of absolute entries, as there.
"""

import re
from fractions import Fraction
from math import exp

from generators.answers.matrix import read_matrix
from generators.errors import Unreadable
from generators.exact.elimination import inverse
from generators.exact.matrices import Matrix, identity, product, shape
from generators.linear_algebra.matrix_inverse.family import MatrixInverse
from generators.problem import Problem

INVERSE_PARTS = {
    "inverse_product": "exp(-|X' A - I|_1 / tolerance)",
    "inverse_distance": "exp(-|X' - X|_1 / tolerance)",
    "inverse_within": "1 if |X' - X|_1 < tolerance",
    "numeric_rows": "share of the answer's rows that are numbers only",
}
_MAX_LENGTH = 8_000
_ROW = re.compile(r"\[([^\[\]]*+)\]")
_LISTS = re.compile(r"\[\s*+\[[^\[\]]*+\](?:\s*+,\s*+\[[^\[\]]*+\])*+\s*+,?+\s*+\]")
_NUMBER = re.compile(r"\s*+[-+]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][-+]?+[0-9]++)?+(?:\s*+/\s*+[0-9]++)?+\s*+")
_STRING = re.compile(r"\s*+(?:\"[^\"]*+\"|'[^']*+'|None)\s*+")
_LARGEST = 700  # exp of less than -700 is 0


def fits(problem: Problem) -> bool:
    """Whether a problem has these parts: a matrix of numbers, with an inverse."""
    return isinstance(problem, MatrixInverse) and problem.params["kind"] not in ("singular", "symbolic")


def inverse_part(name: str, problem: Problem, completion: str, tolerance: float) -> float:
    """Return one of the parts; 0 for what cannot be read."""
    text = _answer(problem, completion).strip()
    if len(text) > _MAX_LENGTH or not isinstance(problem, MatrixInverse) or isinstance(problem.right, str):
        return 0.0
    if name == "numeric_rows":
        return _numeric_rows(text)
    try:
        given = read_matrix(text)
    except Unreadable:
        return 0.0
    if shape(given) != shape(problem.matrix):
        return 0.0
    error = _error(name, given, problem.matrix)
    if name == "inverse_within":
        return float(error < Fraction(str(tolerance)))
    scaled = error / Fraction(str(tolerance))
    return exp(-float(scaled)) if scaled < _LARGEST else 0.0


def _answer(problem: Problem, completion: str) -> str:
    """Return what stands behind the last <answer>, closed or not, as there; in other layouts what they have."""
    if problem.id.layout == "chat" or not isinstance(problem, MatrixInverse):
        return completion.rpartition("<answer>")[2].partition("</answer>")[0]
    try:
        return problem.final_part(completion)
    except Unreadable:
        return ""


def _error(name: str, given: Matrix, a: Matrix) -> Fraction:
    left, right = (product(given, a), identity(len(a))) if name == "inverse_product" else (given, inverse(a))
    pairs = (pair for rows in zip(left, right, strict=True) for pair in zip(*rows, strict=True))
    return sum((abs(Fraction(x) - y) for x, y in pairs), Fraction(0))


def _numeric_rows(text: str) -> float:
    """Return the share of rows that are numbers, of a list of lists of numbers and strings; 0 for what is none."""
    if not _LISTS.fullmatch(text):
        return 0.0
    rows = [row.split(",") for row in _ROW.findall(text[1:-1])]
    kinds = [
        ["number" if _NUMBER.fullmatch(x) else "text" if _STRING.fullmatch(x) else "" for x in row] for row in rows
    ]
    if any("" in row for row in kinds):
        return 0.0
    return sum(set(row) == {"number"} for row in kinds) / len(kinds)
