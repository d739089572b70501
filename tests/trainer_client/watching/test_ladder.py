"""Reports are hand-computed; unscored rows count nowhere; a dead policy is noticed."""

from types import SimpleNamespace

import pytest

from envserver.intervals import wilson
from envserver.wire import NextLook, RunContext, ScoreItem, TrainingReport, VerdictOut
from trainer_client.answers.answering import Said
from trainer_client.answers.scored import Answer
from trainer_client.errors import TrainingCollapsed
from trainer_client.grpo.guard import CollapseGuard
from trainer_client.watching.ladder import Row, reports
from trainer_client.watching.look import answer_look


def _row(slot: int, stage: str, reward: float | None) -> Row:
    return Row(slot, stage, f"{stage}/{slot}", reward, reward == 1.0)


def test_reports_per_stage_the_sample_was_drawn_from() -> None:
    rows = [_row(0, "a", 1.0), _row(0, "a", 0.0), _row(1, "a", 0.0), _row(1, "a", 0.0), _row(2, "b", 1.0)]
    rows += [_row(2, "b", None), _row(3, "c", None)]
    found = reports(rows)
    assert set(found) == {"a", "b"}
    a = found["a"]
    assert (a.n, a.successes, a.groups, a.zero_variance_groups) == (4, 1, 2, 1)
    assert a.mean_reward == 0.25
    assert a.mean_abs_advantage == pytest.approx(0.5 * 0.5 / (0.5**0.5 + 1e-4))
    assert (found["b"].n, found["b"].successes) == (1, 1)


def _generation(successes: int, alike: bool = True, stage: str = "a") -> dict[str, TrainingReport]:
    return {stage: TrainingReport(n=100, successes=successes, groups=10, zero_variance_groups=10 if alike else 2)}


def test_a_collapse_is_noticed_once_something_was_learned() -> None:
    fresh = CollapseGuard()
    for _ in range(50):
        fresh.watch(_generation(0))  # nothing was ever right: hard, but not a collapse
    guard = CollapseGuard()
    guard.saved = 20
    guard.watch(_generation(60, alike=False))
    guard.saved = 40  # with the weights that die in the generation after it
    for _ in range(20):
        guard.watch(_generation(0, stage="next"))  # promoted onto a hard stage: says nothing about what was learned
    for _ in range(9):
        guard.watch(_generation(0))
    resumed = CollapseGuard()
    resumed.restore(guard.state)
    with pytest.raises(TrainingCollapsed, match="nothing right any more in a"):
        resumed.watch(_generation(0))
    assert resumed.good == 20
    guard.watch(_generation(10, alike=False))
    guard.watch(_generation(0))


def test_wilson_against_published_values() -> None:
    """Newcombe (Statistics in Medicine 17, 1998), table I: 81/263, 15/148, 0/20 and 1/29."""
    for successes, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson(successes, n)
        assert found == pytest.approx((low, high), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_what_could_not_be_judged_is_sent_again_and_not_answered_anew() -> None:
    said: list[tuple[str, int]] = []

    class Flaky:
        calls = 0

        def problems(self, *args: object) -> list[SimpleNamespace]:
            return [SimpleNamespace(id=str(i)) for i in range(4)]

        def judged(self, answers: list[Said], context: object) -> list[VerdictOut]:
            said.extend((str(answer.item.completion), answer.item.sample) for answer in answers)
            self.calls += 1
            return [
                VerdictOut(id="", reward=None, outcome="unscored")
                if self.calls % 3 and answer.item.id == "3"
                else VerdictOut(id="", reward=1.0, outcome="correct")
                for answer in answers
            ]

    class Model:
        def answer(self, problems: list[SimpleNamespace], temperature: float, sample: int = 0) -> list[Said]:
            return [
                Said(ScoreItem(id=problem.id, completion=f"{temperature} to {problem.id}"), Answer("", 0, False))
                for problem in problems
            ]

    look = NextLook(stage="a", slots=(0, 1, 2, 3))
    context = RunContext(run="x", phase="look", generation=0)
    for before in (0, 1):
        said.clear()
        found = answer_look(look, Model(), Flaky(), context, before)  # type: ignore[arg-type]
        assert [(one.id, one.sampled, one.greedy) for one in found] == [(str(i), True, True) for i in range(4)]
        assert [answer for answer in said if answer[0].startswith("1.0")] == [
            *((f"1.0 to {i}", 2 * before) for i in range(4)),
            *[("1.0 to 3", 2 * before)] * 2,
        ]
        assert {sample for text, sample in said if text.startswith("0.0")} == {2 * before + 1}
