"""The terminal's episodes: a person plays one, a played one is shown matrix by matrix."""

from typer.testing import CliRunner

from envserver.cli import app
from generators.families import problem

ROWS = "row_reduction@1/bound=9,columns=3,kind=left,operations=2,rows=2,turns=5/train/3/chat"


def run(*arguments: str, said: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments), input=said, env={"NO_COLOR": "1", "TERM": "dumb"})
    return done.exit_code, done.output


def test_a_person_plays_to_the_end() -> None:
    first, second = problem(ROWS).solution()
    code, output = run("play", ROWS, said=f"swap 1 9\n\n{first}\n{second}\n")
    assert code == 0
    assert "5 turns left >" in output
    assert "nothing is changed: there is no such row" in output
    assert "correct" in output
    assert "economy     0.667" in output


def test_an_episode_that_is_left_is_judged_where_it_stands() -> None:
    code, output = run("play", ROWS, said=f"{problem(ROWS).solution()[0]}\n")
    assert code == 0
    assert "The input ended before the episode did" in output
    assert "truncated" in output
    assert "progress    0.500" in output


def test_a_stage_is_played_without_an_id() -> None:
    code, output = run("play", "--stage", "whole_3x3", "--seed", "4", said="")
    assert code == 0
    assert "row_reduction@1/bound=9,columns=3,kind=rref,rows=3,turns=18/train/4/chat" in output
    assert run("play", "--curriculum", "nothing")[0] == 1
    assert run("play", "--stage", "nothing")[0] == 1


def test_a_replay_shows_every_matrix() -> None:
    code, output = run("replay", ROWS)
    assert code == 0
    for turn, action in enumerate(problem(ROWS).solution(), 1):
        assert f"{turn}. {action}" in output
    assert output.count("\n1") >= 1
    assert "correct" in output
    code, output = run("replay", ROWS, "swap 1 2")
    assert (code, "truncated" in output) == (0, True)


def test_what_cannot_be_played_is_said() -> None:
    code, output = run("replay", ROWS, *["swap 1 2"] * 9)
    assert code == 1
    assert "there are 5 turns, not 9" in output
    code, output = run("play", "matrix_inverse@1/bound=40,kind=shear,n=2/train/3/chat")
    assert code == 1
    assert "question of one turn" in output
    assert run("replay", "number_guessing@1/most=1000,turns=14/train/3/chat")[0] == 0
    assert run("replay", "hadamard_operations@1/doublings=1,operations=3,order=4,turns=8/train/3/chat")[0] == 0
