"""Formulas: the evaluator against Python, the reader against the writer, and bounds on both."""

import random
from typing import Any

import pytest

from generators.errors import Unreadable
from generators.programs.formulas import (
    DIGIT_FUNCTIONS,
    MAX_BITS,
    Applied,
    Choice,
    Formula,
    Joined,
    K,
    Negative,
    Number,
    Recurrence,
    Term,
    values,
    variants,
)
from generators.programs.reading import MAX_TOKENS, read_formula
from generators.programs.writing import python_of, text_of

INPUTS = range(40)


def at_random(rng: random.Random, depth: int, terms: int = 0) -> Formula:
    """Return any formula."""
    kind = rng.randrange(4 if depth == 0 else 10)
    if kind == 3 and terms:
        return Term(rng.randint(1, terms))
    if kind <= 1 or depth == 0:
        return Number(rng.randint(0, 12)) if kind % 2 else K
    inner = [at_random(rng, depth - 1, terms) for _ in range(4)]
    if kind <= 5:
        return Joined(rng.choice("+-*/%"), inner[0], inner[1])
    if kind == 6:
        return Joined("^", inner[0], Number(rng.randint(0, 3)))
    if kind == 7:
        return Negative(inner[0])
    if kind == 8:
        return Choice(*inner)
    if terms or rng.random() < 0.5:
        return Applied(rng.choice(sorted(DIGIT_FUNCTIONS)), inner[0])
    order = rng.randint(1, 3)
    return Recurrence(tuple(rng.randint(-5, 5) for _ in range(order)), at_random(rng, depth - 1, order))


def by_python(source: str) -> list[int | None]:
    """Run a function of ours by Python itself; None where it raises, or a value is too large to compare."""
    names: dict[str, Any] = {}
    exec(source, names)
    found: list[int | None] = []
    for k in INPUTS:
        try:
            found.append(names["f"](k))
        except (ArithmeticError, IndexError, ValueError):
            found.append(None)
    return found


def test_values_are_those_of_python_and_texts_read_back() -> None:
    """3,000 formulas: our evaluator and Python agree on every value, and the text means the same formula."""
    rng = random.Random(5)
    compared = 0
    for _ in range(3_000):
        formula = at_random(rng, 3)
        ours = values(formula, INPUTS)
        if any(value is not None and value.bit_length() > 500 for value in ours):
            continue  # a power of a power: Python would take its time
        theirs = by_python(python_of(formula)) if None not in ours else list(ours)
        assert list(ours) == theirs, text_of(formula)
        assert values(read_formula(text_of(formula)), INPUTS) == ours, text_of(formula)
        compared += len(theirs)
    assert compared > 60_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2^k", [1, 2, 4, 8]),
        ("2**k", [1, 2, 4, 8]),
        ("-k^2", [0, -1, -4, -9]),
        ("2^3^k", [2, 8, 512, 134217728]),
        ("7-2-1", [4, 4, 4, 4]),
        ("9/2*2", [8, 8, 8, 8]),
        ("-k/2", [0, -1, -1, -2]),
        ("-k%3", [0, 2, 1, 0]),
        ("3k+1", [1, 4, 7, 10]),
        ("2(k+1)", [2, 4, 6, 8]),
        ("k(k+1)/2", [0, 1, 3, 6]),
        ("k<2?10:k<3?20:30", [10, 10, 20, 30]),
        ("(k<2?1:0)+k", [1, 2, 2, 3]),
        ("{1,1;a+b}", [1, 1, 2, 3]),
        ("{2;2*a+k}", [2, 5, 12, 27]),
        ("{1,2,3;c}", [1, 2, 3, 1]),
        ("s(99*k)", [0, 18, 18, 18]),
        ("r(10*k+2)", [2, 21, 22, 23]),
        ("n(k)+m(k)+o(k)+q(k)", [1, 4, 8, 15]),
        ("`2^k`", [1, 2, 4, 8]),
        ("$2^k$", [1, 2, 4, 8]),
        ("2 ^ k", [1, 2, 4, 8]),
        ("2\u00d7k \u2212 1", [-1, 1, 3, 5]),
        ("1/k", [None, 1, 0, 0]),
        ("5%k", [None, 0, 1, 2]),
        ("2^(1-k)", [2, 1, None, None]),
        ("{1,1;c}", None),
        ("{{1;a};a}", None),
        ("a+1", None),
        ("2^", None),
        ("x", None),
        ("2^k 2", [2, 4, 8, 16]),
        ("k<1?2", None),
        ("k<1", None),
        ("()", None),
        ("", None),
        ("2,3", None),
        ("{1.5;a}", None),
    ],
)
def test_what_is_read(text: str, expected: list[int | None] | None) -> None:
    if expected is None:
        with pytest.raises(Unreadable):
            read_formula(text)
    else:
        assert list(values(read_formula(text), range(4))) == expected


@pytest.mark.parametrize("text", ["9^9^9^9", "{2;a*a}", "{3;a^a}", "2^(2^k)", "9" * 600 + "^k", "{1;a+a^9}"])
def test_what_grows_too_large_is_none(text: str) -> None:
    found = values(read_formula(text), range(200))
    assert None in found
    assert all(value is None or value.bit_length() <= MAX_BITS for value in found)


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 60 + "k" + ")" * 60, "k^" * 60 + "1", "-" * 199 + "1", "+".join("k" * 100), "k<1?1:" * 33 + "0"),
        *("s(" * 60, "1" * 701, "k" * (MAX_TOKENS + 1), "k " * 9_000, "{" + "1," * 30 + "1;a}"),
    ],
)
def test_what_is_too_deep_or_too_long_is_refused_or_bounded(text: str) -> None:
    try:
        formula = read_formula(text)
    except Unreadable:
        return
    assert len(values(formula, range(60))) == 60
    assert read_formula(text_of(formula)) is not None


def test_work_is_bounded_over_all_inputs() -> None:
    step = "+".join(["a*a%7"] * 16)
    found = values(read_formula(f"{{1;{step}}}"), range(0, 100_000, 1_000))
    assert found[0] == 1
    assert None in found


def test_variants_change_one_number() -> None:
    texts = {text_of(other) for other in variants(read_formula("3*2^(k+1)+{1,0;a+2*b}"))}
    assert texts == {
        *("4*2^(k+1)+{1,0;a+2*b}", "2*2^(k+1)+{1,0;a+2*b}", "3*3^(k+1)+{1,0;a+2*b}", "3*1^(k+1)+{1,0;a+2*b}"),
        *("3*2^(k+2)+{1,0;a+2*b}", "3*2^(k+0)+{1,0;a+2*b}", "3*2^(k+1)+{2,0;a+2*b}", "3*2^(k+1)+{1,1;a+2*b}"),
        *("3*2^(k+1)+{1,0;a+3*b}", "3*2^(k+1)+{1,0;a+1*b}"),
    }
