"""Texts with matrices in them: drawn where they are ones, left alone where they are not, always escaped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from envserver.pages.matrices import shown


@pytest.mark.parametrize(
    "text",
    ["[[1, 2], [3, 4]]", "A = [[1/2, -3], [0, x]] here", "1,2;3,4", "-1/2,0;0.5,1=", "[[1]]", "[ [1,2] , [3,4] ]"],
)
def test_matrices_are_drawn(text: str) -> None:
    assert shown(text).count("<mtable>") == 1


@pytest.mark.parametrize(
    "text", ["[[1, 2], [3]]", "1,2;3", "f(1,2)", "a;b", "[1, 2]", "[[<b>]]", "1;2,3", "[[" * 500, "1,2;3,4;x", "[[]]"]
)
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert shown(text) == escape(text)


HOSTILE = (
    "[[" + " " * 60_000,
    "[[1" + " " * 60_000,
    "[[1," * 15_000,
    "[" + "[1] , " * 10_000 + "x",
    "1;" * 30_000 + "x",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_text_that_is_made_to_take_long_does_not(text: str) -> None:
    """It took minutes where a blank could belong to three parts of the pattern."""
    assert str(shown(text)).count("<mtable>") == 0


@given(st.text(alphabet="[], 12/;<>&\"'x-", max_size=80))
def test_nothing_is_lost_and_no_markup_comes_in(text: str) -> None:
    found = str(shown(text))
    for tag in ("math", "mtable", "mtr", "mtd", "mn", "mo", "mrow", "mfrac", "mtext"):
        found = found.replace(f"</{tag}>", "").replace(f"<{tag}>", "").replace('<math display="inline">', "")
    assert "<" not in found
    assert ">" not in found
    kept = [letter for letter in str(escape(text)) if letter.isalnum()]
    assert [letter for letter in found if letter.isalnum()] == kept
