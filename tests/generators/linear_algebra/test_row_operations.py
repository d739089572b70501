"""row_operations: programs replayed by an independent machine, forms of writing them, partial credit, limits."""

import random
from fractions import Fraction
from typing import Any

import pytest

from generators.errors import Unreadable
from generators.families import problem
from generators.linear_algebra.row_operations.operations import MAX_BITS, Operation, add, run, scale, swap
from generators.linear_algebra.row_operations.reading import MAX_OPERATIONS, read_operation, read_program
from tests.generators.rewriting import chat, domain, drawn, exact, outcome

FORMS = {
    swap(1, 2): [
        "swap 1 2", "Swap rows 1 and 2", "R1 <-> R2", r"R_1 \leftrightarrow R_2", r"R_{1} \leftrightarrow R_{2}",
        "1. swap 1 2", "- swap 1, 2", "Step 3: swap 1 2", "`swap 1 2`", "swap(1, 2)", "R1 \u2194 R2",
    ],
    scale(2, Fraction(1, 3)): [
        "scale 2 1/3", "scale row 2 by 1/3", "Multiply R2 by 1/3", "scale 2 by 1/3", "divide row 2 by 3",
        r"scale 2 \frac13", "scale 2 1 / 3", "scale(row=2, factor=1/3)", "Multiply row 2 by (1/3)!", "R2 -> 1/3 R2",
        "R2 = R2 / 3", "R2 /= 3", "R2 *= 1/3", "(1/3)R2 -> R2",
        r"R_2 \to \frac{1}{3} R_2", r"\frac{1}{3} R_2 \rightarrow R_2", "R2 := 1/3*R2", "scale(2, 1/3)",
    ],
    add(3, 1, Fraction(-2)): [
        "add 3 1 -2", "Add -2 times R1 to R3", "add -2*R1 to R3", "Subtract 2R1 from R3", "add 3 1 - 2",
        "subtract 2 times row 1 from row 3", "add row 1 times -2 to row 3", "R3 \u27f6 R3 - 2R1", "R3 --> R3 - 2R1",
        r"R3 \mapsto R3 - 2R1", "add(row=3, other=1, factor=-2)", "Action: add 3 1 -2", '"add 3 1 -2"',
        "R3 -> R3 - 2R1", "R3 = R3 - 2*R1", "R3 += -2 R1", "R3 -= 2 R1", "R3 - 2 R1 -> R3",
        "R3 <- R3 - 2R1",
        r"R_3 \to R_3 - 2 R_1", "R3 \u2192 R3 \u2212 2\u00b7R1", "R3 = R3 + (-2)R1", "add(3, 1, -2)", "R3 = -2R1 + R3",
        "add 3 1 \u22122", "add -2 times row 1 to row 3", "add R3 R1 -2", "R\u2083 \u2192 R\u2083 - 2R\u2081",
        "add 3 1 -2 # done", "Row 3 -> Row 3 - 2 Row 1",
    ],
}  # fmt: skip
REFUSED = [
    "", "swap", "swap 1", "swap 1 2 3", "scale 2", "scale 2 x", "scale 2 1/0", "add 1 2", "add 1 2 3 4", "R1",
    "R1 -> R2",
    "R3 -> 2R3 + R1", "R3 -> R3 - 2R1 + R2", "R1 + R2", "R1 <-> R2 <-> R3", "do swap 1 2", "swap 1 2 or swap 1 3",
    "R2 = R2 * R2", "R2 = 3", "scale 2 1e999", "R1 -> 1 1/2 R1", "add 2 times row 1 and row 3",
    "add 3 times 1 by 2", "add 2 R1 R3", "scale(factor=2, row=1)", "swap(r1=3, r2=1)", "subtract 3 from row 2",
    "divide row 2 by 0", "scale 2 1'/3", "add 1 2 2**3", "swap -1 2", "R2 /= 0", "exec('1')",
]  # fmt: skip


@pytest.mark.parametrize(("operation", "text"), [(op, text) for op, texts in FORMS.items() for text in texts])
def test_forms_of_one_operation(operation: Operation, text: str) -> None:
    assert read_operation(text) == operation
    assert read_program(f"{text}\n{text}") == (operation, operation)


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_program(text)


def _machine(lines: list[str], a: Any) -> list[list[Fraction]]:
    """Replay programs by multiplying with elementary matrices, from the text alone."""
    state = domain(a)
    for line in lines:
        word, *arguments = line.split()
        e = [[Fraction(int(i == j)) for j in range(state.shape[0])] for i in range(state.shape[0])]
        i = int(arguments[0]) - 1
        if word == "swap":
            j = int(arguments[1]) - 1
            e[i], e[j] = e[j], e[i]
        elif word == "scale":
            e[i][i] = Fraction(arguments[1])
        else:
            e[i][int(arguments[1]) - 1] = Fraction(arguments[2])
        state = domain(e) * state
    return [list(row) for row in exact(state)]


