"""Rows as problems: copying the question is no answer, broken rows are no problems, choices are found again."""

import pytest

from generators.answers import equality
from generators.answers.final import last_words
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


def test_what_a_question_shows_need_be_no_answer() -> None:
    """A gap at the end, half a formula: no guess, and no reason not to judge."""
    gap = TextRow(_id("text", "small_texts"), Row("the capital of France is ___.", "Paris"))
    assert (_outcome(gap, "Paris"), _outcome(gap, "Rome"), _outcome(gap, "___")) == (
        "correct",
        "incorrect",
        "malformed",
    )


@pytest.mark.skipif(not equality.installed(), reason="math-verify is not installed")
def test_half_a_formula_in_the_question_is_no_guess() -> None:
    question = r"Let \[f(x) = \left\{ \begin{array}{cl} x & x > 0 \\ 1 & x \le 0 \end{array} \right.\] Find $f(7)x$."
    posed = ExpressionRow(_id("expression", "small_expressions"), Row(question, "7x"))
    assert (_outcome(posed, "7x"), _outcome(posed, "7x+1")) == ("correct", "incorrect")


def test_an_answer_with_an_equals_sign_is_all_of_a_bare_one() -> None:
    posed = TextRow(_id("text", "small_texts", "bare"), Row("Which law?", "E=mc^2", (), "Einstein wrote it = down."))
    for text in (posed.reveal("answer"), posed.reveal("worked"), "e=mc^2"):
        assert posed.judge(text).outcome == "correct", text
    plain = TextRow(_id("text", "small_texts", "bare"), Row("Who?", "Einstein", (), "He wrote it."))
    assert plain.judge("He wrote it.=Einstein").outcome == "correct"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Think of the planets.\nThe answer is Mercury", "correct"),
        ("I count 8 planets. So the answer is Mercury. It is the closest.", "correct"),
        ("The answer is Venus, no.\nThe answer is: Mercury.", "correct"),
        ("Planets...\n#### Mercury", "correct"),
        ("The answer is Mercury. I hope it is right.", "correct"),
        ("Mercury", "correct"),
        ("The answer is Mercury.\nThe answer is Venus.", "incorrect"),
    ],
)
def test_what_is_said_last_need_be_no_number(said: str, outcome: str) -> None:
    posed = TextRow(_id("text", "small_texts", "last"), Row("Which planet is closest to the sun?", "Mercury"))
    assert posed.judge(said).outcome == outcome


def test_the_last_choice_is_the_letter_behind_the_words() -> None:
    posed = ChoiceRow(_id("choice", "small_choices", "last"), Row("Which?", "1", ("five", "six", "seven")))
    assert posed.judge("There are 3. The answer is B").outcome == "correct"
    assert posed.judge(posed.reveal("worked")).outcome == "correct"


def test_a_choice_learned_by_heart_is_no_guess_where_there_are_fewer() -> None:
    """The shipped set's other row answers with a letter that a short one does not have."""
    short = ChoiceRow(_id("choice", "small_choices"), Row("Which?", "0", ("yes", "no")))
    assert all(at < 2 for at in short._cheap.values())
    assert _outcome(short, "B") == "incorrect"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("The answer is no. That follows from the text.", "no."),
        ("The answer is 22. I hope it is right.", "22."),
        (r"The answer is $\frac{1}{2}$. I hope so.", r"$\frac{1}{2}$."),
        ("The answer is St. Louis. It lies on a river.", "St. Louis."),
        ("The answer is E. coli.", "E. coli."),
    ],
)
def test_a_sentence_ends_the_answer_and_an_abbreviation_does_not(said: str, words: str) -> None:
    assert last_words(said) == words
