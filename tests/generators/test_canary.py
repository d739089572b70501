"""Canaries: the question without its numbers, judged as if it had them."""

import re

import pytest

from generators.errors import BadId
from generators.families import FAMILIES, problem
from generators.ids import ProblemId

WITH = [(name, kind) for name, family in FAMILIES.items() for kind in sorted(family.in_numbers)]


@pytest.mark.parametrize(("name", "kind"), WITH)
@pytest.mark.parametrize("layout", ["chat", "bare"])
def test_a_canary_keeps_the_words_and_no_number(name: str, kind: str, layout: str) -> None:
    plain = problem(str(FAMILIES[name].example(kind, layout)))
    canary = problem(str(FAMILIES[name].example(kind, f"{layout}+canary")))
    assert not re.search(r"\d", canary.messages[-1].content)
    assert "?" in canary.observation
    assert canary.observation != plain.observation
    assert canary.content == plain.content  # it stays in the split of what it hides
    assert len(canary.messages) == len(plain.messages)


@pytest.mark.parametrize(("name", "kind"), WITH)
def test_who_knows_the_answer_is_still_found_right(name: str, kind: str) -> None:
    canary = problem(str(FAMILIES[name].example(kind, "chat+canary")))
    assert canary.judge(canary.reveal("answer")).outcome == "correct"
    for guess in canary.guesses.values():
        verdict = canary.judge(guess)
        assert verdict.outcome != "correct"
        assert all(value == 0 for part, value in verdict.components.items() if part != "format")


@pytest.mark.parametrize("style", ["chat+canary", "bare+canary"])
def test_kinds_that_can_be_guessed_without_numbers_have_none(style: str) -> None:
    for id in (
        f"matrix_inverse@1/bound=9,kind=singular,n=2/train/0/{style}",
        f"hadamard@1/blanks=12,kind=complete,order=8/train/0/{style}",
        f"row_reduction@1/bound=9,kind=inverse,n=2,turns=16/train/0/{style}",
    ):
        with pytest.raises(BadId, match=r"unknown style|parameters"):
            problem(id)


def test_canaries_do_not_move_any_other_problem() -> None:
    id = ProblemId.parse("matrix_inverse@1/bound=9,kind=diagonal,n=2/dev/7/chat")
    assert problem(str(id)).content == problem(str(id.with_style("chat+canary"))).content
