"""Canaries: the question without its numbers, judged as if it had them."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from generators.canary import without_numbers
from generators.errors import BadId
from generators.families import FAMILIES, problem
from generators.ids import ProblemId

# A list of its own: that of the code is not to be held against itself.
NUMBERS = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand"
    r"|half|halves|third|thirds|quarter|quarters|dozen|dozens|twice|thrice|once|double|doubled|triple|tripled|first|second"
    r"|pair|couple)\b",
    re.IGNORECASE,
)
GSM8K = Path(__file__).parents[3] / "shared" / "data" / "gsm8k"
WITH = [(name, kind) for name, family in FAMILIES.items() for kind in sorted(family.in_numbers)]


@pytest.mark.parametrize(("name", "kind"), WITH)
@pytest.mark.parametrize("layout", ["chat", "bare"])
def test_a_canary_keeps_the_words_and_no_number(name: str, kind: str, layout: str) -> None:
    plain = problem(str(FAMILIES[name].example(kind, layout)))
    canary = problem(str(FAMILIES[name].example(kind, f"{layout}+canary")))
    assert not NUMBERS.search(canary.messages[-1].content)
    assert not any(letter.isnumeric() for letter in canary.messages[-1].content)
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


@pytest.mark.parametrize(("name", "kind"), WITH)
def test_no_answer_is_right_for_many_canaries(name: str, kind: str) -> None:
    """Of the example's problems: whoever says the commonest answer to every canary is hardly ever right."""
    family = FAMILIES[name]
    keys = Counter(
        (at := problem(str(replace(family.example(kind, "chat+canary"), seed=seed))))
        .judge(at.reveal("answer"))
        .answer_key
        for seed in range(40)
    )
    assert keys.most_common(1)[0][1] <= 6


@pytest.mark.skipif(not GSM8K.exists(), reason="no real data here")
def test_nothing_of_a_number_is_left_in_real_questions() -> None:
    rows = [json.loads(line) for file in sorted(GSM8K.glob("*.jsonl")) for line in file.read_text().splitlines()]
    left = [(row["question"], found) for row in rows if (found := NUMBERS.search(without_numbers(row["question"])))]
    assert len(rows) > 1_000
    assert not left, left[:3]
    assert without_numbers("\u00bd of \u0661 and \u216b, two-thirds, -3.5, 1,000") == "? of ? and ?, ?-?, ?, ?"
