"""Cheap guesses judged at every shipped stage: nothing is paid for them, and every wrong one is flagged."""

from pathlib import Path

import pytest

import curricula
from curricula.curriculum import Stage
from curricula.guessing import guesses_of
from curricula.reading import load_curricula
from generators.families import problem

CURRICULA = load_curricula(Path(curricula.__file__).parent)
STAGES = [(one.name, stage) for one in CURRICULA.values() for stage in one.stages]
# A word that answers many problems cannot be kept from being right that often; the identity is capped; two guesses were
# declared after the ids of the first kinds had got their meaning (docs/adr/0006).
OFTEN = {"singular": 0.65, "no_solution": 0.5, "infinitely_many": 0.5, "identity": 0.2, "entrywise": 0.35}


def _played(name: str, stage: Stage) -> bool:
    return problem(str(stage.problem_id("train", 0, CURRICULA[name].style))).max_turns > 1


@pytest.mark.parametrize(("name", "stage"), STAGES, ids=lambda value: getattr(value, "name", value))
def test_guesses_earn_nothing_and_are_flagged(name: str, stage: Stage) -> None:
    guesses = guesses_of(stage.problem_id("train", 0, CURRICULA[name].style), 40)
    expected = {"empty", "talk"} if _played(name, stage) else {"empty", "all_at_once", "stock"}
    if stage.name == "two_to_the_k":  # a single function: there is no other one to know by heart
        expected -= {"stock"}
    assert expected < {guess.name for guess in guesses}
    for guess in guesses:
        assert guess.partial == 0.0, guess
        assert guess.flagged == 1.0, guess
        if stage.name not in ("solvable_or_not", "singular_3x3"):
            assert guess.correct <= OFTEN.get(guess.name, 0.1), guess
