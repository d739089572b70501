"""The id grammar: one spelling, and clear words for every other one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.errors import BadId
from generators.families import problem
from generators.ids import MAX_SEED, SPLITS, ProblemId

GOOD = "matrix_inverse@1/bound=9,kind=diagonal,n=2/train/81726/chat"

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
values = st.integers(-(10**9), 10**9) | st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)


@st.composite
def problem_ids(draw: st.DrawFn) -> ProblemId:
    params = draw(st.dictionaries(names, values, max_size=5))
    return ProblemId(
        draw(names),
        draw(st.integers(0, 99)),
        tuple(sorted(params.items())),
        draw(st.sampled_from(SPLITS)),
        draw(st.integers(0, MAX_SEED - 1)),
        draw(st.from_regex(r"[a-z]{1,8}(\+[a-z]{1,8})?", fullmatch=True)),
    )


@given(problem_ids())
def test_round_trip(at: ProblemId) -> None:
    assert ProblemId.parse(str(at)) == at


@given(st.text(max_size=80) | st.text(alphabet="matrix_inverse@1/=,-+09", max_size=60))
def test_parse_accepts_only_what_str_writes(text: str) -> None:
    try:
        at = ProblemId.parse(text)
    except BadId:
        return
    assert str(at) == text


@given(st.data())
def test_one_changed_character_is_another_id_or_none(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(GOOD) - 1))
    letter = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    changed = GOOD[:position] + letter + GOOD[position + 1 :]
    try:
        at = ProblemId.parse(changed)
    except BadId:
        return
    assert str(at) == changed
    assert (changed == GOOD) == (at == ProblemId.parse(GOOD))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "id"),
        ("x" * 1_000, "id"),
        ("matrix_inverse/bound=9/train/1/chat", "family"),
        ("matrix_inverse@01/bound=9/train/1/chat", "version"),
        ("matrix_inverse@1/n=2,bound=9/train/1/chat", "parameters"),
        ("matrix_inverse@1/bound=9,bound=9/train/1/chat", "parameters"),
        ("matrix_inverse@1/bound=09/train/1/chat", "id"),
        ("matrix_inverse@1/bound=-0/train/1/chat", "parameters"),
        ("matrix_inverse@1/bound=9/validation/1/chat", "split"),
        ("matrix_inverse@1/bound=9/train/-1/chat", "seed"),
        (f"matrix_inverse@1/bound=9/train/{2**53}/chat", "seed"),
        (f"matrix_inverse@1/bound=9/train/{'9' * 400}/chat", "seed"),
        ("matrix_inverse@1/bound=9/train/1/Chat", "style"),
        ("matrix_inverse@2/bound=9,kind=diagonal,n=2/train/1/chat", "version"),
        ("matrix_invers@1/bound=9,kind=diagonal,n=2/train/1/chat", "family"),
        ("matrix_inverse@1/bound=9,kind=diagonl,n=2/train/1/chat", "parameters"),
        ("matrix_inverse@1/bound=9,kind=diagonal,n=9/train/1/chat", "parameters"),
        ("matrix_inverse@1/bound=9,kind=diagonal/train/1/chat", "parameters"),
        ("matrix_inverse@1/bound=9,kind=diagonal,m=3,n=2/train/1/chat", "parameters"),
        ("matrix_inverse@1/bound=9,kind=diagonal,n=2/train/1/chatt", "style"),
        ("matrix_inverse@1/bound=20,determinant=unit,kind=random,n=8/train/1/chat", "parameters"),
    ],
)
def test_wrong_ids_name_the_part(text: str, part: str) -> None:
    if part == "id" and "09" in text:
        assert str(ProblemId.parse(text)) == text  # the grammar allows the word 09; the family's bounds do not
        with pytest.raises(BadId):
            problem(text)
        return
    with pytest.raises(BadId) as caught:
        problem(text)
    assert caught.value.part == part


def test_suggestions() -> None:
    with pytest.raises(BadId, match="did you mean 'shear'"):
        problem("matrix_inverse@1/bound=9,kind=shaer,n=2/train/1/chat")
    with pytest.raises(BadId, match="did you mean 'matrix_inverse'"):
        problem("matrix_invers@1/bound=9,kind=shear,n=2/train/1/chat")
