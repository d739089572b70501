"""Rows as problems: copying the question is no answer, broken rows are no problems, choices are found again."""

import pytest

from generators.answers import equality
from generators.data_sets.questions import ChoiceRow, ExpressionRow, NumberRow, TextRow
from generators.data_sets.registry import shipped
from generators.data_sets.rows import Row
from generators.ids import ProblemId


def _id(kind: str, small: str, style: str = "chat") -> ProblemId:
    return ProblemId("dataset", 1, tuple(sorted({**shipped(small), "kind": kind}.items())), "train", 0, style)


def _outcome(posed: ExpressionRow | ChoiceRow | TextRow | NumberRow, answer: str) -> str:
    return posed.judge(f"<think></think><answer>{answer}</answer>").outcome


COPIES = [
    (
        r"Simplify $\sqrt{24}$.",
        r"2\sqrt{6}",
        [r"\sqrt{24}", r"\sqrt{24}+0", r"(\sqrt{24})", r"{\sqrt{24}}", r"1\sqrt{24}"],
    ),
    (r"Compute \[\sum_{k=1}^{100} k.\]", "5050", [r"\sum_{k=1}^{100} k"]),
    (r"Compute $\binom{8}{4}$.", "70", [r"\binom{8}{4}", r"\dbinom{8}{4}", r"\binom{8}{4}+0"]),
    (r"Evaluate $(2^3+5)\cdot 4 - 7$.", "45", [r"(2^3 + 5)\cdot 4-7", r"(8+5)\cdot 4 - 7"]),
    ("Factor $x^2+3x+2$.", "(x+1)(x+2)", ["x^2 + 3x + 2", "x^2+3x+2"]),
    ("Expand $(x+1)(x+2)$.", "x^2+3x+2", ["(x+2)(x+1)", "(x+1)(x+2)"]),
    (r"What is $2^{100}$ mod 7?", "2", [r"2^{100} \mod 7", r"2^{100} \bmod 7"]),
]


@pytest.mark.skipif(not equality.installed(), reason="math-verify is not installed")
@pytest.mark.parametrize(("question", "answer", "copies"), COPIES, ids=[answer for _, answer, _ in COPIES])
def test_the_question_is_not_its_answer(question: str, answer: str, copies: list[str]) -> None:
    posed = ExpressionRow(_id("expression", "small_expressions"), Row(question, answer))
    assert _outcome(posed, answer) == "correct"
    assert _outcome(posed, f"${answer}$") == "correct"
    for copy in copies:
        assert _outcome(posed, copy) == "incorrect", copy


@pytest.mark.skipif(not equality.installed(), reason="math-verify is not installed")
def test_the_form_may_still_be_written_in_another_order() -> None:
    posed = ExpressionRow(_id("expression", "small_expressions"), Row("Factor $x^2+3x+2$.", "(x+1)(x+2)"))
    assert _outcome(posed, "(x + 2)(x + 1)") == "correct"
    posed = ExpressionRow(_id("expression", "small_expressions"), Row("Expand $(x+1)(x+2)$.", "x^2+3x+2"))
    assert _outcome(posed, "2 + 3x + x^2") == "correct"


def test_choices_keep_their_letters() -> None:
    posed = ChoiceRow(_id("choice", "small_choices"), Row("Which?", "0", ("B", "A")))
    assert (_outcome(posed, "A"), _outcome(posed, "B")) == ("correct", "incorrect")
    for how in ("answer", "worked"):
        assert posed.judge(posed.reveal(how)).outcome == "correct"  # type: ignore[arg-type]


def test_a_question_without_words_is_judged_all_the_same() -> None:
    posed = TextRow(_id("text", "small_texts"), Row("???", "fine"))
    assert (_outcome(posed, "fine"), _outcome(posed, "bad")) == ("correct", "incorrect")


def test_any_accepted_text_is_right() -> None:
    posed = TextRow(_id("text", "small_texts"), Row("Who?", "Shakespeare", ("William Shakespeare", "the Bard")))
    for text in ("Shakespeare", "william shakespeare.", "**The Bard**"):
        assert _outcome(posed, text) == "correct"
    assert _outcome(posed, "Marlowe") == "incorrect"


def test_a_wrong_example_is_not_shown_behind_a_right_solution() -> None:
    posed = NumberRow(_id("number", "small_numbers"), Row("How many?", "7", (), "3 + 4 = 7"))
    assert "3 + 4" in posed.reveal("worked")
    assert "3 + 4" not in posed.reveal("noisy", 1.0)
