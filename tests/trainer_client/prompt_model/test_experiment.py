"""The prompt-model experiment in small: every arm, with intervals; what is done is not done again."""

import json
from pathlib import Path

import pytest
import yaml

from envserver.wire import VerdictOut
from trainer_client.client import EnvClient
from trainer_client.errors import BadConfig, BadRun, TrainerError
from trainer_client.grpo.bind import sample_slots
from trainer_client.likelihood.framing import frame_of
from trainer_client.prompt_model.arms import Arm
from trainer_client.prompt_model.config import PromptModelConfig, load_experiment
from trainer_client.prompt_model.experiment import Experiment
from trainer_client.prompt_model.starts import thought
from trainer_client.server_process import running_server
from trainer_client.supervised.seeds import PROMPT_BASE, PROMPT_HELPER
from trainer_client.supervised.warmstart import revealed

EXAMPLES = Path(__file__).parents[3] / "examples" / "prompt_model"


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> object:
    log = tmp_path_factory.mktemp("server") / "log"
    with (
        running_server(log, settings={"ECHELON_CURRICULA": str(EXAMPLES / "curricula")}) as url,
        EnvClient(url) as client,
    ):
        yield client


def small() -> PromptModelConfig:
    told = yaml.safe_load((EXAMPLES / "tiny.yaml").read_text())
    told["train"]["model"] |= {"hidden": 16, "layers": 1}
    told["train"]["grpo"] |= {"steps": 2, "prompts": 2, "samples": 4, "save_every": 1}
    told["base"] |= {"steps": 4, "batch": 8}
    told["helper"] |= {"steps": 4, "batch": 8}
    told["rewards"] = {"relative": {"mode": "relative"}, "rank": {"mode": "rank"}}
    return PromptModelConfig.model_validate({**told, "seeds": 1, "problems": 8, "samples": 2})


def test_every_arm_is_reported_and_nothing_is_done_twice(env: EnvClient, tmp_path: Path) -> None:
    said: list[str] = []
    folder = tmp_path / "experiment"
    Experiment(small(), env, folder, said.append, 2).run()
    results = json.loads((folder / "results.json").read_text())
    of_rewards = [f"{kind}: {reward}" for reward in ("relative", "rank") for kind in ("trained", "shuffled", "alone")]
    assert set(results["arms"]["test"]) == {"none", "untrained", "alone: untrained", "random tokens", *of_rewards}
    assert set(results["arms"]["train"]) == {*results["arms"]["test"], "gold", "alone: gold"}
    for arms in results["arms"].values():
        assert all(arm["n"] == 16 and arm["low"] <= arm["rate"] <= arm["high"] for arm in arms.values())
    modes = {"relative", "absolute", "both", "delta", "meanprob", "rank", "steps"}
    assert all(set(one["pooled"]) == modes for one in results["agreement"].values())
    text = (folder / "results.md").read_text()
    assert "| trained: relative - shuffled: relative |" in text
    assert "| shuffled: rank - none" in text
    assert (folder / "arms.png").stat().st_size > 10_000
    written = {file: file.stat().st_mtime_ns for file in folder.rglob("*.safetensors")}
    assert len(written) >= 6
    again: list[str] = []
    Experiment(small(), env, folder, again.append, 1).run()
    assert again == ["Asking the base behind every kind of help"]
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.safetensors")} == written
    assert json.loads((folder / "results.json").read_text()) == results
    other = small().model_copy(update={"problems": 9})
    with pytest.raises(BadRun, match=r"experiment\.yaml"):
        Experiment(other, env, folder, again.append, 1).run()


def test_nobody_has_been_taught_what_is_asked_in_the_end(env: EnvClient, tmp_path: Path) -> None:
    """The base's and the helper's examples, the problems of the runs and those of the tables are all different."""
    config = small()
    experiment = Experiment(config, env, tmp_path / "x", lambda text: None, 1)
    asked = {problem.id for problem in experiment._problems("train")[0]}
    taught = {p.id for seed in (PROMPT_BASE, PROMPT_HELPER) for p in revealed(config.train, env, 2_000, seed)}
    run = sample_slots(
        env, config.train.curriculum.start(experiment.curriculum.reference, 100), 0, range(500), ("bare", None)
    )
    assert len(asked) == 16
    assert not asked & taught
    assert not asked & {problem.id for problem in run}


def test_a_run_that_fails_is_named_with_its_log(env: EnvClient, tmp_path: Path) -> None:
    config = small()
    broken = config.model_copy(
        update={
            "train": config.train.model_copy(
                update={"grpo": config.train.grpo.model_copy(update={"micro_batch": 5, "steps": 2})}
            )
        }
    )
    with pytest.raises(TrainerError, match=r"relative-0 ended early; see .*relative-0\.log"):
        Experiment(broken, env, tmp_path / "x", lambda text: None, 1).run()


def test_worked_answers_come_apart_into_help_and_answer(env: EnvClient) -> None:
    config, frame = small().train, frame_of("bare")
    for problem in revealed(config, env, 24, 5):
        told = thought(problem, frame)
        assert told
        assert problem.revealed == f"{told}={frame.answer_of(problem.revealed)}"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rewards": {}}, "rewards"),
        ({"rewards": {"x": {"mode": "perplexity"}}}, "mode"),
        ({"train": {"likelihood": {"of": "thought"}}}, "of: help"),
        ({"train": {}}, "of: help"),
        ({"seed": 3}, "seed"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], says: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load((EXAMPLES / "tiny.yaml").read_text()), **change}))
    with pytest.raises(BadConfig, match=says):
        load_experiment(file)


@pytest.mark.parametrize("name", ["tiny", "gsm8k", "hellaswag"])
def test_the_examples_can_be_read(name: str) -> None:
    told = load_experiment(EXAMPLES / f"{name}.yaml")
    assert all(told.likelihood(reward).of == "help" for reward in told.rewards)


def test_seeds_are_answers_to_the_same_problem() -> None:
    def verdict(right: bool) -> VerdictOut:
        return VerdictOut(id="x", reward=float(right), outcome="correct" if right else "incorrect")

    arm = Arm("a", rounds=[[verdict(True), verdict(False)], [verdict(True), verdict(True)]])
    assert arm.scored.n == 2
    assert arm.scored.rate == 0.75
    assert arm.mean_nats() is None
