"""Every family and kind: the contract, in both styles and at every transform; true docs; bounded costs."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.hostile import texts
from generators.contract import check_family
from generators.errors import BadId, EmptySplit
from generators.families import FAMILIES, family_named, problem
from generators.family import Listed
from generators.ids import ProblemId
from generators.parameters import Whole
from generators.turn_based import TurnBased
from generators.written import Written

KINDS = [(name, kind) for name, family in FAMILIES.items() for kind in family.kinds]
# Beside the example of each kind, the corners where something else happens.
CORNERS: dict[str, list[dict[str, Any]]] = {
    "matrix_inverse": [
        {"kind": "scalar", "bound": 999},
        {"kind": "random", "n": 2, "bound": 9, "determinant": "any"},
        {"kind": "random", "n": 8, "bound": 1_000_000, "determinant": "any"},
        {"kind": "unimodular", "n": 8, "operations": 64, "factor": 9},
        {"kind": "hilbert", "n": 6, "bound": 40},
        {"kind": "orthogonal", "n": 2, "bound": 9},
        {"kind": "singular", "n": 2, "bound": 9},
    ],
    "rref": [
        {"kind": "random", "rows": 3, "columns": 3, "bound": 9},
        {"kind": "random", "rows": 8, "columns": 8, "bound": 1_000_000},
        {"kind": "augmented", "equations": 2, "unknowns": 2, "solutions": "one", "bound": 9},
        {"kind": "augmented", "equations": 3, "unknowns": 2, "solutions": "none", "bound": 9},
    ],
    "row_operations": [{"kind": "rref", "rows": 6, "columns": 6, "bound": 99}],
    "solve_linear_system": [
        {"kind": "rational", "n": 8, "bound": 1_000_000},
        {"kind": "mixed", "equations": 2, "unknowns": 2, "bound": 9},
    ],
    "determinant": [{"kind": "integer", "n": 8, "bound": 1_000_000}],
    "hadamard": [
        {"kind": "complete", "order": 20, "blanks": 60},
        {"kind": "another", "order": 12, "distance": 60},
        {"kind": "operations", "order": 4, "operations": 3, "doublings": 1},
    ],
    "arithmetic": [{"kind": "addition", "digits": 40}, {"kind": "addition", "digits": 1}],
    "countdown": [{"numbers": 6, "bound": 100, "target": 999}],
}


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_contract(name: str, kind: str) -> None:
    check_family(FAMILIES[name], dict(FAMILIES[name].example(kind).params), seeds=12)


@pytest.mark.parametrize(
    ("name", "params"),
    [(name, params) for name, corners in CORNERS.items() for params in corners],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_contract_at_the_corners(name: str, params: dict[str, Any]) -> None:
    check_family(FAMILIES[name], params, seeds=4)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_docstring_is_a_question_with_its_answer(name: str) -> None:
    """Of the module that makes the family: `Q:` and `A:`, the answer in the style `chat`."""
    module = sys.modules[FAMILIES[name].pose.__module__]
    assert module.__doc__ is not None
    assert re.search(r"^Q: .+^A: <answer>.+</answer>", module.__doc__, re.DOTALL | re.MULTILINE)
    assert f"`{name}`" in module.__doc__.partition("\n")[0]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_every_kind_declares_guesses_and_transforms(name: str, kind: str) -> None:
    posed = problem(str(FAMILIES[name].example(kind)))
    assert FAMILIES[name].turns or not isinstance(posed, TurnBased)
    assert posed.observation == "\n\n".join(message.content for message in posed.messages)
    if isinstance(posed, TurnBased):  # what is played cannot be answered by heart
        assert {"empty", "talk"} < set(posed.guesses)
        return
    assert {"stock", "empty", "all_at_once"} < set(posed.guesses)
    assert len(posed.guesses) >= 6
    # What people wrote cannot be restated by a rule, but for choices, which can be rearranged.
    listed = isinstance(FAMILIES[name].kinds[kind], Listed)
    assert FAMILIES[name].kinds[kind].transforms or listed or name == "row_reduction"


def test_the_same_matrix_is_the_same_content_in_every_family() -> None:
    """A matrix with a right side is a system, an augmented matrix and a program's start: in one split."""
    rows = "row_operations@1/bound=9,kind=solve,n=3/train/1/chat"
    drawn = problem(rows).matrix  # type: ignore[attr-defined]
    for name, of in (("rref", "matrix"), ("solve_linear_system", "augmented"), ("determinant", "matrix")):
        family = family_named(name)
        assert family.content(drawn) == problem(rows).content, of


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_hostile_texts_never_raise_and_never_win(name: str, kind: str) -> None:
    for style in ("chat", "bare"):
        posed = problem(str(FAMILIES[name].example(kind, style)))
        for text in texts(3_000).values():
            verdict = posed.judge(f"<think></think><answer>{text}</answer>" if style == "chat" else text)
            assert verdict.outcome in ("incorrect", "malformed", "out_of_turns")


def _extremes() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every kind with each parameter at its largest and smallest value, the others as in the example."""
    for name, kind in KINDS:
        family = FAMILIES[name]
        for parameter, declared in family.kinds[kind].parameters.items():
            if isinstance(declared, Whole):
                for value in (declared.low, declared.high):
                    yield name, {**dict(family.example(kind).params), parameter: value}


@pytest.mark.parametrize(("name", "params"), list(_extremes()), ids=str)
def test_extreme_parameters_are_refused_or_built_with_bounded_work(name: str, params: dict[str, Any]) -> None:
    """At most some millions of interpreter steps: nothing grows without bound, nothing is tried for ever."""
    family = FAMILIES[name]
    at = ProblemId(name, 1, tuple(sorted(params.items())), "train", 5, "chat")
    try:
        posed = _bounded(lambda: family.build(at))
    except (BadId, EmptySplit):
        return
    assert isinstance(posed, Written | TurnBased)
    assert _bounded(lambda: posed.judge(posed.reveal("answer"))).outcome == "correct"
    assert len(posed.reveal("answer")) < 20_000
    assert len(posed.observation) < 20_000


def _bounded(call: Any, lines: int = 3_000_000) -> Any:
    """Run a call; raises when it takes more than so many function calls and loop rounds."""
    count = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += 1
        if count > lines:
            raise AssertionError("too much work")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call()
    finally:
        sys.settrace(before)
