"""The slowest verdict that a text of the largest size can cause, over all families: what one answer costs at most."""

import gc
import time
from collections.abc import Mapping

from generators.families import FAMILIES

SIZE = 64_000  # characters, the most that a server takes by default
# What is repeated, or put before and behind a run of spaces: each once took seconds in some reader.
REPEATED = (
    *(
        "1",
        " ",
        "+",
        "-",
        "=",
        "(",
        "[",
        "$",
        "**",
        "```",
        "&",
        "1,",
        ",000",
        "1\n",
        "- 1\n",
        "Row 1: 1\n",
        "A = ",
        "x:",
    ),
    *("x = 1, ", "the ", "thus ", "answer ", "R1 -> R1 + R2\n", "swap 1 2\n", "[1,", "1 & ", "\u2248 1", " or 1", "^T"),
    *(
        "def f(k):\n",
        "```python\n",
        "import a, ",
        "from a import b\n",
        "lambda ",
        "function ",
        "public ",
        "__a",
        "0x_",
        "f = ",
    ),
    *("f(", "k^", "k<1?1:", "{1;", "s(", "eval ("),
    *("\\boxed{", "\\frac", "\\frac{1}{", "\\begin{matrix}", "\\begin{cases}", "diag(1,1,1,1) = ", "(a+b)^6*", "7/9*"),
)
AROUND = (
    ("1", "x"),
    ("x = 1", "x"),
    ("", "x"),
    ("^T", "x"),
    ("A", "="),
    ("swap 1", "2"),
    ("def f(k): return", "k"),
    ("function", "f"),
)


def texts(size: int = SIZE) -> Mapping[str, str]:
    """Return hostile texts by what they are made of."""
    made = {repr(unit): (unit * (size // len(unit) + 1))[:size] for unit in REPEATED}
    for before, behind in AROUND:
        for length in (size, size // 8):
            made[f"{before!r} {length} spaces {behind!r}"] = before + " " * (length - 8) + behind
    return made


def bench_hostile(size: int) -> list[tuple[str, str]]:
    """Return the slowest verdict and what caused it."""
    worst, what = 0.0, ""
    gc.freeze()  # what other benchmarks left behind is not walked by the collector in the middle of a verdict
    for family in FAMILIES.values():
        for kind in family.kinds:
            posed = family.build(family.example(kind))
            for name, text in texts(size).items():
                started = time.perf_counter()
                posed.judge(f"<think></think><answer>{text}</answer>")
                if (seconds := time.perf_counter() - started) > worst:
                    worst, what = seconds, f"{name} to {family.name} {kind}"
    return [(f"slowest verdict on {size:,} hostile characters", f"{worst * 1e3:.0f} ms: {what}")]
