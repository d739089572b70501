"""What the tests of families share: ids drawn at random, answers rewritten in equal forms, independent mathematics."""

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from generators.families import FAMILIES
from generators.ids import MAX_SEED, SPLITS
from generators.splits import split_of
from generators.written import Written

Rows = tuple[tuple[Fraction, ...], ...]


def drawn(family: str, kind: str, count: int, seed: int, **params: Any) -> Iterator[Any]:
    """Yield so many problems of a kind at random seeds of all splits; also checks that the splits share no content."""
    rng = random.Random(seed)
    start = FAMILIES[family].example(kind)
    if params:
        start = replace(start, params=tuple(sorted({**dict(start.params), **params}.items())))
    where: dict[str, str] = {}
    for _ in range(count):
        split = rng.choices(SPLITS, (90, 5, 5))[0]
        posed = FAMILIES[family].build(replace(start, split=split, seed=rng.randrange(MAX_SEED)))
        assert where.setdefault(posed.content, split) == split == split_of(posed.content)
        yield posed


def chat(text: str) -> str:
    return f"<think></think><answer>{text}</answer>"


def outcome(posed: Written[Any], text: str) -> str:
    """Judge a text as the answer in the style `chat`."""
    verdict = posed.judge(chat(text))
    assert (verdict.outcome == "correct") == (verdict.components["correct"] == 1.0)
    return verdict.outcome


def domain(a: Any) -> DomainMatrix:
    rows = [[QQ(Fraction(x).numerator, Fraction(x).denominator) for x in row] for row in a]
    return DomainMatrix(rows, (len(a), len(a[0])), QQ)


def exact(a: DomainMatrix) -> Rows:
    return tuple(tuple(Fraction(int(x.numerator), int(x.denominator)) for x in row) for row in a.to_list())


def number_forms(x: Fraction) -> dict[str, str]:
    """Return the number in forms that all mean it."""
    p, q = x.numerator, x.denominator
    sign, p = ("-" if p < 0 else ""), abs(p)
    latex = rf"{sign}\frac{{{p}}}{{{q}}}"
    forms = {
        "plain": str(x),
        "not reduced": f"{sign}{7 * p}/{7 * q}",
        "latex": latex,
        "boxed": rf"\boxed{{{latex}}}",
        "dollars": f"${latex}$",
        "minus": str(x).replace("-", "\u2212"),
        "brackets": f"({x})",
        "sentence": f"The answer is {x}.",
        "equation": f"x = {x}",
        "bold": f"**{x}**",
        "python": f"Fraction({x.numerator}, {q})",
    }
    if q == 1:
        forms |= {"thousands": f"{x.numerator:,}", "underscores": f"{x.numerator:_}", "decimal": f"{x}.0"}
    return forms


def matrix_forms(a: Rows) -> dict[str, str]:
    """Return the matrix in forms that all mean it."""
    rows = [list(map(str, row)) for row in a]
    latex = [[number_forms(Fraction(x))["latex"] for x in row] for row in a]
    nested = "[" + ", ".join("[" + ", ".join(row) + "]" for row in rows) + "]"
    below = r" \\ ".join(" & ".join(row) for row in latex)
    forms = {
        "nested": nested,
        "matlab": "[" + "; ".join(", ".join(row) for row in rows) + "]",
        "compact": ";".join(",".join(row) for row in rows),
        "numpy": f"np.array({nested})",
        "sympy": f"Matrix({nested})",
        "pmatrix": rf"\begin{{pmatrix}} {below} \end{{pmatrix}}",
        "array": rf"$$\left[\begin{{array}}{{{'r' * len(rows[0])}}} {below} \end{{array}}\right]$$",
        "lines": "\n".join(", ".join(row) for row in rows),
        "strings": "[" + ", ".join("[" + ", ".join(f'"{x}"' for x in row) + "]" for row in rows) + "]",
        "twice": "2 * [" + ", ".join("[" + ", ".join(str(Fraction(x) / 2) for x in row) + "]" for row in a) + "]",
        "sentence": f"The answer is {nested}.",
        "code": f"```python\n{nested}\n```",
    }
    if len(rows) == 1 or len(rows[0]) == 1:  # one line of numbers is a row, not lines of rows
        del forms["lines"]
    return forms


def mutants(rng: random.Random, a: Rows) -> Iterator[Rows]:
    """Yield the matrix with an entry, a sign, or a row changed."""
    m, n = len(a), len(a[0])
    i, j = rng.randrange(m), rng.randrange(n)
    for change in (a[i][j] + 1, -a[i][j], a[i][j] * Fraction(3, 2), Fraction(0), a[rng.randrange(m)][rng.randrange(n)]):
        yield tuple(tuple(change if (p, q) == (i, j) else x for q, x in enumerate(row)) for p, row in enumerate(a))
    yield tuple(tuple(-x for x in row) if p == i else row for p, row in enumerate(a))
    yield (*a[1:], a[0])
    yield tuple(row[::-1] for row in a)


def text_of(a: Rows) -> str:
    return "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in a) + "]"
