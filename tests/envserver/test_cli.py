"""The terminal commands: a person can try a problem without writing code."""

import pytest
from typer.testing import CliRunner

from envserver.cli import app
from generators.families import FAMILIES, problem


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output + (str(result.exception) if result.exit_code else "")


def test_sample_then_score() -> None:
    code, output = _run("sample", "--stage", "shear", "--n", "2", "--seed", "3")
    assert code == 0
    ids = [line for line in output.splitlines() if line.startswith("matrix_inverse@1/")]
    assert len(ids) == 2
    code, output = _run("score", ids[0], problem(ids[0]).reveal("answer"))
    assert code == 0
    assert output.startswith("correct")
    code, output = _run("score", ids[0], "<answer>[[1, 0], [0, 1]]</answer>")
    assert code == 0
    assert output.startswith("incorrect")
    assert "identity_guess" in output


def test_worked_answers_in_the_terminal() -> None:
    code, output = _run("sample", "--stage", "rank_one", "--style", "bare", "--worked")
    assert code == 0
    at, _, revealed = (line for line in output.splitlines() if line and not line.endswith("=")), None, output
    assert problem(next(at)).judge(revealed.strip().splitlines()[-1]).outcome == "correct"


def test_families_are_listed_with_worked_examples() -> None:
    code, output = _run("families")
    assert code == 0
    assert all(f"{name}@{family.version}" in output for name, family in FAMILIES.items())
    code, output = _run("families", "hadamard")
    assert code == 0
    assert all(str(FAMILIES["hadamard"].example(kind)) in output for kind in FAMILIES["hadamard"].kinds)


def test_leak_audit_in_the_terminal() -> None:
    code, output = _run("leak-audit", "--stem", "matrix_inverse@1/bound=60,kind=scalar", "--draws", "30")
    assert code == 0
    assert "about" in output or "more than" in output
    assert "MEMORISABLE" not in output
    code, output = _run("leak-audit", "--stem", "matrix_inverse@1/bound=3,kind=scalar", "--draws", "30")
    assert "MEMORISABLE" in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sample", "--curriculum", "invers"), "did you mean 'inverse'"),
        (("sample", "--stage", "sheer"), "did you mean 'shear'"),
        (("sample", "--style", "fancy"), "unknown style"),
        (("score", "nonsense", "1"), "five parts"),
        (("families", "hadamar"), "did you mean 'hadamard'"),
        (("leak-audit", "--curriculum", "invers"), "did you mean 'inverse'"),
        (("leak-audit", "--stem", "rref@1/bound=9"), "unknown kind"),
        (("leak-audit", "--reasoning-gym", "nope"), "nope"),
        (("serve", "--curricula", "no/such/folder"), "not a folder"),
    ],
)
def test_wrong_arguments_are_explained(arguments: tuple[str, ...], says: str) -> None:
    code, output = _run(*arguments)
    assert code == 1
    assert says in output
