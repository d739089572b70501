"""Help that says the answer: refused; help that helps: let through."""

from random import Random

import pytest

from trainer_client.likelihood.leaks import leak

STORY = "There are 39 pencils. Petra gives one out of every 3 to Rosa, and the rest is split among 2 boxes."
MATRIX = "[[1, 29/40], [0, 1]]"


@pytest.mark.parametrize(
    ("answer", "question", "text"),
    [
        ("13", STORY, "13"),
        ("13", STORY, "it is 13, I think"),
        ("13", STORY, "39/3, that is 13"),
        ("13", STORY, "13.0"),
        ("13", STORY, "013"),
        ("13", STORY, "13/1"),
        ("13", STORY, "1 3"),
        ("13", STORY, "\uff11\uff13"),
        ("105", STORY, "1-0-5"),
        ("4096", STORY, "4 0 9 6"),
        ("4096", STORY, "backwards: 6904"),
        ("no", "Is it?", "No"),
        ("[[1, -29/40], [0, 1]]", MATRIX, "[[1,-29/40],[0,1]]"),
        ("[[1, 2], [3, 4]]", MATRIX, "row one 1 2 then row two 3 4"[4:]),
        ("[[12, 34], [56, 78]]", MATRIX, "12 and then 34 on top"),
        ("3/17, 5/19", MATRIX, "the last is 5/19"),
        ("Shakespeare", "Who wrote it?", "a man called Shakespeare"),
        ("++--", "Which row?", "++--"),
    ],
)
def test_what_gives_the_answer_away(answer: str, question: str, text: str) -> None:
    assert leak(answer, question, text)


@pytest.mark.parametrize(
    ("answer", "question", "text"),
    [
        ("13", STORY, "take a third away, then halve what is left: 39 / 3, then (39 - that) / 2"),
        ("13", STORY, "113 and 130 are not it"),
        ("3", STORY, "divide by 3"),
        ("-13", STORY, "39 - 13"),
        ("[[1, -29/40], [0, 1]]", MATRIX, "turn the sign of 29/40 around"),
        ("120", STORY, "1200 grams, or 1, 20 and 5"),
        ("312", STORY, "3, 12 and 7"),
        ("543", STORY, "345"),
        ("[[12, 34], [56, 78]]", MATRIX, "the first entry"),
        ("4096", STORY, "2 to the twelfth"),
        ("B", "Which ending? A) runs B) sings", "the second, B"),
        ("", STORY, "anything"),
    ],
)
def test_what_does_not(answer: str, question: str, text: str) -> None:
    assert not leak(answer, question, text)


def test_numbers_that_have_nothing_to_do_with_the_answer_are_hardly_ever_taken_for_it() -> None:
    chance, refused = Random(0), 0
    for _ in range(2_000):
        answer = str(chance.randrange(100, 1_000))
        others = [str(n) for n in (chance.randrange(1, 10_000) for _ in range(12)) if str(n) != answer]
        refused += leak(answer, STORY, ", ".join(others))
    assert refused <= 0.01 * 2_000
