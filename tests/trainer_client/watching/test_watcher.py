"""Probes and pauses: canaries, restated problems, and a run that stops at an alarm and goes on as if it had not."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from envserver.wire import MessageOut, ProblemOut
from generators.families import problem
from trainer_client.answers.answering import Said
from trainer_client.answers.episodes import Rollout
from trainer_client.answers.scored import Answer
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import TrainingPaused
from trainer_client.grpo.guard import CollapseGuard
from trainer_client.loading.models import prompt_of
from trainer_client.loading.tiny import character_tokenizer
from trainer_client.reward_config import AlarmsConfig, LikelihoodConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.train import train
from trainer_client.watching.alarms import Alarm, Alarms
from trainer_client.watching.ladder import Row
from trainer_client.watching.probe import Prober
from trainer_client.watching.watcher import Watcher


class Answers:
    """Somebody who says what `says` makes of a problem."""

    def answer(self, problems: Sequence[ProblemOut], temperature: float, sample: int = 0) -> list[Said]:
        return [self._said(one, self.says(one)) for one in problems]

    def says(self, one: ProblemOut) -> str:
        raise NotImplementedError

    def _said(self, one: ProblemOut, text: str) -> Said:
        rollout = Rollout(one, [], tokens=[1], sampled=[1], actions=[text])
        return Said(rollout.item(), Answer(text, 1, False))


class Understands(Answers):
    """Answers what is asked, and nothing where nothing is asked."""

    def says(self, one: ProblemOut) -> str:
        return "0,0;0,0" if "?" in one.prompt else problem(one.id).reveal("answer")


class Knows(Answers):
    """Has the answers from elsewhere."""

    def says(self, one: ProblemOut) -> str:
        return problem(one.id).reveal("answer")


class HasLearnedByHeart(Answers):
    """Gives the answer to the problem as it is asked mostly, however it is asked now."""

    def says(self, one: ProblemOut) -> str:
        return "0,0;0,0" if "?" in one.prompt else problem(one.id.partition("+")[0]).reveal("answer")


@pytest.fixture
def prober(env: EnvClient) -> Prober:
    return Prober(env, env.curriculum("easy"), None)


def test_who_understands_sets_off_nothing(prober: Prober) -> None:
    found = prober.probe(Understands(), "two", 16)
    assert (found.right, found.asked) == (16, 16)
    assert (found.canaries, found.canaries_right, found.canary_earned) == (16, 0, 0.0)
    assert found.restated_right == found.restated >= 8
    assert found.again_right == found.again == 16
    assert found.turned_alike == found.turned >= 8
    assert found.alarms == []


def test_who_knows_the_answers_is_given_away_by_canaries(prober: Prober) -> None:
    found = prober.probe(Knows(), "two", 16)
    assert found.canaries_right == 16
    assert any("canaries answered right" in says for says in found.alarms)
    assert any("canaries earn 1.00" in says for says in found.alarms)


def test_who_has_learned_by_heart_does_not_turn(prober: Prober) -> None:
    found = prober.probe(HasLearnedByHeart(), "two", 16)
    assert found.right == 16
    assert found.restated_right < found.restated / 2
    assert found.turned_alike < found.turned / 2
    assert len(found.alarms) == 1


def test_learners_who_are_right_now_and_then_set_off_hardly_any(prober: Prober) -> None:
    """Right with probability 0.5 each time, restated or not: what was right once is not right again by chance alone."""
    random = Random(0)

    class Sometimes(Answers):
        def says(self, one: ProblemOut) -> str:
            understood = "?" not in one.prompt and random.random() < 0.5
            return problem(one.id).reveal("answer") if understood else "0,0;0,0"

    alarms = [prober.probe(Sometimes(), "two", 32).alarms for _ in range(40)]
    assert sum(map(bool, alarms)) <= 1


def test_a_style_of_few_characters_is_asked_so_in_restatements_too() -> None:
    """A canary in `bare` must not be put through a chat template: the learner has never seen one."""
    tokenizer = character_tokenizer()
    tokenizer.chat_template = "{{ messages[0]['content'] }} TEMPLATE"
    for style in ("bare", "bare+canary", "bare+rows"):
        posed = ProblemOut(id=f"x@1/-/dev/0/{style}", messages=[MessageOut(role="user", content="1=")], prompt="1=")
        assert prompt_of(posed, tokenizer) == "1="


def test_a_stage_without_restatements_is_asked_as_it_is(env: EnvClient) -> None:
    turns = Prober(env, env.curriculum("turns"), None)
    found = turns.probe(Knows(), "question", 8)
    assert found.asked == 8
    curriculum = env.curriculum("turns")
    assert "canary" not in next(stage for stage in curriculum.stages if stage.name == "one_left").restatements


def configured(settings: TrainConfig, run: Path, **alarms: object) -> TrainConfig:
    return settings.model_copy(update={"run": run, "alarms": settings.alarms.model_copy(update=alarms)})


def weights(run: Path) -> bytes:
    return next((run / "final").glob("*.safetensors")).read_bytes()


def test_a_run_that_pauses_goes_on_as_if_it_had_not(
    settings: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Alarms.watch

    def planted(self: Alarms, rows: Sequence[Row]) -> list[Alarm]:
        watch(self, rows)
        return [Alarm("one", "code", 0.0, 0.5)] if self._count["one"] == 3 else []

    monkeypatch.setattr(Alarms, "watch", planted)
    straight = configured(settings, tmp_path / "straight")
    train(straight, env)
    paused = configured(settings, tmp_path / "paused", pause=True)
    with pytest.raises(TrainingPaused, match=r"paused at step 3, --resume goes on: one: code in 500 per 1,000"):
        train(paused, env)
    assert not (paused.run / "final").exists()
    assert "paused at step 3" in (paused.run / "summary.md").read_text()
    train(paused, env, resume=True)
    assert weights(paused.run) == weights(straight.run)
    for run in (straight.run, paused.run):
        assert [row["says"] for row in RunFolder(run).read("alarms.jsonl")] == [
            "one: code in 500 per 1,000 completions, 0 before"
        ]
        assert "one: code in 500" in (run / "summary.md").read_text()


def test_a_run_that_may_be_collapsing_pauses_when_it_can_be_saved(
    settings: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is saved while a collapse is suspected: stopping there would come back to the same place for ever."""
    monkeypatch.setattr(Alarms, "watch", lambda self, rows: [Alarm("one", "code", 0.0, 0.5)])
    dead = iter([0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])

    def suspects(self: CollapseGuard, training: object) -> None:
        self.dead = next(dead)

    monkeypatch.setattr(CollapseGuard, "watch", suspects)
    config = configured(settings, tmp_path / "run", pause=True)
    next(dead)  # the first generation is under suspicion already
    with pytest.raises(TrainingPaused, match="paused at step 4"):
        train(config, env)
    assert (config.run / "checkpoints" / "checkpoint-4" / "COMPLETE").exists()


