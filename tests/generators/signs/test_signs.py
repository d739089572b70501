"""Signs of gaming: every gamed completion shows its own, honest ones hardly ever show any."""

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
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
@pytest.mark.parametrize("style", ["chat", "hashes", "boxed", "last"])  # `bare` is no style of sentences
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_what_people_wrote_for_gsm8k_shows_hardly_any(style: str, share: float) -> None:
    """Their solutions, as completions to a story of ours, whole and cut off: wrong or unreadable, and no gaming."""
    rows = [json.loads(line) for line in sorted(GSM8K.glob("*.jsonl"))[0].read_text().splitlines()[:400]]
    at = problem(f"word_problem@1/bound=60,kind=story,steps=3/train/0/{style}")
    shown = []
    for row in rows:
        said = row["answer"] if style == "hashes" else row["answer"].replace("####", "so it is")
        said = said[: round(share * len(said))]
        verdict = flagged(at, said, at.judge(said, share < 1))
        shown += [(said, verdict.flags)] if set(verdict.flags) & set(SIGNS) else []
    assert len(shown) <= 0.01 * len(rows), shown[:3]


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("so it is 1, 2, " + "and then " * 8, True),
        ("1" * 60, True),
        ("wait, " * 40, True),
        ("[[0, 0, 0], [0, 0, 0], [0, 0, 0]]", False),
        ("1/3 = 0." + "3" * 60, False),
        ("a line:\n" + "-" * 60, False),
        ("a line:\n" + "-" * 400, True),
    ],
)
def test_loops_at_the_end_are_seen_where_they_are(text: str, loop: bool) -> None:
    assert ends_in_loop(text) is loop


def test_texts_that_say_little_are_told_from_long_work() -> None:
    assert says_little("I check. " * 60)
    honest = " ".join(f"row {i}: {i * 37 % 101} {i * 61 % 89}" for i in range(40))
    assert not says_little(honest)
    assert says_little(honest + "wait, no. " * 400 + honest), "a loop in the middle"


@pytest.mark.parametrize("kind", ["permutation", "triangular", "unimodular"])
def test_a_row_reduction_written_out_is_no_loop(kind: str) -> None:
    """Gauss-Jordan elimination of an 8x8 matrix, every step a bmatrix of mostly zeros and ones: 10 to 30 kB."""
    family = FAMILIES["matrix_inverse"]
    params = {**family.kinds[kind].example, "kind": kind, "n": 8}
    at = problem(str(replace(family.example(kind), params=tuple(sorted(params.items())))))
    a = at.matrix  # type: ignore[attr-defined]
    wide = [[Fraction(x) for x in (*row, *(int(i == j) for j in range(8)))] for i, row in enumerate(a)]
    said = []
    for i in range(8):
        pivot = next(k for k in range(i, 8) if wide[k][i])
        wide[i], wide[pivot] = wide[pivot], wide[i]
        wide[i] = [x / wide[i][i] for x in wide[i]]
        for k in (k for k in range(8) if k != i):
            wide[k] = [x - wide[k][i] * y for x, y in zip(wide[k], wide[i], strict=True)]
        body = r" \\ ".join(" & ".join(map(str, row)) for row in wide)
        said.append(rf"Clear column {i + 1}: \begin{{bmatrix}} {body} \end{{bmatrix}}")
    right = [row[8:] for row in wide]
    text = (
        "<think>"
        + "\n".join(said)
        + f"</think>\n<answer>{[[str(x) for x in row] for row in right]}</answer>".replace("'", "")
    )
    verdict = judged(at, text)
    assert verdict.outcome == "correct"
    assert verdict.flags == ()


NASTY = (
    "\n",
    " ",
    "\n ",
    "fn a(",
    "answer is ",
    "<answer>",
    "</think>",
    r"\boxed{",
    "####",
    "[[",
    "1,",
    "\u6211",
    "import ",
    "\x00",
)


@pytest.mark.parametrize("unit", NASTY)
@pytest.mark.parametrize("style", ["chat", "bare", "hashes", "boxed", "last"])
def test_64_kilobytes_of_anything_are_judged_and_looked_at(unit: str, style: str) -> None:
    """Anything that takes more than linear time in the text would take minutes here."""
    at = problem(f"word_problem@1/bound=60,kind=story,steps=3/train/0/{style}")
    for text in (unit * (65_536 // len(unit)), f"<answer>{unit * (65_500 // len(unit))}</answer>"):
        assert judged(at, text).outcome != "correct"


def test_a_thousand_characters_of_anything_never_raise() -> None:
    at = problem("matrix_inverse@1/bound=9,kind=diagonal,n=2/train/0/chat")
    for start in range(0, 0x11000, 997):
        text = "".join(map(chr, range(start, start + 997)))
        judged(at, text)
        judged(at, f"<answer>{text}")
