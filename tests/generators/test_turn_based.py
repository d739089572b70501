"""Episodes: every state against an independent replay, refusals, forms of actions, verdicts where they end."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from generators.answers.turns import Call
from generators.episode import replay, resumed
from generators.errors import EpisodeOver
from generators.families import FAMILIES, problem
from generators.turn_based import Moment, TurnBased
from tests.generators.rewriting import drawn

EPISODES = ["row_reduction", "hadamard_operations", "number_guessing"]
ROWS = "row_reduction@1/bound=9,columns=3,kind=left,operations=2,rows=2,turns=5/train/3"


def independent(rows: list[list[Fraction]], words: Sequence[str]) -> list[list[Fraction]] | None:
    """Apply a row operation by lists alone; None where it is not allowed."""
    name, first, second = words[0], int(words[1]) - 1, words[2]
    rows = [list(row) for row in rows]
    if not 0 <= first < len(rows):
        return None
    if name == "scale":
        if Fraction(second) == 0:
            return None
        rows[first] = [Fraction(second) * x for x in rows[first]]
        return rows
    other = int(second) - 1
    if not 0 <= other < len(rows):
        return None
    if name == "swap":
        rows[first], rows[other] = rows[other], rows[first]
        return rows
    if first == other:
        return None
    rows[first] = [x + Fraction(words[3]) * y for x, y in zip(rows[first], rows[other], strict=True)]
    return rows


def reduced(rows: list[list[Fraction]]) -> bool:
    """Whether rows are in reduced row echelon form, by the definition."""
    last = -1
    for i, row in enumerate(rows):
        lead = next((j for j, x in enumerate(row) if x), None)
        if lead is None:
            return not any(any(below) for below in rows[i:])
        if lead <= last or row[lead] != 1 or any(r[lead] for k, r in enumerate(rows) if k != i):
            return False
        last = lead
    return True


def any_action(rng: random.Random, rows: int) -> str:
    i, j = rng.randint(0, rows + 1), rng.randint(1, rows)
    factor = rng.choice(["2", "-1", "1/2", "-3", "0", "1/3", "-5/7"])
    return rng.choice([f"swap {i} {j}", f"scale {i} {factor}", f"add {i} {j} {factor}"])


@pytest.mark.parametrize(("kind", "count"), [("left", 5_000), ("rref", 2_500), ("inverse", 1_500), ("solve", 1_000)])
def test_random_episodes_against_an_independent_replay(kind: str, count: int) -> None:
    """10^4 in all: half of the actions are the right ones, so that some episodes reach their end."""
    rng = random.Random(kind)
    finished = 0
    for posed in drawn("row_reduction", kind, count, seed=1):
        rows = [[Fraction(x) for x in row] for row in posed.start]
        at, ahead = Moment(posed, posed.start), list(posed.way)
        while at.verdict is None:
            right = rng.random() < 0.5
            action = str((posed.after(None, at.state, ()) or ahead)[0]) if right else any_action(rng, len(rows))
            at = at.step(action)
            after = independent(rows, action.split())
            assert (after is None) == bool(at.refusal)
            rows = after or rows
            assert at.state == tuple(map(tuple, rows))
            assert reduced(rows) == (at.verdict is not None and at.verdict.outcome == "correct")
        assert at.turns <= posed.max_turns
        finished += at.verdict.outcome == "correct"
    assert count // 5 < finished < count


@pytest.mark.parametrize("kind", ["left", "rref", "inverse", "solve"])
def test_gauss_jordan_solves_all_within_its_count(kind: str) -> None:
    for posed in drawn("row_reduction", kind, 300, seed=2):
        verdict = replay(posed, posed.solution()).verdict
        assert verdict is not None
        assert verdict.outcome == "correct"
        assert verdict.components == {"correct": 1, "progress": 1, "economy": 1, "legal": 1}
        assert len(posed.solution()) <= posed.max_turns


@pytest.mark.parametrize("operations", [1, 2, 3, 4])
def test_as_many_operations_are_left_as_asked_for(operations: int) -> None:
    for posed in drawn("row_reduction", "left", 60, seed=3, operations=operations):
        assert len(posed.way) == operations


@pytest.mark.parametrize("name", EPISODES)
def test_noisy_actions_are_legal_and_lead_on(name: str) -> None:
    """Slips and then the way from there: without noise a win, with all of it mostly none."""
    kind = next(iter(FAMILIES[name].kinds))
    wins = [0, 0]
    for posed in drawn(name, kind, 60, seed=4):
        for at, noise in enumerate((0.0, 1.0)):
            actions = posed.revealed("noisy", noise)
            state = replay(posed, actions).state
            assert len(actions) <= posed.max_turns
            assert state.legal == len(actions)
            assert state.verdict is not None
            wins[at] += state.verdict.outcome == "correct"
        assert posed.revealed("noisy", 0.5) == posed.revealed("noisy", 0.5)
    assert wins[0] == 60
    assert wins[1] < 30


@pytest.mark.parametrize(
    ("action", "refusal"),
    [
        ("swap 1 9", "there is no such row"),
        ("scale 1 0", "a row cannot be multiplied by 0"),
        ("add 1 1 2", "a row cannot be added to itself"),
        ("multiply it", "an operation is written swap i j, scale i f, or add i j f"),
        ("", "there is no action"),
        ("\x00\ud800", "an operation is written"),
        ("9" * 100_000, "a line is too long to be an operation"),
        ("scale 1 " + "9" * 120, "a number has more than 64 digits, or none"),
        ('<tool_call>{"name": "fly", "arguments": {}}</tool_call>', "the tools are swap, scale, add"),
        ('<tool_call>{"name": "swap", "arguments": {"row": 1}}</tool_call>', "swap takes row, other"),
        ('<tool_call>{"name": "swap", "arguments": {"r1": 1, "r2": 2}}</tool_call>', "swap takes row, other"),
        ('<tool_call>{"name": "swap", "arguments": {"row": true, "other": 2}}</tool_call>', "an argument is a number"),
        ('<tool_call>{"name": "swap", "arguments": {"row": 1, "other": "2\\nscale 1 3"}}</tool_call>', "is a number"),
        ('<tool_call>{"name": "scale", "arguments": {"row": 1, "factor": 1e300}}</tool_call>', "is too long"),
        ('<tool_call>{"name": "scale", "arguments": {"row": 1, "factor": NaN}}</tool_call>', "an operation is written"),
        ('<tool_call>{"name": 3}</tool_call>', "a tool call has a name"),
        ('<tool_call>{"a":' + "[" * 3_000 + "}</tool_call>", "a tool call is written in JSON"),
        ("<tool_call>swap 1 2</tool_call>", "a tool call is written in JSON"),
        ("import os; os.remove('/')", ""),
    ],
)
def test_a_refusal_costs_a_turn_and_says_why(action: str, refusal: str) -> None:
    posed = problem(f"{ROWS}/chat")
    after = posed.step(action)
    assert isinstance(after, Moment)
    assert (after.turns, after.legal, after.state) == (1, 0, posed.start)  # type: ignore[attr-defined]
    assert after.observation.startswith("Nothing is changed: ")
    assert refusal in after.refusal
    assert not re.search(r"Traceback|Error|Exception|object at|None", after.observation)


def test_entries_stay_small() -> None:
    at: Any = problem(f"{ROWS.replace('turns=5', 'turns=64')}/chat")
    for _ in range(60):
        at = at.step("scale 1 99999999")
    assert "the entries grow too large" in at.observation


@pytest.mark.parametrize(
    "said",
    [
        "swap 1 2",
        "Swap 1 2",
        "<answer>swap 1 2</answer>",
        "<think>first I scale 1 3, no</think>swap 1 2",
        "Let me see.\nswap 1 2",
        "`swap 1 2`",
        "```\nswap 1 2\n```",
        "R1 <-> R2",
        "swap rows 1 and 2",
        "swap 1 2;",
        '<tool_call>\n{"name": "swap", "arguments": {"row": 1, "other": 2}}\n</tool_call>',
        '<tool_call>{"name": "swap", "arguments": "{\\"row\\": 1, \\"other\\": 2}"}</tool_call>',
        '<tool_call>{"name": "swap", "arguments": {"row": 1.0, "other": "2"}}</tool_call>',
        '<tool_call>{"name": "scale", "arguments": {"row": 1, "factor": 3}}</tool_call>no: <answer>swap 1 2</answer>',
        '<think><tool_call>{"name": "scale", "arguments": {"row": 1, "factor": 3}}</tool_call></think>swap 1 2',
        '<answer>scale 1 3</answer><tool_call>{"name": "swap", "arguments": {"row": 1, "other": 2}}</tool_call>',
    ],
)
def test_one_grammar_behind_all_forms(said: str) -> None:
    posed = problem(f"{ROWS}/chat")
    assert posed.step(said).observation == posed.step("swap 1 2").observation


def test_an_episode_is_judged_where_it_is_cut_off() -> None:
    posed = problem(f"{ROWS}/bare")
    half = replay(posed, posed.solution()[:1]).state
    assert half.verdict is None
    verdict = half.stopped("truncated")  # type: ignore[attr-defined]
    assert (verdict.outcome, verdict.components["correct"]) == ("truncated", 0)
    assert verdict.components["progress"] == 0.5


def test_economy_counts_turns_and_progress_stays_below_success() -> None:
    posed = problem(f"{ROWS}/bare")
    detour = replay(posed, ("swap 1 2", "swap 1 2", *posed.solution())).verdict
    assert detour is not None
    assert detour.components["economy"] == 0.5
    lost = replay(posed, ("swap 1 2",) * 5).verdict
    assert lost is not None
    assert lost.outcome == "out_of_turns"
    assert {"in_circles"} <= set(lost.flags)
    assert lost.components["progress"] < 1


@pytest.mark.parametrize("name", EPISODES)
def test_lazy_actions_earn_nothing_and_are_flagged(name: str) -> None:
    for kind in FAMILIES[name].kinds:
        posed = problem(str(FAMILIES[name].example(kind)))
        for text in posed.guesses.values() if isinstance(posed, TurnBased) else ():
            verdict = posed.judge(text)
            assert verdict.outcome != "correct"
            assert verdict.flags
            assert not any(v for c, v in verdict.components.items() if c != "format")


@pytest.mark.parametrize("name", EPISODES)
def test_what_is_remembered_is_what_is_replayed(name: str) -> None:
    for posed in drawn(name, next(iter(FAMILIES[name].kinds)), 20, seed=5):
        actions = posed.revealed("noisy", 0.5)
        for count in range(len(actions) + 1):
            assert resumed(posed.id, actions[:count]).observations == replay(posed, actions[:count]).observations
        with pytest.raises(EpisodeOver):
            resumed(posed.id, ("swap 1 2",) * (posed.max_turns + 1))


def test_tools_say_what_text_says() -> None:
    for name in EPISODES:
        posed = problem(str(FAMILIES[name].example(next(iter(FAMILIES[name].kinds)))))
        assert isinstance(posed, TurnBased)
        for tool in posed.tools:
            schema = tool.schema()["function"]
            arguments = {key: "1/2" if key == "factor" else at for at, key in enumerate(tool.parameters, 1)}
            assert set(schema["parameters"]["required"]) == set(arguments)  # type: ignore[index]
            posed.read(posed.said(Call(tool.name, arguments)))


def test_a_state_is_known_again_however_it_was_come_to() -> None:
    posed = problem(f"{ROWS}/bare")
    straight = replay(posed, posed.solution()).verdict
    detour = replay(posed, ("scale 1 1", *posed.solution())).verdict
    assert straight is not None
    assert detour is not None
    assert straight.answer_key == detour.answer_key


def test_bisection_is_economical_however_it_rounds() -> None:
    posed = problem("number_guessing@1/most=1000,turns=14/train/197/bare")
    low, high, at = 1, 1_000, posed
    guesses = []
    number = posed.thought.number  # type: ignore[attr-defined]
    while at.verdict is None:
        guesses.append((low + high + 1) // 2)
        at = at.step(f"guess {guesses[-1]}")  # type: ignore[assignment]
        low, high = (guesses[-1] + 1, high) if guesses[-1] < number else (low, guesses[-1] - 1)
    assert at.verdict.components["economy"] == 1
    wasted = replay(posed, [*["guess 1"] * (14 - len(guesses)), *map(str, guesses)]).verdict
    assert wasted is not None
    assert wasted.components["economy"] == 10 / 14


def test_detours_that_were_drawn_are_not_free() -> None:
    """The drawn operations swap and negate more than is needed; what cancels does not count as the standard."""
    shorter = 0
    for posed in drawn("hadamard_operations", "", 60, seed=1, operations=8, turns=20):
        steps = posed.path.steps  # type: ignore[attr-defined]
        assert len(posed.solution()) <= len(steps)
        shorter += len(posed.solution()) < len(steps)
        end = replay(posed, posed.solution()).verdict
        assert end is not None
        assert (end.outcome, end.components["economy"]) == ("correct", 1)
    assert shorter > 20


def test_growing_alone_is_no_progress_and_there_is_no_row_0() -> None:
    for posed in drawn("hadamard_operations", "", 20, seed=2, doublings=2, turns=12):
        half = replay(posed, ("double", "double")).state
        assert half.stopped("truncated").components["progress"] == 0  # type: ignore[attr-defined]
        assert "there is no such row" in posed.step("swap rows 1 0").refusal  # type: ignore[attr-defined]


def test_a_next_operation_is_any_that_leaves_fewer() -> None:
    posed = problem("row_reduction@1/bound=9,columns=3,kind=next,operations=3,rows=2/train/4/bare")
    assert posed.judge(posed.reveal("answer")).outcome == "correct"
    assert posed.judge("scale 1 1").outcome == "incorrect"
    assert posed.judge("swap 1 2;swap 1 2").outcome == "malformed"
    full = replace(posed, id=posed.id.with_style("chat"))  # type: ignore[type-var]
    assert full.judge(f"<think></think><answer>{posed.solution()[0]}</answer>").outcome == "correct"
