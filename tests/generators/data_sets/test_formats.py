"""Rows of known data sets: what is taken from their columns, and what is refused."""

from typing import Any

import pytest

from generators.data_sets.errors import BrokenRow
from generators.data_sets.formats import answers_of, row_of
from generators.data_sets.rows import Source


def test_gsm8k() -> None:
    row = row_of(
        Source("x", "gsm8k"), {"question": "How many?", "answer": "3*2=<<3*2=6>>6\n6+1=<<6+1=7>>7 eggs\n#### 1,007"}
    )
    assert (row.answer, row.worked, row.steps) == ("1,007", "3*2=6\n6+1=7 eggs", 2)


def test_hellaswag() -> None:
    row = row_of(Source("x", "hellaswag"), {"ctx": "He", "endings": ["a", "b", "c", "d"], "label": "2", "ind": 4})
    assert (row.question, row.answer, row.choices) == ("He", "2", ("a", "b", "c", "d"))


def test_math500_and_openthoughts() -> None:
    row = row_of(Source("x", "math500"), {"problem": "p", "solution": "s", "answer": r"\frac{1}{2}", "level": 3})
    assert (row.answer, row.worked) == (r"\frac{1}{2}", "s")
    row = row_of(Source("x", "openthoughts"), {"problem": "p", "solution": r"So \boxed{1}, no: $\boxed{\frac{1}{2}}$."})
    assert row.answer == r"\frac{1}{2}"


def test_countdown_is_the_content_of_the_family_of_that_name() -> None:
    row = row_of(Source("x", "countdown"), {"nums": [44, 19, 35], "target": 98})
    assert row.content == "countdown:19,35,44:98"


@pytest.mark.parametrize(
    ("given", "position"),
    [("B", 1), ("b", 1), (1, 1), ("two", 1), ("A", 0), ("one", 0), ("1", None), (2, None), (True, None)],
)
def test_a_choice_is_a_letter_a_text_or_a_position(given: Any, position: int | None) -> None:
    source, record = Source("x", answers="choice"), {"question": "q", "choices": ["one", "two"], "answer": given}
    if position is None:
        with pytest.raises(BrokenRow, match="none of the choices"):
            row_of(source, record)
    else:
        assert row_of(source, record).answer == str(position)


def test_choices_as_arc_has_them() -> None:
    record = {"question": "q", "choices": {"text": ["one", "two"], "label": ["A", "B"]}, "answer": "B"}
    assert row_of(Source("x", answers="choice"), record).choices == ("one", "two")


def test_choices_that_an_answer_could_not_tell_apart_are_refused() -> None:
    for choices in (["5", "5."], ["Rome", "rome "], ["x" * 3_000, "y"]):
        with pytest.raises(BrokenRow):
            row_of(Source("x", answers="choice"), {"question": "q", "choices": choices, "answer": 0})


@pytest.mark.parametrize("answer", ["...", ["fine", "?"], "x" * 1_500])
def test_a_text_that_no_answer_can_be_is_refused(answer: Any) -> None:
    with pytest.raises(BrokenRow, match="cannot be given"):
        row_of(Source("x", answers="text"), {"question": "q", "answer": answer})


def test_a_column_that_was_named_must_be_there() -> None:
    with pytest.raises(BrokenRow, match="no column 'soluton'"):
        row_of(
            Source("x", answers="text", columns={"worked": "soluton"}),
            {"question": "q", "answer": "a", "solution": "s"},
        )


def test_labels_of_choices_are_looked_up() -> None:
    record = {"question": "q", "choices": {"text": ["one", "two"], "label": ["1", "2"]}, "answer": "2"}
    assert row_of(Source("x", answers="choice"), record).answer == "1"


def test_a_text_may_have_several_accepted_answers() -> None:
    row = row_of(Source("x", answers="text"), {"question": "q", "answer": ["Shakespeare", "William Shakespeare"]})
    assert (row.answer, row.choices) == ("Shakespeare", ("William Shakespeare",))


@pytest.mark.parametrize(
    ("format", "record", "says"),
    [
        ("gsm8k", {"question": "q", "answer": "18"}, "no ####"),
        ("gsm8k", {"question": "q", "answer": "#### many"}, "not a number"),
        ("hellaswag", {"ctx": "q", "endings": ["a", "b"], "label": ""}, "no label"),
        ("hellaswag", {"ctx": "q", "endings": ["a", "a"], "label": "0"}, "all different"),
        ("hellaswag", {"ctx": "q", "endings": "ab", "label": "0"}, "not a list of texts"),
        ("math500", {"problem": "q", "answer": " "}, "the answer is empty"),
        ("openthoughts", {"problem": "q", "solution": "no box"}, "states no answer"),
        ("hellaswag", {"ctx": "q", "endings": ["a", "b"], "label": "\u00b2"}, "none of the choices"),
        ("hellaswag", {"ctx": "q", "endings": ["a", "b"], "label": "\u00df"}, "none of the choices"),
        ("hellaswag", {"ctx": "q", "endings": ["a", "b"], "label": "1" * 5_000}, "none of the choices"),
        ("math500", {"problem": "q", "answer": r"\frac{1"}, "a brace is not closed"),
        ("countdown", {"nums": [1, "2"], "target": 3}, "positive integers"),
        ("countdown", {"nums": [True, 3], "target": 4}, "positive integers"),
        ("countdown", {"nums": [3, 5], "target": 900}, "no expression of the numbers"),
        ("countdown", {"nums": [1] * 7, "target": 7}, "two to six"),
    ],
)
def test_refused(format: Any, record: dict[str, Any], says: str) -> None:
    with pytest.raises(BrokenRow, match=says):
        row_of(Source("x", format), record)


def test_types_of_answers() -> None:
    assert answers_of(Source("x", "gsm8k")) == "number"
    assert answers_of(Source("x", answers="expression")) == "expression"


def test_a_solution_that_is_not_there_is_none() -> None:
    for columns in ({}, {"worked": "solution"}):
        named = Source("x", answers="number", columns=columns)
        given = {"question": "How many?", "answer": 7, "solution": None, "worked": None}
        assert row_of(named, given).worked == ""
