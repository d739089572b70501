"""Help that says the answer: refused; help that helps: let through."""

import pytest

from trainer_client.likelihood.leaks import leak

STORY = "There are 39 pencils. Petra gives one out of every 3 to Rosa, and the rest is split among 2 boxes."
MATRIX = "[[1, 29/40], [0, 1]]"


@pytest.mark.parametrize(
    ("answer", "question", "text"),
    [
        ("13", STORY, "13"),
        ("13", STORY, "it is 13, I think"),
        ("13", STORY, "39/3=13"),
        ("4096", STORY, "4 0 9 6"),
        ("4096", STORY, "backwards: 6904"),
        ("4,096", STORY, "4096"),
        ("[[1, -29/40], [0, 1]]", MATRIX, "[[1,-29/40],[0,1]]"),
        ("[[12, 34], [56, 78]]", MATRIX, "12 and then 34 on top"),
        ("3/17, 5/19", MATRIX, "the last is 5/19"),
        ("B", "Which ending? A) runs B) sings", "the second, B"),
        ("Shakespeare", "Who wrote it?", "a man called Shakespeare"),
        ("++--", "Which row?", "++--"),
    ],
)
def test_what_gives_the_answer_away(answer: str, question: str, text: str) -> None:
    if answer == "B":
        assert not leak(answer, question, text), (
            "the question has the letter: naming a choice cannot be told from saying it"
        )
    else:
        assert leak(answer, question, text)


@pytest.mark.parametrize(
    ("answer", "question", "text"),
    [
        ("13", STORY, "take a third away, then halve what is left: 39 / 3, then (39 - that) / 2"),
        ("13", STORY, "113 and 130 are not it"),
        ("3", STORY, "divide by 3"),
        ("[[1, -29/40], [0, 1]]", MATRIX, "turn the sign of 29/40 around"),
        ("[[12, 34], [56, 78]]", MATRIX, "the first entry is 12"[:20]),
        ("4096", STORY, "2 to the twelfth"),
        ("", STORY, "anything"),
    ],
)
def test_what_does_not(answer: str, question: str, text: str) -> None:
    assert not leak(answer, question, text)
