"""What is read at once is what the grammar reads; and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.answers.matrix import read_by_grammar, read_matrix
from generators.answers.quick import quick_matrix
from generators.errors import Unreadable

ENTRIES = st.from_regex(r"\A-?[0-9]{1,4}(/[0-9]{1,3})?\Z")
ROWS = st.lists(st.lists(ENTRIES, min_size=1, max_size=4), min_size=1, max_size=4)
MESSY = st.text(alphabet="0123456789-/,;[] ", max_size=24)


def by_grammar(text: str) -> object:
    try:
        return read_by_grammar(text)
    except Unreadable:
        return None


@given(rows=ROWS, spaced=st.booleans())
def test_both_forms_read_as_the_grammar_reads_them(rows: list[list[str]], spaced: bool) -> None:
    comma = ", " if spaced else ","
    for text in (";".join(map(",".join, rows)), f"[{comma.join(f'[{comma.join(row)}]' for row in rows)}]"):
        quick = quick_matrix(text)
        assert quick is None or quick == by_grammar(text)
        if len({len(row) for row in rows}) == 1 and not any("/0" in entry for row in rows for entry in row):
            assert quick is not None


@given(text=MESSY)
def test_anything_near_it_is_read_as_the_grammar_reads_it(text: str) -> None:
    quick = quick_matrix(text)
    assert quick is None or quick == by_grammar(text)


@pytest.mark.parametrize("text", ["1/0", "1,2;3", "[[1, 2], [3]]", "٣", "1" * 41, "1.5", "1 2", "+1", "[1, 2]", ""])
def test_what_is_odd_is_left_to_the_grammar(text: str) -> None:
    assert quick_matrix(text) is None
    assert by_grammar(text) is None or read_matrix(text) == by_grammar(text)
