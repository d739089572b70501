"""program_synthesis: functions that are determined by what is shown, hidden inputs that stay hidden, verdicts."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import pytest

from generators.errors import BadId, EmptySplit
from generators.families import FAMILIES, build, problem
from generators.ids import ProblemId
from generators.programs.attempts import Program
from generators.programs.chains import chains_that_fit
from generators.programs.formulas import values
from generators.programs.question import SynthesisQuestion, takes_work
from generators.programs.reading import read_formula
from generators.programs.readings import is_the_only_reading
from generators.programs.targets import Target, content_of, name_of
from generators.sandbox.filter import supported
from tests.generators.rewriting import drawn
from tests.generators.sandbox.right_programs import HUGE, RIGHT, TWO_TO_THE_K

FAMILY = FAMILIES["program_synthesis"]
runs_programs = pytest.mark.skipif(not supported(), reason="no seccomp filter for this machine")


def asked(text: str, style: str = "chat", last: int = 30) -> SynthesisQuestion:
    """Return the question for a formula, shown at 0 to 5."""
    at = FAMILY.example("power", style)
    return SynthesisQuestion(at, Target(read_formula(text), tuple(range(6)), (*range(6, 30), last), last))


def python(source: str) -> str:
    return f"<think></think>\n<answer>```python\n{source}\n```</answer>"


@runs_programs
@pytest.mark.parametrize(("text", "name"), [(text, name) for text, programs in RIGHT.items() for name in programs])
def test_right_programs_in_every_idiom_score(text: str, name: str) -> None:
    verdict = asked(text, last=150 if text == HUGE else 60).judge(python(RIGHT[text][name]))
    assert (verdict.outcome, verdict.flags, verdict.components["format"]) == ("correct", (), 1.0), verdict.reason


def test_there_are_enough_idioms() -> None:
    assert sum(map(len, RIGHT.values())) >= 130


@pytest.mark.parametrize("kind", FAMILY.kinds)
def test_inputs_and_values_are_sound(kind: str) -> None:
    """Shown and hidden inputs share nothing, lie in the range that the question names, and every value is there."""
    for posed in drawn("program_synthesis", kind, 150, seed=3):
        params, target = dict(posed.id.params), posed.target
        assert len(target.shown) == params["shown"]
        assert len(target.hidden) == params["hidden"]
        assert not set(target.shown) & set(target.hidden)
        assert list(target.inputs[: len(target.shown)]) == sorted(target.shown)
        assert max(target.inputs) <= target.last
        assert values(target.formula, target.inputs) == target.outputs
        assert all(abs(value) < 2**2_000 for value in target.outputs)


@pytest.mark.parametrize("kind", FAMILY.kinds)
def test_hidden_inputs_are_not_in_what_is_said(kind: str) -> None:
    """Neither questions, nor reasons, nor worked answers state a hidden value."""
    for posed in drawn("program_synthesis", kind, 40, seed=4):
        other = replace(posed, id=posed.id.with_style("bare"))
        said = [posed.observation, other.observation, other.judge("k+1").reason, other.judge("2^k").reason]
        for k, value in zip(posed.target.hidden, posed.target.hidden_values, strict=True):
            assert not any(f"f({k})" in text or f"{k}:{value}" in text.split(",") for text in said)


def test_powers_have_no_other_reading() -> None:
    """By trying all a, b and c in a small range: one function only gives the shown values."""
    for posed in drawn("program_synthesis", "power", 12, seed=5, factor=5, base=5, shift=1, offset=5):
        target = posed.target
        fitting = {
            tuple(a * b**k + c for k in target.hidden)
            for a, b, c in product(range(-30, 31), range(2, 6), range(-10, 11))
            if all(a * b**k + c == y for k, y in zip(target.shown, target.shown_values, strict=True))
        }
        assert fitting == {target.hidden_values}


def test_remainders_have_no_other_reading() -> None:
    for posed in drawn("program_synthesis", "modular", 12, seed=6, modulus=20):
        target = posed.target
        fitting = {
            tuple((a * k + b) % m for k in target.hidden)
            for m in range(3, 21)
            for a, b in product(range(m), range(m))
            if all((a * k + b) % m == y for k, y in zip(target.shown, target.shown_values, strict=True))
        }
        assert fitting == {target.hidden_values}


def test_recurrences_have_no_other_reading() -> None:
    for posed in drawn("program_synthesis", "recurrence", 12, seed=7):
        target = posed.target
        shown = target.shown_values
        fitting = {
            (p, q)
            for p, q in product(range(-9, 10), range(-9, 10))
            if all(shown[i] == p * shown[i - 1] + q * shown[i - 2] for i in range(2, len(shown)))
        }
        assert len(fitting) == 1


def test_polynomials_have_the_degree_asked_for() -> None:
    for degree in range(1, 6):
        for posed in drawn("program_synthesis", "polynomial", 10, seed=8, degree=degree, shown=8):
            row = [Fraction(v) for v in values(posed.target.formula, range(degree + 3)) if v is not None]
            for _ in range(degree):
                row = [b - a for a, b in pairwise(row)]
            assert len(set(row)) == 1
            assert row[0]


def test_pieces_are_shown_at_their_ends() -> None:
    for posed in drawn("program_synthesis", "piecewise", 60, seed=9):
        shown, at = set(posed.target.shown), posed.target.formula
        assert {0, dict(posed.id.params)["range"] - 1} <= shown
        assert {at.right.value - 1, at.right.value} <= shown


@pytest.mark.parametrize(
    "change",
    [
        {"shown": 5, "range": 4},
        {"shown": 5, "range": 5, "reach": 4, "hidden": 8},
        {"kind": "polynomial", "degree": 5, "shown": 6},
        {"kind": "recurrence", "order": 3, "shown": 6},
        {"kind": "piecewise", "pieces": 4, "shown": 11},
        {"kind": "mixture", "shown": 7},
        {"kind": "digits", "shown": 5},
        {"kind": "modular", "shown": 4},
        {"kind": "composition", "shown": 6},
        {"kind": "power", "shown": 3, "range": 5},
    ],
)
def test_too_few_values_are_refused(change: dict[str, Any]) -> None:
    params = {**dict(FAMILY.example(str(change.get("kind", "power"))).params), **change}
    with pytest.raises(BadId, match=r"values|inputs|terms|range"):
        FAMILY.check(ProblemId("program_synthesis", 1, tuple(sorted(params.items())), "train", 0, "bare"))


def test_one_function_is_one_content_however_it_is_written() -> None:
    assert len({name_of(read_formula(text)) for text in ("2*2^k", "2^(k+1)", "{2;2*a}", "4^k*2/2^k")}) == 1
    assert name_of(read_formula("2^k")) != name_of(read_formula("2^k+k/64"[:3] + "+k/63"))


def test_the_first_target_is_there_and_is_one_problem() -> None:
    stem = "program_synthesis@1/base=2,factor=1,hidden=8,kind=power,offset=0,range=5,reach=25,shift=0,shown=5"
    first, other = problem(f"{stem}/train/0/bare"), problem(f"{stem}/train/7/bare")
    assert first.observation == "0:1,1:2,2:4,3:8,4:16="
    assert first.content == other.content
    assert first.judge("2^k").outcome == "correct"
    for split in ("dev", "test"):
        with pytest.raises(EmptySplit):
            problem(f"{stem}/{split}/0/bare")


@pytest.mark.parametrize(
    ("answer", "outcome", "flag"),
    [
        ("3*2^k+1", "correct", None),
        ("1+2^k*3", "correct", None),
        ("4+3*(2^k-1)", "correct", None),
        ("{4;2*a-1}", "correct", None),
        ("3*2^k", "incorrect", None),
        ("k", "incorrect", "identity_guess"),
        ("4", "incorrect", "first_guess"),
        ("2^k", "incorrect", "doubling_guess"),
        ("k<1?4:k<2?7:k<3?13:k<4?25:k<5?49:97", "incorrect", "lookup_table"),
        ("k<1?4:k<2?7:k<3?13:k<4?25:k<5?49:96+1", "incorrect", "lookup_table"),
        ("k or 3*2^k", "malformed", "several_answers"),
        ("", "malformed", "gave_up"),
        ("def f(k): return 3*2**k+1", "malformed", None),
    ],
)
def test_formulas_are_judged(answer: str, outcome: str, flag: str | None) -> None:
    verdict = asked("3*2^k+1", "bare").judge(answer)
    assert verdict.outcome == outcome
    assert flag is None or flag in verdict.flags
    if outcome != "correct":
        assert not verdict.components["visible"] or flag is None
        assert not verdict.components["correct"]


def test_partial_credit_grows_with_what_is_right() -> None:
    posed = asked("3*2^k+1", "bare")
    near, nearer = posed.judge("3*2^k").components, posed.judge("3*2^k+1+k/20").components
    assert near["closeness"] > 0.9
    assert 0 < nearer["hidden"] < 1
    assert (near["hidden"], nearer["visible"]) == (0, 1)
    assert posed.judge("9^k").components["closeness"] < 0.01
    assert near["runs"] == near["compiles"] == 1


def test_one_huge_value_does_not_drown_the_rest() -> None:
    posed = asked("3*2^k+1", "bare")

    def closeness(text: str) -> float:
        return posed.measure(posed.read(text))["closeness"]

    assert closeness("k<30?3*2^k+2:9^99") > 0.5
    assert closeness("k<30?3*2^k+2:1/0") > 0.5
    assert closeness("7*k+3") < 0.01


@runs_programs
@pytest.mark.parametrize(
    ("source", "outcome", "flags", "reason"),
    [
        (
            "def f(k):\n    return [4, 7, 13, 25, 49, 97][k]",
            "incorrect",
            {"lookup_table"},
            "all shown values are right",
        ),
        ("t = '4 7 13 25 49 97'.split()\ndef f(k):\n    return int(t[k])", "incorrect", {"lookup_table"}, "all shown"),
        (
            "t = {0: 0x4, 1: 7, 2: 13, 3: 25, 4: 49, 5: 97}\nf = lambda k: t.get(k, 0)",
            "incorrect",
            {"lookup_table"},
            "",
        ),
        ("def f(k):\n    while 1: pass", "incorrect", {"timeout"}, "its time is up"),
        ("def f(k):\n    return [0] * 10**12", "incorrect", {"memory"}, "it asks for too much memory"),
        ("import os\ndef f(k):\n    os.fork()\n    return 3 * 2**k + 1", "incorrect", {"io_or_import"}, "at no input"),
        ("import requests\ndef f(k):\n    return 3 * 2**k + 1", "incorrect", {"io_or_import"}, "at no input"),
        ("def f(k):\n    k = int(input())\n    return k", "incorrect", {"io_or_import"}, "at no input"),
        ("import json\ndef f(k):\n    return 3 * 2**k + 1", "correct", {"io_or_import"}, ""),
        ("def f(k):\n    return 3 * 2.0**k + 1", "incorrect", set(), "at no input"),
        ("def f():\n    return 3", "incorrect", set(), "at no input"),
        ("def one():\n    return 3", "malformed", set(), "no function in the program that takes one argument"),
        ("class Solution:\n    def f(self, k):\n        return 3 * 2**k + 1", "correct", set(), ""),
        ("def g(k):\n    return 3 * 2**k + 1\ndef main():\n    print(g(2))\nmain()", "correct", set(), ""),
        ("def g(k):\n    return 3 * 2**k + 1\ndef test(k=3):\n    assert g(k) == 25", "correct", set(), ""),
        (
            "import re, sys\nsys.setrecursionlimit(900)\nX = re.compile('a')\n"
            'def f(k):\n    "open() it"\n    return 3 * 2**k + 1  # eval(k)',
            "correct",
            set(),
            "",
        ),
        (
            "import os\ndef f(k):\n    os.write(3, b'i:' + b'f' * 4096 + b'\\n')\n    return 1",
            "incorrect",
            {"io_or_import"},
            "shown values",
        ),
        ("def f(k):\n    return (3 * 2**k + 1", "malformed", set(), "does not compile"),
        ("x = 5", "malformed", set(), "no function"),
        ("class Main {\n  public static int f(int k) { return 3; }\n}", "malformed", {"other_language"}, ""),
        ("def f(k):\n    return 4\n\ndef f(k):\n    return 5", "incorrect", {"several_answers"}, "0 of 6"),
    ],
)
def test_programs_are_judged(source: str, outcome: str, flags: set[str], reason: str) -> None:
    verdict = asked("3*2^k+1").judge(python(source))
    assert verdict.outcome == outcome
    assert flags <= set(verdict.flags)
    assert reason in verdict.reason
    assert flags or not set(verdict.flags) - {"first_guess"}
    if "lookup_table" in flags:
        assert not any(verdict.components[name] for name in ("visible", "hidden", "closeness", "correct"))


@runs_programs
def test_a_long_program_is_right_but_not_short() -> None:
    posed = asked(TWO_TO_THE_K)
    short = posed.judge(python("def f(k):\n    return 2 ** k"))
    long = posed.judge(python("def f(k):\n    return 2 ** k" + "\n# talk" * 200))
    assert short.components["length"] == 1
    assert 0 < long.components["length"] < 0.1
    assert long.components["correct"] == 1


@runs_programs
def test_answers_that_give_the_same_values_have_the_same_key() -> None:
    posed = asked(TWO_TO_THE_K)
    keys = {posed.judge(python(source)).answer_key for source in RIGHT[TWO_TO_THE_K].values()}
    assert len(keys) == 1
    assert posed.judge(python("def f(k):\n    return 3 ** k")).answer_key not in keys


@runs_programs
def test_a_cut_off_program_is_truncated() -> None:
    fenced = asked(TWO_TO_THE_K, "fenced")
    assert fenced.judge("Well:\n```python\ndef f(k):\n    return 2 *", truncated=True).outcome == "truncated"
    assert fenced.judge("Well:\n```python\ndef f(k):\n    return 2 ** k\n```").outcome == "correct"


@runs_programs
@pytest.mark.parametrize("kind", FAMILY.kinds)
def test_every_kind_wins_as_python_and_as_a_formula(kind: str) -> None:
    for style in ("chat", "fenced", "bare"):
        for seed in range(4):
            posed = build(replace(FAMILY.example(kind, style), seed=seed))
            assert posed.judge(posed.reveal("answer")).outcome == "correct"
            assert posed.judge(posed.reveal("noisy", 1.0)).outcome == "incorrect"


def test_what_a_cheap_guess_solves_is_not_drawn() -> None:
    for text in ("k", "7", "3*k^2+1"):
        assert not takes_work(asked(text).target)
    assert takes_work(asked("2^k").target)
    assert not takes_work(Target(read_formula("2^k/0"), (0, 1), (2, 3), 3))


def test_a_restated_question_is_answered_by_the_wrapped_program() -> None:
    first = FAMILY.build(FAMILY.example("digits", "chat"))
    second, carry = FAMILY.restated(FAMILY.example("digits", "chat+raised"))
    assert content_of(first.target) != second.content  # type: ignore[attr-defined]
    for source in ("def f(k):\n    return k", "g = 1\ndef other(k):\n    return k", "h = lambda k: k"):
        changed = carry(Program(source=source)).python
        names: dict[str, Any] = {}
        exec(changed, names)
        assert names["f"](5) > 5


def fits(text: str, shown: int, hidden: range) -> bool:
    """Whether the values of a formula have no other simple reading."""
    return is_the_only_reading(Target(read_formula(text), tuple(range(shown)), tuple(hidden), hidden[-1]))


@pytest.mark.parametrize(
    ("text", "shown", "only"),
    [
        ("(k+48)%60", 12, False),  # a line, until it wraps
        ("(k+48)%60", 14, True),
        ("5*q(k)", 10, False),  # 5*k^2 for one digit
        ("4*n(4*k)-4", 10, False),  # a step
        ("s(9*k)", 10, False),
        ("(16*k+22)%31", 12, False),  # two lines that take turns
        ("s(k)/5+2", 12, False),
        ("k^3-2*k+5", 8, True),
        ("{1,1;a+b}", 8, True),
        ("3*2^k+1", 5, True),
        ("(7*k+3)%10", 20, True),  # twice its period is shown
        ("2*(s(k)+9)", 24, True),
    ],
)
def test_values_with_another_simple_reading_are_not_posed(text: str, shown: int, only: bool) -> None:
    assert fits(text, shown, range(shown, shown + 40)) == only


def test_a_list_pays_nothing_however_it_is_written() -> None:
    """Its numbers encoded, the flag for literals is not raised; it is still what the guess `table` answers."""
    for posed in drawn("program_synthesis", "power", 20, seed=11):
        encoded = [7 * y + 3 for y in posed.target.shown_values]
        nearest = (
            f"Y = {encoded}\nX = {list(posed.target.shown)}\n"
            "def f(k):\n    return (Y[max(i for i, x in enumerate(X) if x <= k)] - 3) // 7"
        )
        verdict = replace(posed, id=posed.id.with_style("chat")).judge(python(nearest))
        assert "table_guess" in verdict.flags
        assert not any(verdict.components[name] for name in ("visible", "hidden", "closeness"))


def test_compositions_take_all_their_steps() -> None:
    for posed in drawn("program_synthesis", "composition", 60, seed=12, steps=2, shown=10):
        assert not list(chains_that_fit(posed.target.shown, posed.target.shown_values, 1, 9))
