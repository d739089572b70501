"""What a program may use, and what comes of one."""

from dataclasses import dataclass
from typing import Literal

from generators.errors import GeneratorError

End = Literal["exit", "cpu", "output", "signal", "killed"]

ALLOWED_MODULES: tuple[str, ...] = (
    *("__future__", "abc", "bisect", "cmath", "collections", "collections.abc", "contextlib", "copy", "dataclasses"),
    *("decimal", "enum", "fractions", "functools", "heapq", "itertools", "math", "numbers", "operator", "random", "re"),
    *("statistics", "string", "sys", "textwrap", "types", "typing", "unicodedata"),
)
"""What a program may import; they are loaded before it, since nothing can be loaded afterwards."""


class SandboxFailed(GeneratorError):
    """The sandbox cannot keep its promise, or a lane could not be had: a failure of ours, never of a program."""


@dataclass(frozen=True)
class Limits:
    """What one program may use, all inputs together; `slice_ms` is the processor time before it has to queue again.

    `wall_ms` is no limit of a program, which cannot wait for anything: it tells that the machine has no time.
    """

    cpu_ms: int = 500
    slice_ms: int = 15
    wall_ms: int = 10_000
    memory_mb: int = 256
    recursion: int = 1_000
    max_bits: int = 8_192
    max_source: int = 64 * 1_024


@dataclass(frozen=True)
class Ran:
    """What came of a program. An output is an integer, or None where there was none: an exception, another type.

    `escaped`: the kernel ended it for asking what a program has no business to ask. `end` is `cpu` where its time was
    up, `killed` where it took the process that watches it with it, twice.
    """

    compiled: bool
    outputs: tuple[int | None, ...]
    finished: bool
    end: End
    escaped: bool = False
    out_of_memory: bool = False
    names_function: bool = True
