"""Word problems: what a story tells is what is judged, by an evaluation of its own wording; steps are counted."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from generators.errors import Unreadable
from generators.families import problem
from generators.words.steps import OPERATIONS
from tests.generators.rewriting import chat, drawn, number_forms, outcome

KINDS = ("story", "aside", "backwards")

# What each wording says, read as a newcomer would read it: x is the amount before it.
READ = {
    r"buys (\d+) more|gives \w+ another (\d+)|finds (\d+) ": lambda x, a: x + a,
    r"gives (\d+) of them|loses (\d+) of the|borrows (\d+) of the": lambda x, a: x - a,
    r"has (\d+) times as many [\w-]+ as before|is (\d+) times as large|ends up with (\d+) times": lambda x, a: x * a,
    r"into (\d+) equal piles|(\d+) people in all|among (\d+) boxes": lambda x, a: x / a,
    r"one out of every (\d+)|gets 1/(\d+) of|runs off with 1/(\d+) of": lambda x, a: x - x / a,
    r"has (\d+) [\w-]+ more than": lambda x, a: 2 * x + a,
    r"has (\d+) times as many [\w-]+ as \w+ has now|collection with (\d+) times as many": lambda x, a: x + a * x,
    r"for \$(\d+) each|pays \w+ \$(\d+) for every|brings \w+ \$(\d+) at": lambda x, a: x * a,
    r"spends \$(\d+)|then pays \$(\d+)|costs \w+ \$(\d+) of it": lambda x, a: x - a,
    r"adds \$(\d+)|another \$(\d+) of|gets \$(\d+) more": lambda x, a: x + a,
    r"equally among (\d+) friends|each of (\d+) envelopes": lambda x, a: x / a,
    r"needs (\d+) [\w-]+ altogether|wants to have (\d+) |bicycle for \$(\d+)|plans costs \$(\d+)": lambda x, a: a - x,
}
TWO = r"(\d+) packs with (\d+)|(\d+) boxes of (\d+)|each of (\d+) days \w+ receives (\d+)|works (\d+) hours for \$(\d+)"
TWO += r"|next (\d+) weeks \w+ saves \$(\d+)"
ASIDE = r"years old|minutes to walk|windows|books|kilometres"


def _told(question: str) -> Fraction:
    """Evaluate the sentences of a story that begins with an amount."""
    first, *rest = [one for one in re.split(r"(?<=[.?])\s+", question) if not re.search(ASIDE, one)]
    x = Fraction(int(re.findall(r"\d+", first)[0]))
    for sentence in rest[:-1]:
        x = _after(x, sentence)
    return x


def _after(x: Fraction, sentence: str) -> Fraction:
    if found := re.search(TWO, sentence):
        a, b = (int(one) for one in found.groups() if one)
        return x + a * b
    # The more specific wording last: `4 times as many marbles as Mina has now` begins like `4 times as many`.
    matching = [(found, rule) for pattern, rule in READ.items() if (found := re.search(pattern, sentence))]
    assert matching, sentence
    found, rule = matching[-1]
    return Fraction(rule(x, int(next(one for one in found.groups() if one))))


@pytest.mark.parametrize("kind", ["story", "aside"])
def test_a_story_means_what_is_judged(kind: str) -> None:
    for steps in (1, 2, 4, 7):
        for posed in drawn("word_problem", kind, 400, steps, steps=steps, bound=90):
            assert _told(posed.asked) == posed.right, posed.asked


def test_a_story_told_backwards_leads_from_its_answer_to_its_end() -> None:
    for posed in drawn("word_problem", "backwards", 600, 5, steps=3, bound=90):
        sentences = re.split(r"(?<=[.?])\s+", posed.asked)
        x = posed.right
        for sentence in sentences[1:-2]:
            x = _after(x, sentence)
        assert x == int(re.findall(r"\d+", sentences[-2])[-1])


def test_every_wording_and_operation_is_met() -> None:
    met = {
        (step.name, step.wording)
        for posed in drawn("word_problem", "story", 1_500, 3, steps=5)
        for step in posed.story.steps
    }
    assert met == {(name, at) for name, one in OPERATIONS.items() for at in range(len(one.says))}


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_the_arithmetic_operations_of_the_worked_answer(kind: str) -> None:
    for steps in (1, 3, 6):
        for posed in drawn("word_problem", kind, 60, 9, steps=steps, bound=60):
            assert sum(step.cost for step in posed.story.steps) == steps
            lines = posed.thought.split("\n")
            for line in lines[:-1]:
                left, _, right = line.partition(" = ")
                assert _value(left) == Fraction(right)
            assert _value(lines[-1]) == posed.right
            if kind != "backwards":
                assert len(lines) == steps


def _value(text: str) -> Fraction:
    """Evaluate what the thought holds: integers, + - * / and brackets, written by us."""
    return Fraction(eval(re.sub(r"(\d+)", r"Fraction(\1)", text), {"Fraction": Fraction}))


def test_equal_forms_are_right_and_other_numbers_are_wrong() -> None:
    for posed in drawn("word_problem", "story", 60, 2, steps=3):
        for name, text in number_forms(posed.right).items():
            if name != "python":  # Fraction(5, 1) is no sentence
                assert outcome(posed, text) == "correct", name
        for wrong in (posed.right + 1, -posed.right, posed.right * 10):
            assert outcome(posed, str(wrong)) == "incorrect"


@pytest.mark.parametrize("style", ["chat", "bare", "hashes", "boxed", "last"])
def test_every_layout_is_answered_in_its_own_way(style: str) -> None:
    posed = problem(f"word_problem@1/bound=60,kind=story,steps=3/train/7/{style}")
    ways = {
        "chat": chat(str(posed.right)),  # type: ignore[attr-defined]
        "bare": f"1+1=2;2*3={posed.right}",  # type: ignore[attr-defined]
        "hashes": f"so\n#### {posed.right}",  # type: ignore[attr-defined]
        "boxed": rf"so $\boxed{{{posed.right}}}$",  # type: ignore[attr-defined]
        "last": f"First 3, then the answer is {posed.right}.",  # type: ignore[attr-defined]
    }
    for layout, text in ways.items():
        verdict = posed.judge(text)
        if layout == style:
            assert (verdict.outcome, verdict.components["format"]) == ("correct", 1.0)
        elif style in ("chat", "hashes", "boxed"):  # marks must be there; a sentence will do for the others
            assert verdict.outcome != "correct", layout


def test_an_answer_that_was_cut_off_may_go_on() -> None:
    at = "word_problem@1/bound=60,kind=story,steps=3/train/7/{}"
    for style in ("hashes", "last", "bare"):
        posed = problem(at.format(style))
        assert posed.judge(posed.reveal("answer"), truncated=True).outcome == "truncated"
    posed = problem(at.format("boxed"))
    assert posed.judge(posed.reveal("answer") + " and so", truncated=True).outcome == "correct"


def test_wording_is_no_part_of_the_content() -> None:
    posed = problem("word_problem@1/bound=60,kind=story,steps=3/train/7/chat")
    story = posed.story  # type: ignore[attr-defined]
    other = replace(posed, story=replace(story, told=(3, 4, 5, 1, 1, 7)))  # type: ignore[type-var]
    assert other.asked != posed.asked  # type: ignore[attr-defined]
    assert other.content == posed.content


def test_no_text_is_no_number() -> None:
    posed = problem("word_problem@1/bound=60,kind=story,steps=3/train/7/chat")
    with pytest.raises(Unreadable):
        posed.read("no idea")  # type: ignore[attr-defined]