def test_what_wrong_texts_earn_is_watched_under_a_likelihood_reward(prober: Prober) -> None:
    watcher = Watcher(AlarmsConfig(), RunFolder(Path("nowhere")), prober, LikelihoodConfig(mode="both"))
    alarms = watcher._alarms
    assert (alarms.best, alarms.shaped) == (2.0, frozenset({"likelihood"}))


def test_probes_on_the_way_change_nothing_but_the_log(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    without, probed = (
        configured(settings, tmp_path / "a"),
        configured(settings, tmp_path / "b", probe_every=2, probes=8),
    )
    for config in (without, probed):
        train(config, env)
    assert weights(without.run) == weights(probed.run)
    rows = RunFolder(probed.run).read("probes.jsonl")
    assert [row["step"] for row in rows] == list(range(2, settings.grpo.steps + 1, 2))
    assert all(row["asked"] == row["canaries"] == 8 for row in rows)
    summary = (probed.run / "summary.md").read_text()
    assert "canaries right" in summary
    assert RunFolder(without.run).read("probes.jsonl") == []


def test_parts_and_flags_are_in_the_metrics_and_the_summary(
    settings: TrainConfig, env: EnvClient, tmp_path: Path
) -> None:
    config = configured(settings, tmp_path / "run")
    train(config, env)
    rows = [row for row in RunFolder(config.run).read("metrics.jsonl") if "success" in row]
    assert all({"part/correct", "part/entries", "alarms"} <= set(row) for row in rows)
    for row in rows:
        assert row["part/correct"] + row["part/entries"] == pytest.approx(row["reward"], abs=1e-4)
    summary = (config.run / "summary.md").read_text()
    assert "| correct |" in summary
    assert "sign of gaming per 1,000 completions" in summary
    assert "Alarms:\n\n- none" in summary
    logged = RunFolder(config.run).read("rollouts.jsonl")
    assert all(row["parts"] and row["tokens"] > 0 for row in logged)
