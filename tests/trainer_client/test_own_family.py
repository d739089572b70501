"""A stranger's family, in a file outside of the package: checked, served, answered, trained on, and ours unchanged."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from envserver.cli import app
from envserver.sets import served
from envserver.settings import Settings
from envserver.wire import SampleRequest, ScoreItem
from generators.contract import check_family
from generators.families import FAMILIES
from generators.number_question import Asked, number_family
from generators.parameters import Whole
from generators.strangers import BadFamily, add_families, families_of
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.server_process import running_server
from trainer_client.train import train

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "own_family" / "common_divisor.py"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The example, where nobody of ours would look for it."""
    yield Path(shutil.copy(EXAMPLE, tmp_path / "theirs.py"))
    add_families([])


def test_it_is_as_short_as_the_docs_say() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 30


def test_it_is_checked_served_and_trained_on(file: Path, settings: TrainConfig, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["check-family", str(file)])
    assert (done.exit_code, done.output.split()[0]) == (0, "ok")
    with running_server(tmp_path / "log", settings={"ECHELON_FAMILIES": str(file)}) as url, EnvClient(url) as client:
        asked = SampleRequest(family="common_divisor@1", params={"bound": 60}, slots=[0, 1], style="bare")
        [one, other] = client.sample(asked)
        assert one.id != other.id
        numbers = [int(word.strip("?")) for word in one.prompt.split() if word.strip("?").isdigit()]
        from math import gcd

        said = [str(gcd(*numbers)), str(numbers[0]), "no idea"]
        verdicts = client.score([ScoreItem(id=one.id, completion=text) for text in said])
        assert [one.reward for one in verdicts] == [1.0, 0.0, 0.0]
        assert "first_guess" in verdicts[1].flags
        curriculum = settings.curriculum.model_copy(update={"name": "common_divisor"})
        server = settings.server.model_copy(update={"url": url})
        grpo = settings.grpo.model_copy(update={"steps": 2})
        train(settings.model_copy(update={"server": server, "curriculum": curriculum, "grpo": grpo}), client)
    rows = RunFolder(settings.run).read("metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2]
    assert "success/common_divisor" in rows[0]


def test_it_comes_and_goes_with_the_settings(file: Path) -> None:
    assert "common_divisor" in served(Settings(families=f" {file} ,"))
    assert "common_divisor" not in served(Settings())
    assert "common_divisor" not in FAMILIES


def test_what_cannot_be_taken_changes_nothing(file: Path, tmp_path: Path) -> None:
    add_families([str(file)])
    (tmp_path / "bad.py").write_text("from generators.linear_algebra.determinant import DETERMINANT as FAMILY")
    with pytest.raises(BadFamily):
        add_families([str(shutil.copy(file, tmp_path / "two.py")), str(tmp_path / "bad.py")])
    assert "common_divisor" in FAMILIES
    assert FAMILIES["determinant"].name == "determinant"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no Family"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("1 +", "SyntaxError"),
        ("from generators.linear_algebra.determinant import DETERMINANT as FAMILY", "there is a family 'determinant'"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "wrong.py").write_text(text)
    with pytest.raises(BadFamily, match=says):
        add_families([str(tmp_path / "wrong.py")])
    done = CliRunner().invoke(app, ["check-family", str(tmp_path / "wrong.py")])
    assert done.exit_code != 0
    assert len(done.output.strip().splitlines()) == 1
    with pytest.raises(BadFamily):
        families_of("no.such.module")


def test_a_family_that_cheats_breaks_the_contract(tmp_path: Path) -> None:
    """Neighbouring seeds that share their problems, and an answer that stands in the question."""
    constant = Asked(lambda stream, params: 7, lambda n: f"What is {n} and 3?", lambda n: 21 * n + 1)
    shown = Asked(lambda stream, params: stream.below(1_000), lambda n: f"Say {n}.", lambda n: n)
    for asked in (constant, shown):
        family = number_family("cheat", "none", asked, {"bound": Whole(1, 9, "none")}, {"bound": 3})
        with pytest.raises(Exception, match=r"seeds_share_nothing|EmptySplit"):
            check_family(family, {"bound": 3})
