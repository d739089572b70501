"""hadamard: constructions and answers checked by numpy, forms and mutants, programs replayed independently."""

import random
from typing import Any

import numpy as np
import pytest

from generators.answers.signs import read_signs
from generators.errors import Unreadable
from generators.families import problem
from generators.hadamard.constructions import CONSTRUCTIONS, is_hadamard, known
from generators.hadamard.operations import MAX_ORDER, read_program
from tests.generators.rewriting import chat, drawn, outcome


def _oracle(h: Any) -> bool:
    a = np.array(h, dtype=np.int64)
    return bool(a.shape[0] == a.shape[1] and (abs(a) == 1).all() and (a @ a.T == len(a) * np.eye(len(a))).all())


def test_constructions() -> None:
    for order in CONSTRUCTIONS:
        for h in known(order):
            assert len(h) == order
            assert _oracle(h)


def test_the_check_is_numpys() -> None:
    rng = random.Random(1)
    for order in (4, 8, 12):
        for _ in range(2_000):
            h = [list(row) for row in rng.choice(known(order))]
            for _ in range(rng.randrange(3)):
                h[rng.randrange(order)][rng.randrange(order)] *= -1
            assert is_hadamard(h) == _oracle(h)


@pytest.mark.parametrize(("kind", "params"), [
    ("complete", {}), ("complete", {"order": 12, "blanks": 30}), ("another", {}), ("another", {"distance": 28}),
])  # fmt: skip
def test_answers_against_numpy(kind: str, params: dict[str, int]) -> None:
    """10^4 problems over the kinds, with the next test."""
    for posed in drawn("hadamard", kind, 2_000, seed=2, **params):
        cells, right = np.array(posed.cells), np.array(posed.right)
        assert _oracle(right)
        if kind == "complete":
            assert ((cells == 0) | (cells == right)).all()
            assert (cells == 0).sum() == dict(posed.id.params)["blanks"]
        else:
            assert (cells[0] == right[0]).all()
            assert (cells[:, 0] == right[:, 0]).all()
            assert (cells != right).sum() >= dict(posed.id.params)["distance"]


def _replayed(program: str, start: Any) -> np.ndarray[Any, Any]:
    h = np.array(start)
    for line in program.split("\n"):
        words = line.split()
        if words[0] == "double":
            h = np.kron([[1, 1], [1, -1]], h)
        elif words[0] == "transpose":
            h = h.T.copy()
        else:
            turned = words[1].startswith("column")
            a = h.T.copy() if turned else h.copy()
            i, j = int(words[2]) - 1, int(words[-1]) - 1
            if words[0] == "swap":
                a[[i, j]] = a[[j, i]]
            else:
                a[i] = -a[i]
            h = a.T if turned else a
    return h


@pytest.mark.parametrize("params", [{}, {"operations": 4, "doublings": 1}])
def test_programs_against_numpy(params: dict[str, int]) -> None:
    rng = random.Random(3)
    for at, posed in enumerate(drawn("hadamard", "operations", 1_000, seed=4, **params)):
        lines = posed.write(posed.right).split("\n")
        assert (_replayed("\n".join(lines), posed.path.start) == np.array(posed.path.end)).all()
        if at < 80:
            cut = rng.randrange(len(lines))
            for mutant in ([*lines[:cut], *lines[cut + 1 :]], lines[::-1], [*lines, "transpose", "transpose"]):
                try:
                    end = _replayed("\n".join(mutant), posed.path.start)
                    same = np.array_equal(end, np.array(posed.path.end))
                except IndexError:  # an operation on a row that the matrix does not have yet
                    same = False
                assert outcome(posed, "\n".join(mutant)) == ("correct" if same else "incorrect")


@pytest.mark.parametrize("kind", ["complete", "another"])
def test_equivalent_forms_and_mutants(kind: str) -> None:
    rng = random.Random(5)
    for posed in drawn("hadamard", kind, 60, seed=6):
        rows = [list(map(str, row)) for row in posed.right]
        nested = "[" + ", ".join("[" + ", ".join(row) + "]" for row in rows) + "]"
        letters = ["".join("+" if x == 1 else "-" for x in row) for row in posed.right]
        for text in (
            nested,
            f"np.array({nested})",
            ";".join(",".join(row) for row in rows),
            "\n".join(" ".join(row) for row in rows),
            "\n".join(letters),
            ";".join(letters),
            "[" + "],\n[".join(" ".join(row) for row in letters) + "]",
            r"\begin{pmatrix}" + r" \\ ".join(" & ".join(row) for row in rows) + r"\end{pmatrix}",
            nested.replace("-", "\u2212"),
        ):
            assert outcome(posed, text) == "correct", text
        for _ in range(4):
            mutant = np.array(posed.right)
            i, j = rng.randrange(8), rng.randrange(8)
            rng.choice((_flip, _negate, _swap))(mutant, i, j)
            assert outcome(posed, str(mutant.tolist())) == ("correct" if _accepts(posed, mutant) else "incorrect")


def _flip(a: Any, i: int, j: int) -> None:
    a[i, j] *= -1


def _negate(a: Any, i: int, j: int) -> None:
    a[i] *= -1


def _swap(a: Any, i: int, j: int) -> None:
    a[[i, j]] = a[[j, i]]


def _accepts(posed: Any, given: Any) -> bool:
    cells = np.array(posed.cells)
    if not _oracle(given):
        return False
    if dict(posed.id.params)["kind"] == "complete":
        return bool(((cells == 0) | (cells == given)).all())
    keeps = (cells[0] == given[0]).all() and (cells[:, 0] == given[:, 0]).all()
    return bool(keeps and (cells != given).sum() >= dict(posed.id.params)["distance"])


def test_what_is_no_matrix_of_signs() -> None:
    for text in ("", "++;+", "+-x;++-", "1,2;3", "+" * 20_000):
        with pytest.raises(Unreadable):
            read_signs(text)
    posed = problem("hadamard@1/distance=8,kind=another,order=8/train/1/chat")
    assert posed.judge(chat(str([[2] * 8] * 8))).reason == "an entry is neither 1 nor -1"


def test_programs_are_bounded() -> None:
    with pytest.raises(Unreadable, match="at most"):
        read_program("transpose\n" * 200)
    posed = problem("hadamard@1/doublings=1,kind=operations,operations=3,order=4/train/1/chat")
    verdict = posed.judge(chat("double\n" * 100))
    assert verdict.reason == "the matrix would grow too large"
    assert MAX_ORDER == 32
