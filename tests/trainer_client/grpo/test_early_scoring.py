"""Verdicts of completions that were judged as they ended are those that would have been given at the end."""

import threading
from collections.abc import Sequence

import pytest

from envserver.wire import ScoreItem, VerdictOut
from trainer_client.errors import ServerUnreachable
from trainer_client.grpo.early_scoring import EarlyScoring


class Judge:
    """Remembers what it was asked, and waits where it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.kept: list[tuple[str, bool]] = []
        self.threads: set[int] = set()
        self.open = threading.Event()
        self.open.set()

    def __call__(self, items: Sequence[ScoreItem], kept: bool) -> list[VerdictOut]:
        assert self.open.wait(10), "the caller waited for its own judgement"
        self.kept += [(str(item.completion), kept) for item in items]
        self.asked.append([str(item.completion) for item in items])
        self.threads.add(threading.get_ident())
        return [
            VerdictOut(id=item.id, reward=float(len(str(item.completion))), outcome="correct", components={}, flags=[])
            for item in items
        ]


def item(number: int, text: str = "") -> ScoreItem:
    return ScoreItem(id=f"problem-{number}", completion=text or "x" * number, sample=number)


def test_every_item_is_judged_once_and_in_order() -> None:
    judge = Judge()
    early = EarlyScoring(judge, part=3)
    for number in (4, 1, 6, 0, 5):
        early.add(number, item(number))
    verdicts = early.verdicts([item(number) for number in range(8)])
    assert [verdict.reward for verdict in verdicts] == [float(number) for number in range(8)]
    assert sorted(text for asked in judge.asked for text in asked) == sorted("x" * number for number in range(8))
    assert judge.asked[0] == ["x" * 4, "x", "x" * 6]
    assert threading.get_ident() not in judge.threads


def test_the_caller_goes_on_while_the_server_works() -> None:
    judge = Judge()
    judge.open.clear()
    early = EarlyScoring(judge, part=1)
    early.add(0, item(0, "first"))
    early.add(1, item(1, "second"))
    assert judge.asked == [], "the first is still being judged"
    judge.open.set()
    assert [v.reward for v in early.verdicts([item(0, "first"), item(1, "second")])] == [5.0, 6.0]
    assert early.spent >= early.hidden >= 0


def test_an_item_that_is_another_in_the_end_is_judged_as_it_is_then() -> None:
    judge = Judge()
    early = EarlyScoring(judge, part=2)
    early.add(0, item(0, "a"))
    early.add(1, item(1, "bb"))
    found = early.verdicts([item(0, "a"), item(1, "other")])
    assert [verdict.reward for verdict in found] == [1.0, 5.0]
    assert judge.kept == [("a", True), ("bb", True), ("other", False)], "the server keeps one text in a place"


def test_a_failure_is_raised_where_the_verdicts_are_asked_for() -> None:
    def fails(items: Sequence[ScoreItem], kept: bool) -> list[VerdictOut]:
        raise ServerUnreachable("gone")

    early = EarlyScoring(fails, part=1)
    early.add(0, item(0))
    with pytest.raises(ServerUnreachable, match="gone"):
        early.verdicts([item(0)])
