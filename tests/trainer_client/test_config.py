"""Configurations: one file, overrides, and clear words for what is not known."""

from pathlib import Path

import pytest

from curricula.reading import read_file
from trainer_client.comparison.study import load_study
from trainer_client.config import dump_config, load_config
from trainer_client.demo import CONFIG
from trainer_client.errors import BadConfig
from trainer_client.prompt_model.config import load_experiment


def test_a_file_and_overrides(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("seed: 3\ngrpo: {steps: 5, learning_rate: 1.0e-4}\n")
    overrides = ["grpo.steps=7", "strategy={kind: lora, rank: 2}", "grpo.learning_rate=3e-4", "model.path=some/folder"]
    config = load_config(file, overrides)
    assert (config.seed, config.grpo.steps, config.grpo.learning_rate) == (3, 7, 3e-4)
    assert config.strategy.kind == "lora"
    assert config.model.path == "some/folder"


def test_a_resolved_configuration_reads_back(tmp_path: Path) -> None:
    config = load_config(CONFIG, ["strategy={kind: lora}", "curriculum.policy={kind: fixed, stage: shear}"])
    file = tmp_path / "resolved.yaml"
    file.write_text(dump_config(config))
    assert load_config(file) == config


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("grpo: {stepps: 5}", "grpo.stepps: unknown key; did you mean 'steps'"),
        ("sed: 1", "sed: unknown key; did you mean 'seed'"),
        ("grpo: {steps: many}", "grpo.steps"),
        ("grpo: {samples: 1}", "grpo.samples"),
        ("strategy: {kind: lorra}", "strategy"),
        ("strategy: {kind: lora, rnk: 4}", "rnk: unknown key"),
        ("- 1", "a configuration is a mapping"),
        ("a: [", "while parsing"),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(BadConfig) as caught:
        load_config(file)
    assert says in str(caught.value)


@pytest.mark.parametrize("override", ["steps", "=5", "grpo.=5", "seed.x=1", "grpo.steps={"])
def test_bad_overrides(override: str) -> None:
    with pytest.raises(BadConfig):
        load_config(None, ["seed=1", override])


def test_examples_load() -> None:
    files = sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml"))
    assert files
    for file in files:
        if file.stem.startswith("study_"):
            load_study(file)
        elif file.parent.name == "prompt_model":
            load_experiment(file)
        elif file.parent.name == "curricula":
            read_file(file)
        else:
            load_config(file)
