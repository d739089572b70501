"""reasoning-gym behind our ids: every family wins with its own answer and loses with none, and shares no split."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from curricula.leaks import audit, audit_reasoning_gym
from envserver.app import create_app
from envserver.settings import Settings
from generators.contract import _nonsense_loses, _same_id_same_problem, _solution_wins
from generators.errors import BadId
from generators.families import build, family_named, foresee, problem
from generators.ids import ProblemId
from generators.reasoning_gym_adapter import family as module
from generators.reasoning_gym_adapter import items
from generators.reasoning_gym_adapter.family import RgQuestion, adapted, installed, names
from generators.reasoning_gym_adapter.items import worker

pytestmark = pytest.mark.skipif(not installed(), reason="reasoning-gym is not installed")

NAMES = names()
NOOP = ("", "I don't know.", "<answer></answer>", "<think></think><answer>I don't know.</answer>")


@pytest.fixture(scope="module")
def revealing() -> Any:
    with TestClient(create_app(Settings(reveal=True)), base_url="http://localhost") as http:
        yield http


def _sample(http: TestClient, name: str, params: dict[str, Any], split: str, **more: Any) -> list[dict[str, Any]]:
    body = {"family": f"{name}@1", "params": params, "split": split, "slots": [0, 1], **more}
    reply = http.post("/sample", json=body)
    assert reply.status_code == 200, reply.text
    problems: list[dict[str, Any]] = reply.json()["problems"]
    return problems


def test_all_are_listed_over_http(revealing: TestClient) -> None:
    listed = revealing.get("/families", params={"group": "reasoning_gym"}).json()
    assert [one["name"] for one in listed] == NAMES
    assert len(NAMES) == 103
    own = revealing.get("/families").json()
    assert not any(one["name"].startswith("rg.") for one in own)


@pytest.mark.parametrize("name", NAMES)
def test_gold_wins_and_nothing_loses_over_http(name: str, revealing: TestClient) -> None:
    problems = _sample(revealing, name, {"kind": "default", "scorer": "strict"}, "train", reveal="answer")
    items = [{"id": one["id"], "completion": one["revealed"]} for one in problems]
    items += [{"id": one["id"], "completion": text} for one in problems for text in NOOP]
    verdicts = revealing.post("/score", json={"items": items}).json()["verdicts"]
    assert [one["reward"] for one in verdicts] == [1.0, 1.0] + [0.0] * 8
    assert all("/train/" in one["id"] and one["prompt"] for one in problems)


@pytest.mark.parametrize("name", NAMES[::7])
def test_clauses_of_the_contract(name: str) -> None:
    family = adapted(name)
    for clause in (_same_id_same_problem, _solution_wins, _nonsense_loses):
        assert not list(clause(family, dict(family.example("default").params), 3))


def test_levels_are_parameters() -> None:
    family = adapted("rg.chain_sum")
    assert {"num_terms", "num_digits"} <= set(family.kinds["levels"].parameters)
    longest = [
        max(
            len(family.build(replace(family.example("levels"), params=levels, seed=seed)).observation)
            for seed in range(8)
        )
        for levels in (_levels(num_digits=0, num_terms=0), _levels(num_digits=5, num_terms=6))
    ]
    assert longest[1] > longest[0] + 20
    with pytest.raises(BadId, match="num_digits is an integer from 0 to 9"):
        family.check(replace(family.example("levels"), params=_levels(num_digits=10, num_terms=0)))


def _levels(**levels: int) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted({**dict(adapted("rg.chain_sum").example("levels").params), **levels}.items()))


def test_levels_that_reasoning_gym_refuses_are_not_offered() -> None:
    """The curriculum of knight_swap begins with four nodes, its configuration with six; three others have none."""
    without = [name for name in NAMES if "levels" not in adapted(name).kinds]
    assert without == ["rg.acre", "rg.gsm_symbolic", "rg.knight_swap", "rg.list_functions"]


def test_no_content_is_in_two_splits_where_their_scripts_share_almost_all() -> None:
    theirs = audit_reasoning_gym("chain_sum", 400)
    assert theirs.shared >= 398
    stem = adapted("rg.chain_sum").example("default").stem
    ours = audit(stem, 150)
    assert (ours.shared, ours.misplaced) == (0, 0)
    assert ours.drawn == 450


def test_another_release_or_family_is_refused() -> None:
    stem = str(adapted("rg.gcd").example("default"))
    release = dict(adapted("rg.gcd").example("default").params)["release"]
    with pytest.raises(BadId, match="unknown release"):
        problem(stem.replace(str(release), "0_0_1"))
    for name, says in (("rg.boxnet", "comes with answers"), ("rg.gdc", "did you mean 'gcd'")):
        with pytest.raises(BadId, match=says):
            family_named(name)


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed", lambda: False)
    with pytest.raises(BadId, match=r"pip install 'echelon\[reasoning-gym\]'"):
        adapted("rg.never_asked_before")
    assert names() == []


def _posed(name: str, scorer: str = "strict", style: str = "chat") -> RgQuestion:
    family = adapted(name)
    at = family.example("default", style)
    posed = family.build(replace(at, params=tuple(sorted({**dict(at.params), "scorer": scorer}.items()))))
    assert isinstance(posed, RgQuestion)
    return posed


def _judged(posed: RgQuestion, answer: str) -> str:
    return posed.judge(f"<think></think><answer>{answer}</answer>").outcome


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("rg.game_of_life_halting", "I don't know."),  # theirs takes whatever is not `True` for `False`
        ("rg.sokoban", "not {right}"),  # theirs reads the moves out of any text
        ("rg.kakurasu", "the answer is not {right}"),
        ("rg.complex_arithmetic", "nan"),
        ("rg.complex_arithmetic", "1+nanj"),
        ("rg.fraction_simplification", "{question}"),
        ("rg.fraction_simplification", "{right} is wrong"),
        ("rg.spell_backward", "{right} is wrong"),
        ("rg.coin_flip", "0"),  # theirs takes 0 for the beginning of 0.7734375
        ("rg.puzzle24", "6+6+6+6"),  # theirs does not look at the numbers that are given
        ("rg.gsm_symbolic", "-{right}"),
        ("rg.gsm_symbolic", "{right}, 0"),
        ("rg.decimal_arithmetic", "{right}1"),
        ("rg.kakurasu", "-{right}"),
        ("rg.rubiks_cube", "0 {right}"),
    ],
)
def test_strict_refuses_what_their_scorer_pays_for(name: str, wrong: str) -> None:
    strict = _posed(name)
    text = wrong.format(right=strict.right, question=strict.item.question)
    assert _judged(strict, text) != "correct"
    assert _judged(strict, strict.right) == "correct"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("rg.gsm_symbolic", "${right}"),
        ("rg.gsm_symbolic", "The answer is {right}."),
        ("rg.gsm_symbolic", "**{right}**"),
        ("rg.game_of_life_halting", "**{lower}**"),
        ("rg.course_schedule", "{lower}."),
        ("rg.kakurasu", "```\n{right}\n```"),
        ("rg.sokoban", "`{right}`"),
        ("rg.sokoban", "The answer is {right}"),
    ],
)
def test_strict_takes_the_answer_in_its_usual_clothes(name: str, form: str) -> None:
    posed = _posed(name)
    text = form.format(right=posed.right, lower=posed.right.lower())
    assert _judged(posed, text) == "correct"


def test_a_refused_answer_earns_no_partial_credit() -> None:
    posed = _posed("rg.complex_arithmetic")
    assert posed.judge("<think></think><answer>nan</answer>").components["score"] == 0.0


def test_a_scorer_that_never_ends_is_the_answers_fault() -> None:
    posed = _posed("rg.polynomial_multiplication", "lenient")
    verdict = posed.judge(f"<think></think><answer>{'(x+y+z+w)**30*' * 12}1</answer>")
    assert verdict.outcome == "incorrect"
    assert _judged(posed, posed.right) == "correct"


def test_lenient_is_theirs_as_it_is() -> None:
    lenient = _posed("rg.sokoban", "lenient")
    assert _judged(lenient, f"not {lenient.right}") == "correct"


def test_answers_cannot_run_code() -> None:
    """`eval` and sympy's parser are given the text of an answer by their scorers; ours does not let them."""
    attack = "__import__('os')._exit(7)"
    for name in (
        "rg.spiral_matrix",
        "rg.n_queens",
        "rg.binary_matrix",
        "rg.string_insertion",
        "rg.countdown",
        "rg.puzzle24",
    ):
        posed = _posed(name)
        before = worker.ask({"do": "list"})["release"]
        for text in (f"[{attack}]", attack, f"[x for x in [{attack}]]"):
            verdict = posed.judge(f"<think></think><answer>{text}</answer>")
            assert verdict.outcome == "incorrect"
            assert "killed_worker" not in verdict.flags
        assert worker.ask({"do": "list"})["release"] == before


