"""Which choice is meant: letters, texts and both; never two, never a guess."""

import pytest

from generators.answers.choices import read_choice
from generators.answers.texts import read_text
from generators.errors import Unreadable

CHOICES = ("paints the wall.", "waits and turns them over.", "sings", "A B C")


@pytest.mark.parametrize(
    "text",
    [
        "B",
        "b",
        "(B)",
        "B)",
        "B.",
        "[B]",
        "**B**",
        r"\boxed{B}",
        r"$\boxed{\text{B}}$",
        "Option B",
        "The answer is B.",
        "The correct answer is (B)",
        "Answer: B",
        "Choice: B",
        "B) waits and turns them over.",
        "B. waits and turns them over",
        "(B) Waits and turns them over.",
        "B: waits and turns them over.",
        "waits and turns them over",
        '"waits and turns them over."',
        " B \n",
        "So the answer is B",
        "Therefore, the answer is B.",
        "B - waits and turns them over",
        "**B.** waits and turns them over",
        "**B**) waits and turns them over",
        "B, waits and turns them over",
        "B (waits and turns them over)",
        '"B"',
        "{B}",
        r"\mathbf{B}",
        r"\textbf{(B)}\ waits and turns them over",
        "B is correct",
        "It is B",
        "Correct: B",
        "### Answer: B",
        "The correct answer is waits and turns them over",
        "B, because the others make no sense",
    ],
)
def test_the_second_choice(text: str) -> None:
    assert read_choice(text, CHOICES) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "E",
        "BC",
        "B or C",
        "B, C",
        "B and C",
        "B) sings",
        "not B",
        "neither",
        "waits",
        "1",
        "B B C",
        "B because it isn't; the answer is C",
        "B because C is the same",
        "x" * 9_999,
    ],
)
def test_no_choice(text: str) -> None:
    with pytest.raises(Unreadable):
        read_choice(text, CHOICES)


def test_several_choices_are_flagged() -> None:
    for text in ("B) sings", "B or C"):
        with pytest.raises(Unreadable) as caught:
            read_choice(text, CHOICES)
        assert caught.value.flags == ("several_answers",)


def test_a_letter_is_a_letter_whatever_the_choices_say() -> None:
    assert read_choice("A", ("B", "A")) == 0
    assert read_choice("(b)", ("B", "A")) == 1


def test_a_point_in_front_is_no_full_stop() -> None:
    assert read_choice(".5", ("5", ".5")) == 1


def test_a_choice_that_looks_like_letters_is_read_as_its_text() -> None:
    assert read_choice("A B C", CHOICES) == 3


@pytest.mark.parametrize(
    "text", ["Paris", " paris.", "**Paris**", "The Paris", '"Paris"', "Answer: Paris", r"\text{Paris}"]
)
def test_texts_are_compared_but_for_their_clothes(text: str) -> None:
    assert read_text(text) == "paris"


def test_loud_and_quoted_texts() -> None:
    for text in ("Rome!", "ROME!!", "\u201cRome\u201d", "Rome\u2026"):
        assert read_text(text) == "rome"
    assert read_text("3!") == "3!"
    assert read_text(".5") == ".5"


@pytest.mark.parametrize("text", ["", "...", "x" * 1_001])
def test_no_text(text: str) -> None:
    with pytest.raises(Unreadable):
        read_text(text)
