"""Numbers in sentences: a labelled corpus of endings, the gold answers of GSM8K in many phrasings, digits changed."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.hostile import texts
from generators.answers.quantities import read_quantity
from generators.data_sets.questions import NumberRow
from generators.data_sets.registry import shipped
from generators.data_sets.rows import Row
from generators.errors import Unreadable
from generators.ids import ProblemId
from generators.layouts import LAYOUTS

ENDINGS = [
    json.loads(line) for line in Path(__file__).with_name("endings.jsonl").read_text(encoding="utf-8").splitlines()
]
GSM8K = Path(__file__).parents[4] / "shared" / "data" / "gsm8k"

PHRASINGS = (
    "{plain}",
    "{grouped}",
    "${grouped}",
    "${plain}.00",
    "{plain} dollars",
    "{plain}%",
    "The answer is {plain}.",
    "**{grouped}**",
    r"\boxed{{{plain}}}",
    "${plain}$",
    "x = {plain}",
    "3 + 4 = 7; 7 * 2 = {plain} apples",
    "about {plain} km",
    "{plain} miles in 2 weeks",
    "Answer: {grouped}",
    "So she has {plain} of them left",
)


def _problem(layout: str, question: str, answer: str = "0") -> NumberRow:
    at = ProblemId("gsm8k", 1, tuple(sorted({**shipped("small_gsm8k"), "kind": "all"}.items())), "train", 0, layout)
    return NumberRow(at, Row(question, answer))


def _read(layout: str, asked: str, ending: str) -> str | None:
    try:
        completion = f"<think></think><answer>{ending}</answer>" if layout == "chat" else ending
        return str(read_quantity(LAYOUTS[layout].find(completion), asked))
    except Unreadable:
        return None


def test_there_are_enough_endings() -> None:
    assert len({(row["layout"], row["ending"], row["asked"]) for row in ENDINGS}) >= 150
    assert {row["layout"] for row in ENDINGS} == set(LAYOUTS) - {"fenced"}  # which is for programs


@pytest.mark.parametrize("row", ENDINGS, ids=lambda row: f"{row['layout']}-{row['ending'][:24]!r}")
def test_ending(row: dict[str, str | None]) -> None:
    """What the corpus says is read, or refused, and judged accordingly as an answer to a problem."""
    layout, asked, ending = str(row["layout"]), str(row["asked"]), str(row["ending"])
    assert _read(layout, asked, ending) == row["value"]
    completion = f"<think></think><answer>{ending}</answer>" if layout == "chat" else ending
    right, wrong = str(row["value"] or 123_456), str(Fraction(row["value"] or 123_456) + 1)
    expected = "malformed" if row["value"] is None else "correct"
    assert _problem(layout, asked, right).judge(completion).outcome == expected
    assert _problem(layout, asked, wrong).judge(completion).outcome != "correct"


def _forms(gold: str) -> list[str]:
    plain = gold.replace(",", "")
    return [phrasing.format(plain=plain, grouped=f"{int(plain):,}") for phrasing in PHRASINGS]


@pytest.mark.skipif(not GSM8K.is_dir(), reason="the real GSM8K is not here")
def test_all_gold_answers_of_gsm8k_in_many_phrasings_and_none_with_a_digit_changed() -> None:
    files = [GSM8K / "train.jsonl", GSM8K / "test.jsonl"]
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 8_792
    for number, row in enumerate(rows):
        gold = row["answer"].rpartition("####")[2].strip()
        at = number % len(gold.replace(",", "").lstrip("-"))
        plain = gold.replace(",", "")
        at += plain.startswith("-")
        changed = f"{plain[:at]}{(int(plain[at]) + 1 + number % 8) % 10}{plain[at + 1 :]}"
        for right, wrong in zip(_forms(gold), _forms(str(int(changed))), strict=True):
            assert read_quantity(right, row["question"]) == int(plain), right
            assert read_quantity(wrong, row["question"]) != int(plain), wrong
        posed = _problem("hashes", row["question"], gold)
        assert posed.judge(row["answer"]).outcome == "correct"
        assert posed.judge(f"#### {changed}").outcome == "incorrect"


@settings(max_examples=300)
@given(
    st.fractions(max_denominator=999).filter(lambda x: abs(x) < 10**9),
    st.sampled_from(["{}", "{} eggs", "= {}", "({})"]),
)
def test_every_fraction_reads_back(x: Fraction, form: str) -> None:
    assert read_quantity(form.format(x)) == x


@settings(max_examples=300)
@given(st.text(alphabet="0123456789 .,-+/$%=()abcx:;\n\\{}^", max_size=40))
def test_a_text_is_one_number_or_unreadable(text: str) -> None:
    """Never another exception; and a number that is read stands in the text, or in its fraction, with its digits."""
    try:
        value = read_quantity(text)
    except Unreadable:
        return
    digits = [letter for letter in text if letter.isdigit()]
    assert isinstance(value, Fraction)
    assert digits


def test_hostile_texts_are_refused() -> None:
    for text in texts(20_000).values():
        with pytest.raises(Unreadable):
            read_quantity(text)