def test_no_reply_holds_an_answer(revealing: TestClient) -> None:
    text = revealing.post(
        "/sample", json={"family": "rg.chain_sum@1", "params": {"kind": "default", "scorer": "strict"}, "slots": [0]}
    ).json()["problems"][0]
    answer = problem(text["id"]).right  # type: ignore[attr-defined]
    told = {"slot", "id", "stage", "messages", "prompt", "tools", "max_turns", "revealed", "revealed_actions", "error"}
    assert set(text) == told
    assert text["revealed_actions"] is None
    assert text["revealed"] is None
    assert answer not in text["prompt"]


@pytest.mark.parametrize(
    ("name", "kind"), [("rg.chain_sum", "default"), ("rg.chain_sum", "levels"), ("rg.mini_sudoku", "default")]
)
def test_problems_drawn_in_one_go_are_those_drawn_one_by_one(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = adapted(name).example(kind)
    ids = [replace(start, seed=7_000 + seed) for seed in range(40)]
    monkeypatch.setattr(items, "_remembered", items._Memory())
    build.cache_clear()
    alone = [build(id) for id in ids]
    monkeypatch.setattr(items, "_remembered", items._Memory())
    build.cache_clear()
    foresee([ProblemId.parse(str(start).replace("strict", "wrong")), *ids])  # what is no problem holds nobody up
    asked: list[Any] = []
    monkeypatch.setattr(worker, "ask", asked.append)
    assert [build(id) for id in ids] == alone
    assert not asked


def test_an_item_that_kills_the_worker_leaves_the_others_to_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [replace(adapted("rg.chain_sum").example("default"), seed=9_000 + seed) for seed in range(4)]
    monkeypatch.setattr(items, "_remembered", items._Memory())
    monkeypatch.setattr(worker, "ask_many", lambda requests, cpu_s: [None] * len(requests))
    build.cache_clear()
    foresee(ids)
    assert len({build(id).content for id in ids}) == 4
