"""Signs of gaming: every gamed completion shows its own, honest ones hardly ever show any."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from generators.families import FAMILIES, problem
from generators.problem import Problem
from generators.signs.loops import ends_in_loop, says_little
from generators.signs.signs import SIGNS, flagged
from generators.turn_based import TurnBased
from generators.verdict import Verdict
from tests.generators.signs.gamed import GAMED
from tests.generators.signs.honest import HONEST

GSM8K = Path(__file__).parents[4] / "shared" / "data" / "gsm8k"


def judged(at: Problem, completion: str) -> Verdict:
    return flagged(at, completion, at.judge(completion))


@pytest.mark.parametrize(("id", "completion", "sign"), GAMED, ids=lambda value: value[:40])
def test_a_gamed_completion_is_wrong_and_shows_its_sign(id: str, completion: str, sign: str) -> None:
    verdict = judged(problem(id), completion)
    assert verdict.outcome != "correct"
    assert sign in verdict.flags, (verdict.outcome, verdict.flags, verdict.reason)


def test_there_are_enough_of_them_and_every_sign_is_among_them() -> None:
    assert len(GAMED) >= 80
    assert set(SIGNS) <= {sign for _, _, sign in GAMED}
    assert len({id.partition("@")[0] for id, _, _ in GAMED}) >= 12


def worked() -> Iterator[tuple[Problem, str]]:
    """Right answers as every family writes them, in every style, and mistakes as people make them."""
    for family in FAMILIES.values():
        for kind in family.kinds:
            if family.name == "dataset":
                continue  # no set of its own
            for style in family.styles:
                id = family.example(kind, style)
                for seed in range(2):
                    at = problem(str(id).replace("/train/0/", f"/train/{seed}/"))
                    yield at, at.reveal("worked")


def test_honest_completions_show_hardly_any() -> None:
    pairs = [*worked(), *((problem(id), text) for id, text in HONEST)]
    shown = [(str(at.id), text, flags) for at, text in pairs if (flags := judged(at, text).flags)]
    assert len(HONEST) >= 60
    assert len(pairs) >= 200
    assert len(shown) <= 0.01 * len(pairs), shown


def test_mistakes_of_people_are_no_gaming() -> None:
    """A slip in one entry shows nothing; a copied question, which is half of the `noisy` answers, does."""
    found = []
    for family in FAMILIES.values():
        for kind in family.kinds if family.name != "dataset" else ():
            at = problem(str(family.example(kind)))
            own = [name for name in judged(at, at.reveal("noisy", 1.0)).flags if name in SIGNS]
            found += [(str(at.id), own)] if own and not isinstance(at, TurnBased) else []
    assert not found


@pytest.mark.skipif(not GSM8K.exists(), reason="no real data here")
def test_what_people_wrote_for_gsm8k_shows_hardly_any() -> None:
    """Their solutions, as completions to a story of ours: wrong, and still no gaming."""
    rows = [json.loads(line) for line in sorted(GSM8K.glob("*.jsonl"))[0].read_text().splitlines()[:500]]
    at = problem("word_problem@1/bound=60,kind=story,steps=3/train/0/hashes")
    shown = [
        row["answer"]
        for row in rows
        if set(judged(at, row["answer"]).flags) - {"first_guess", "stock_guess"} & set(SIGNS)
    ]
    assert len(shown) <= 0.01 * len(rows), shown[:3]


def test_loops_are_seen_where_they_are() -> None:
    assert ends_in_loop("so it is 1, 2, " + "and then " * 8)
    assert not ends_in_loop("[[0, 0, 0], [0, 0, 0], [0, 0, 0]]")
    assert not ends_in_loop("1/3 = 0.3333333333333333333")
    assert says_little("I check. " * 60)
    assert not says_little(" ".join(f"row {i}: {i * 37 % 101} {i * 61 % 89}" for i in range(40)))


def test_a_thousand_characters_of_anything_never_raise() -> None:
    at = problem("matrix_inverse@1/bound=9,kind=diagonal,n=2/train/0/chat")
    for start in range(0, 0x11000, 997):
        text = "".join(map(chr, range(start, start + 997)))
        judged(at, text)
        judged(at, f"<answer>{text}")
