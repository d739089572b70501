"""rref: equal to sympy's, partial credit for echelon forms and right rows, identities capped, forms and mutants."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from generators.families import FAMILIES, problem
from generators.linear_algebra.rref import eye
from tests.generators.rewriting import chat, domain, drawn, exact, matrix_forms, mutants, outcome, text_of

KINDS = {"random": {}, "rank": {}, "augmented": {}}


@pytest.mark.parametrize("kind", KINDS)
def test_against_sympy(kind: str) -> None:
    """10^4 problems over the kinds: form and pivots are those of an independent elimination."""
    for posed in drawn("rref", kind, 3_400, seed=1):
        form, pivots = domain(posed.matrix).rref()
        assert posed.right == exact(form)
        assert posed.echelon.pivots == tuple(pivots)


@pytest.mark.parametrize("kind", KINDS)
def test_equivalent_forms_and_mutants(kind: str) -> None:
    rng = random.Random(2)
    for posed in drawn("rref", kind, 60, seed=3):
        forms = matrix_forms(posed.right)
        assert len(forms) >= 8
        for name, text in forms.items():
            assert outcome(posed, text) == "correct", (name, text)
        truth = exact(domain(posed.matrix).rref()[0])
        for mutant in mutants(rng, posed.right):
            expected = "correct" if mutant == truth else "incorrect"
            assert outcome(posed, text_of(mutant)) == expected, mutant


def test_solutions_are_as_many_as_asked() -> None:
    for solutions in ("one", "none", "infinite"):
        for posed in drawn("rref", "augmented", 100, seed=4, solutions=solutions):
            unknowns = len(posed.matrix[0]) - 1
            rank = domain([row[:-1] for row in posed.matrix]).rank()
            joint = domain(posed.matrix).rank()
            found = "none" if joint > rank else "one" if rank == unknowns else "infinite"
            assert found == solutions


def test_identities_are_capped() -> None:
    """Of square draws, every rank alike, one in three would be the identity; one in eight of those is kept."""
    posed = list(drawn("rref", "random", 2_000, seed=5, rows=3, columns=3))
    share = sum(p.right == eye(3, 3) for p in posed) / len(posed)
    assert 0.02 < share < 0.1


def test_partial_credit() -> None:
    """An echelon form that is not reduced has the right row space; the input, of the same space, has nothing."""
    posed = problem("rref@1/bound=9,columns=4,kind=rank,rank=2,rows=3/train/2/chat")
    right = posed.right  # type: ignore[attr-defined]
    scaled = (tuple(3 * x for x in right[0]), *right[1:])
    verdict = posed.judge(chat(text_of(scaled)))
    assert verdict.outcome == "incorrect"
    assert verdict.components["row_space"] == 1.0
    assert 0 < verdict.components["rows"] < 1
    other = ((*right[0][:-1], right[0][-1] + 1), *right[1:])
    assert posed.judge(chat(text_of(other))).components["row_space"] == 0.0
    copied = posed.judge(posed.guesses["input"])
    assert copied.flags == ("input_guess",)
    assert {name: v for name, v in copied.components.items() if v} == {"format": 1.0}


def test_row_space_is_that_of_an_independent_test() -> None:
    """Any echelon form, right or spoilt: the component is 1 just where stacking adds no rank (sympy)."""
    rng = random.Random(6)
    tried = 0
    for posed in drawn("rref", "rank", 150, seed=7):
        for _ in range(4):
            given = [list(row) for row in posed.right]
            i, j = rng.randrange(2), rng.randrange(len(given[0]))
            given[i] = [Fraction(rng.choice((2, -3, 1))) * x for x in given[i]]
            if rng.random() < 0.5:
                given[0] = [x + 2 * y for x, y in zip(given[0], given[1], strict=True)]
            if rng.random() < 0.3:
                given[i][j] += 1
            measured = posed.measure(tuple(map(tuple, given)))["row_space"]
            same = domain([*given, *posed.matrix]).rank() == domain(posed.matrix).rank() == domain(given).rank()
            if measured or _echelon(given):
                tried += 1
                assert bool(measured) == same
    assert tried > 100


def _echelon(a: list[list[Fraction]]) -> bool:
    leads = [next((j for j, x in enumerate(row) if x), 99) for row in a]
    return all(p < q or p == q == 99 for p, q in pairwise(leads))


def test_square_full_rank_is_refused_where_it_would_always_be_the_identity() -> None:
    with pytest.raises(Exception, match="identity"):
        problem("rref@1/bound=9,columns=3,kind=rank,rank=3,rows=3/train/0/chat")
    assert FAMILIES["rref"].kinds["rank"].about
