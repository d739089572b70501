"""countdown: winners checked by Python's fractions, forms, mutants, and every trick that other checkers fall for."""

import random
import re
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from generators.families import problem
from tests.generators.rewriting import chat, drawn, outcome


def _oracle(posed: Any, text: str) -> bool:
    """Judge an expression of digits, + - * / and brackets by Python's own parser."""
    leaves = Counter(map(int, re.findall(r"[0-9]+", text)))
    try:
        value = eval(re.sub(r"([0-9]+)", r"Fraction(\1)", text), {"Fraction": Fraction})
    except ZeroDivisionError:
        return False
    return not leaves - Counter(posed.game.numbers) and bool(value == posed.game.target)


def test_against_python() -> None:
    """10^4 games: the expression drawn uses given numbers, each once, and makes the target."""
    for posed in drawn("countdown", "", 10_000, seed=1):
        assert _oracle(posed, posed.write(posed.right))
        legal = (g for name, g in posed.cheap.items() if name != "target")
        assert all(guess.value != posed.game.target for guess in legal)


def test_forms() -> None:
    for posed in drawn("countdown", "", 60, seed=2):
        text = posed.write(posed.right)
        for form in (
            text,
            f"({text})",
            text.replace(" ", ""),
            text.replace("*", "\u00d7").replace("/", "\u00f7").replace("-", "\u2212"),
            text.replace("*", r"\times ").replace("/", r"\div "),
            text.replace("*", r"\cdot "),
            f"{text} = {posed.game.target}",
            f"${text}$",
            f"`{text}`",
            text.replace("(", "[").replace(")", "]"),
            rf"\left({text}\right)",
        ):
            assert outcome(posed, form) == "correct", form


def test_mutants_are_judged_as_python_judges_them() -> None:
    rng = random.Random(3)
    judged = Counter[str]()
    for posed in drawn("countdown", "", 300, seed=4):
        text = posed.write(posed.right)
        signs = [at for at, letter in enumerate(text) if letter in "+-*/"]
        at = rng.choice(signs)
        numbers = re.findall(r"[0-9]+", text)
        for mutant in (
            text[:at] + rng.choice("+-*/") + text[at + 1 :],
            re.sub(rf"\b{numbers[0]}\b", str(int(numbers[0]) + 1), text, count=1),
            re.sub(rf"\b{numbers[0]}\b", numbers[-1], text, count=1),
            f"({text}) * 1",
            f"({text}) + {numbers[0]} - {numbers[0]}",
        ):
            found = posed.judge(chat(mutant)).outcome
            judged[found] += 1
            assert (found == "correct") == _oracle(posed, mutant), mutant
    assert judged["correct"] > 20
    assert judged["incorrect"] > 500


@pytest.mark.parametrize(
    "trick",
    [
        "2**3",
        "80**90**7",
        "2^3",
        "2^{3}",
        "7//2",
        "1.5*2",
        "-(3-11)",
        "+8",
        "24",
        "3!*4",
        "sqrt(64)",
        "0x8",
        "8.0",
        "8e0",
        "2 4",
        "3(8)",
        "(3)(8)",
        "8 % 3",
        "8 & 8",
        "8 if 1 else 0",
        "__import__('os')",
        "3 + 5 = 9",
        "3 + + 5",
        "",
        "()",
        "x",
        "8;",
        "(" * 200 + "8" + ")" * 200,
        "8" * 5_000,
        "8+" * 5_000 + "8",
        "1/(3-3)",
    ],
)
def test_tricks_are_not_answers(trick: str) -> None:
    """TinyZero's checker scores 2**3 and 7//2 and hangs on 80**90**7 (it calls eval)."""
    for posed in drawn("countdown", "", 5, seed=5):
        assert outcome(posed, trick) != "correct"
    assert outcome(problem("countdown@1/bound=50,numbers=4,target=100/train/1/chat"), trick) in (
        "malformed",
        "incorrect",
    )
