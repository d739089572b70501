"""A real server on loopback, a curriculum with low bars, and a model that was warmed up a little."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, load_config
from trainer_client.loading.models import prepare_libraries
from trainer_client.server_process import running_server
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model

# Looks begin at 2 % and promote at once, so that a run of seconds decides something.
EASY = """
name: easy
style: bare
reward: {weights: {correct: 0.7, entries: 0.3}}
promotion: {p0: 0.02, p1: 0.3, alpha: 0.5, look: 8}
stages:
  - {name: one, family: matrix_inverse@1, params: {kind: scalar, bound: 60}}
  - {name: two, family: matrix_inverse@1, params: {kind: shear, n: 2, bound: 40}}
"""

# Even a model that can do nothing yet now and then writes a number: there is always something to learn from.
FORMS = EASY.replace("name: easy", "name: forms").replace("{correct: 0.7, entries: 0.3}", "{format: 0.8, correct: 0.2}")

# So few problems that a model knows them soon.
FEW = EASY.replace("name: easy", "name: few").replace("bound: 60", "bound: 3").replace("bound: 40", "bound: 3")


TURNS = """
name: turns
style: bare
promotion: {p0: 0.02, p1: 0.3, alpha: 0.5, look: 8}
stages:
  - name: one_left
    family: row_reduction@1
    params: {kind: left, rows: 2, columns: 3, bound: 9, operations: 1, turns: 3}
  - {name: question, family: matrix_inverse@1, params: {kind: scalar, bound: 60}}
"""


@pytest.fixture(scope="session", autouse=True)
def libraries() -> None:
    """As every command has them: one thread on a CPU."""
    prepare_libraries()


@pytest.fixture(scope="session")
def curricula(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the curricula `easy`, `forms`, `few` and `turns`."""
    folder = tmp_path_factory.mktemp("curricula")
    (folder / "forms.yaml").write_text(FORMS)
    (folder / "easy.yaml").write_text(EASY)
    (folder / "few.yaml").write_text(FEW)
    (folder / "turns.yaml").write_text(TURNS)
    return folder


@pytest.fixture(scope="session")
def server(curricula: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server."""
    with running_server(
        tmp_path_factory.mktemp("server") / "log", settings={"ECHELON_CURRICULA": str(curricula)}
    ) as url:
        yield url


@pytest.fixture(scope="session")
def config(server: str) -> TrainConfig:
    """A run of a few seconds."""
    return load_config(
        None,
        [
            f"server.url={server}",
            "curriculum.name=easy",
            "curriculum.style=bare",
            "grpo.steps=12",
            "grpo.prompts=8",
            "grpo.samples=4",
            "grpo.max_completion=10",
            "grpo.save_every=2",
            "warmstart.steps=160",
            "warmstart.batch=64",
            "warmstart.noise=0",
            "warmstart.learning_rate=5e-3",
        ],
    )


@pytest.fixture(scope="session")
def env(server: str) -> Iterator[EnvClient]:
    """A client of the running server."""
    with EnvClient(server) as client:
        yield client


@pytest.fixture(scope="session")
def warm(config: TrainConfig, env: EnvClient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that answers some problems of both stages."""
    folder = tmp_path_factory.mktemp("model")
    warmstart(config, env, start_model(config, folder), folder / "warm")
    return folder / "warm"


@pytest.fixture
def settings(config: TrainConfig, warm: Path, tmp_path: Path) -> TrainConfig:
    """The configuration of a run of its own, starting from the warm model."""
    model = config.model.model_copy(update={"path": str(warm)})
    return config.model_copy(update={"run": tmp_path / "run", "model": model})