def _goal(posed: Any) -> list[list[Fraction]]:
    return [list(row) for row in exact(domain(posed.start).rref()[0])]


@pytest.mark.parametrize("kind", ["rref", "inverse", "solve"])
def test_against_elementary_matrices(kind: str) -> None:
    """10^4 problems over the kinds: the program shown reaches sympy's reduced form on an independent machine."""
    for posed in drawn("row_operations", kind, 3_400, seed=1):
        lines = posed.write(posed.right).split("\n")
        assert _machine(lines, posed.start) == _goal(posed)


@pytest.mark.parametrize("kind", ["rref", "inverse", "solve"])
def test_mutants_are_judged_as_the_machine_judges_them(kind: str) -> None:
    rng = random.Random(2)
    judged = {"correct": 0, "incorrect": 0}
    for posed in drawn("row_operations", kind, 80, seed=3):
        lines = posed.write(posed.right).split("\n")
        at = rng.randrange(len(lines))
        word, *rest = lines[at].split()
        changed = " ".join([word, *rest[:-1], str(Fraction(rest[-1]) + 1)]) if word != "swap" else lines[at]
        for mutant in (
            [*lines[:at], *lines[at + 1 :]],  # one left out
            [*lines[:at], changed, *lines[at + 1 :]],  # one factor changed
            [*lines[:at], lines[at], "swap 1 2", "swap 2 1", *lines[at + 1 :]],  # a detour
            lines[::-1],
            [*lines, "scale 1 2", "scale 1 1/2"],
        ):
            if mutant:
                legal = all(not (line.startswith("scale") and Fraction(line.split()[2]) == 0) for line in mutant)
                expected = "correct" if legal and _machine(mutant, posed.start) == _goal(posed) else "incorrect"
                assert outcome(posed, "\n".join(mutant)) == expected
                judged[expected] += 1
    assert min(judged.values()) > 50


def test_a_right_program_in_eight_forms() -> None:
    for posed in drawn("row_operations", "rref", 40, seed=5):
        lines = posed.write(posed.right).split("\n")
        arrows = [_arrow(line) for line in lines]
        for text in (
            "\n".join(lines),
            "; ".join(lines),
            "\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1)),
            "\n".join(f"- {line}" for line in lines),
            "```\n" + "\n".join(lines) + "\n```",
            "[" + ", ".join(f'"{line}"' for line in lines) + "]",
            "\n".join(arrows),
            "\n\n".join(arrows).replace("R", "R_"),
        ):
            assert outcome(posed, text) == "correct", text


def _arrow(line: str) -> str:
    word, i, *rest = line.split()
    if word == "swap":
        return f"R{i} <-> R{rest[0]}"
    return f"R{i} -> ({rest[0]})R{i}" if word == "scale" else f"R{i} -> R{i} + ({rest[1]})R{rest[0]}"


def test_partial_credit_counts_finished_pivot_columns() -> None:
    posed = problem("row_operations@1/bound=9,kind=solve,n=3/train/1/chat")
    lines = posed.write(posed.right).split("\n")  # type: ignore[attr-defined]
    half = posed.judge(chat("\n".join(lines[:3])))
    assert half.components["progress"] == pytest.approx(1 / 3)
    assert half.components["legal"] == 1.0
    assert half.components["economy"] == half.components["correct"] == 0.0
    nothing = posed.judge(chat("scale 1 1"))
    assert {name for name, value in nothing.components.items() if value} == {"format"}
    long = posed.judge(chat("\n".join([*lines, "swap 1 2", "swap 1 2"])))
    assert long.outcome == "correct"
    assert long.components["economy"] == pytest.approx(len(lines) / (len(lines) + 2))


def test_illegal_operations_do_nothing_and_cost_the_answer() -> None:
    posed = problem("row_operations@1/bound=9,kind=solve,n=3/train/1/chat")
    lines = posed.write(posed.right).split("\n")  # type: ignore[attr-defined]
    for illegal, why in (
        ("scale 1 0", "a row cannot be multiplied by 0"),
        ("swap 1 9", "there is no such row"),
        ("add 2 2 1", "a row cannot be added to itself"),
    ):
        verdict = posed.judge(chat("\n".join([illegal, *lines])))
        assert (verdict.outcome, verdict.reason) == ("incorrect", why)
        assert verdict.components["reached"] == 1.0
        assert verdict.components["legal"] == pytest.approx(len(lines) / (len(lines) + 1))


def test_programs_and_entries_are_bounded() -> None:
    with pytest.raises(Unreadable, match="at most"):
        read_program("swap 1 2\n" * (MAX_OPERATIONS + 1))
    start = ((Fraction(1), Fraction(2)), (Fraction(3), Fraction(4)))
    grown = run([scale(1, Fraction(10) ** 60)] * 200, start)
    assert grown.refusal == "the entries grow too large"
    assert all(x.numerator.bit_length() <= MAX_BITS for row in grown.end for x in row)
