"""Questions whose answer is a program: transform one Hadamard matrix into another by the rules that keep it one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from generators.answer_types import WrittenProgram
from generators.errors import GeneratorError, Unreadable
from generators.exact.matrices import Integers, Matrix, transpose
from generators.family import Carry, Transform
from generators.hadamard.constructions import any_hadamard, doubled
from generators.ids import ProblemId
from generators.parameters import Params
from generators.stream import Stream
from generators.written import FORMAT

MAX_ORDER = 32
MAX_TRIED = 12  # up to this order no single operation may answer; with larger ones it is too rare to be worth the time
MAX_OPERATIONS = 128
MAX_LINE = 80  # characters


class Illegal(GeneratorError):
    """An operation that may not be applied; the message is a short stable sentence."""


@dataclass(frozen=True)
class Operation:
    """`swap rows i j`, `swap columns i j`, `negate row i`, `negate column i`, `transpose` or `double`; from 1."""

    name: str
    line: str = ""  # "row" or "column"
    first: int = 0
    second: int = 0

    def __str__(self) -> str:
        if self.name == "swap":
            return f"swap {self.line}s {self.first} {self.second}"
        return f"negate {self.line} {self.first}" if self.name == "negate" else self.name


Program = tuple[Operation, ...]

_SPELLED = re.compile(
    r"swap (?P<swapped>row|col(?:umn)?)s? (?P<i>[0-9]{1,2}) (?:(?:and|with) )?(?:(?P=swapped) )?(?P<j>[0-9]{1,2})"
    r"|negate (?P<negated>row|col(?:umn)?) (?P<k>[0-9]{1,2})|(?P<alone>transpose|double)"
)
_NUMBERING = re.compile(r"\s*(?:(?:step\s?)?[0-9]{1,3}[.):]\s+|[-*\u2022]\s+)?")


def read_program(text: str) -> Program:
    """Read operations, one per line or between `;`; raises `Unreadable`."""
    plain = re.sub(r"[\[\]\"'`\r]|\*\*", "", re.sub(r"```(?:[a-z]*\n)?", "", text[: MAX_OPERATIONS * MAX_LINE]))
    lines = [line for line in re.split(r"[\n;]|,(?=\s?[a-z])", plain) if line.strip(" \t.")]
    if not lines:
        raise Unreadable("there is no operation in the answer", "gave_up")
    if len(lines) > MAX_OPERATIONS or len(text) > MAX_OPERATIONS * MAX_LINE:
        raise Unreadable(f"a program has at most {MAX_OPERATIONS} operations")
    return tuple(map(read_operation, lines))


def read_operation(line: str) -> Operation:
    """Read one operation; raises `Unreadable`."""
    plain = " ".join(_NUMBERING.sub("", line[:MAX_LINE].lower(), count=1).replace(",", " ").strip(" \t.`").split())
    found = _SPELLED.fullmatch(plain)
    if found is None or len(line) > MAX_LINE:
        raise Unreadable(
            "an operation is written swap rows i j, negate row i, the same for columns, transpose or double"
        )
    if found["alone"]:
        return Operation(found["alone"])
    if found["negated"]:
        return Operation("negate", _line(found["negated"]), int(found["k"]))
    return Operation("swap", _line(found["swapped"]), int(found["i"]), int(found["j"]))


def _line(word: str) -> str:
    return "row" if word == "row" else "column"


def apply(operation: Operation, h: Matrix) -> Matrix:
    """Return the matrix after one operation; raises `Illegal`, and then nothing has happened."""
    if operation.name == "transpose":
        return transpose(h)
    if operation.name == "double":
        if 2 * len(h) > MAX_ORDER:
            raise Illegal("the matrix would grow too large")
        return doubled(h)  # type: ignore[arg-type]
    if operation.line == "column":
        return transpose(_changed(operation, transpose(h)))
    return _changed(operation, h)


def _changed(operation: Operation, h: Matrix) -> Matrix:
    rows = list(h)
    i = operation.first - 1
    j = operation.second - 1 if operation.name == "swap" else i
    if not (0 <= i < len(rows) and 0 <= j < len(rows)):
        raise Illegal("there is no such row or column")
    if operation.name == "swap":
        rows[i], rows[j] = rows[j], rows[i]
    else:
        rows[i] = tuple(-x for x in rows[i])
    return tuple(rows)


@lru_cache(maxsize=1_024)
def run(program: Program, h: Matrix) -> tuple[Matrix, int, str]:
    """Return the matrix at the end, how many operations were legal, and the first refusal."""
    legal, refusal = 0, ""
    for operation in program:
        try:
            h = apply(operation, h)
            legal += 1
        except Illegal as error:
            refusal = refusal or str(error)
    return h, legal, refusal


@dataclass(frozen=True)
class Path:
    """Two Hadamard matrices and operations that lead from one to the other."""

    start: Integers
    end: Matrix
    steps: Program

    @property
    def content(self) -> str:
        return f"hadamard:{letters(self.start)}>{letters(self.end)}"


@dataclass(frozen=True)
class Transformed(WrittenProgram[Operation]):
    """Two Hadamard matrices; the operations between them are asked."""

    id: ProblemId
    path: Path
    components = {
        "correct": "1 if the program leads to the target and every operation is legal",
        "progress": "share of entries that are the target's at the end, of a matrix of its order",
        "legal": "share of legal operations of a program that makes progress",
        "economy": "operations that were drawn / operations written, at most 1, of a right program",
        "format": FORMAT,
    }

    @property
    def content(self) -> str:
        return self.path.content

    @property
    def right(self) -> Program:
        return self.path.steps

    @property
    def task(self) -> str:
        start, end = (
            "[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in h) + "]"
            for h in (self.path.start, self.path.end)
        )
        return (
            f"Transform the Hadamard matrix\n\nH = {start}\n\ninto\n\nK = {end}\n\n"
            "by these operations: `swap rows i j`, `swap columns i j`, `negate row i`, `negate column i`, `transpose`, "
            "and `double`, which makes [[H, H], [H, -H]] of H. Rows and columns count from 1. "
            "Give the operations in order, one per line, in the form of this unrelated example:\n"
            + self.write(self.example)
        )

    @property
    def short(self) -> str:
        return f"{letters(self.path.start)}>{letters(self.path.end)}="

    @cached_property
    def cheap(self) -> Mapping[str, Program]:
        return {
            "transpose": (Operation("transpose"),),
            "double": (Operation("double"),),
            "twice": (Operation("double"),) * 2,
            "thrice": (Operation("double"),) * 3,
            "nothing": (Operation("transpose"), Operation("transpose")),
        }

    @property
    def example(self) -> Program:
        return Operation("negate", "row", 2), Operation("negate", "row", 2), Operation("swap", "row", 1, 1)

    def read(self, text: str) -> Program:
        return read_program(text)

    def fault(self, given: Program) -> str:
        end, _, refusal = run(given, self.path.start)
        return refusal or ("" if end == self.path.end else "the program leads to another matrix")

    def measure(self, given: Program) -> Mapping[str, float]:
        end, legal, _ = run(given, self.path.start)
        if len(end) != len(self.path.end):
            return {}
        pairs = [x == y for rows in zip(end, self.path.end, strict=True) for x, y in zip(*rows, strict=True)]
        progress = sum(pairs) / len(pairs)
        gained = progress > max((self._progress_of(guess) for guess in self.cheap.values()), default=0.0)
        return {"progress": progress, "legal": legal / len(given) if gained else 0.0}

    def merit(self, given: Program) -> Mapping[str, float]:
        return {"economy": min(1.0, len(self.right) / len(given))}

    def mistake(self, stream: Stream) -> Program:
        """Return the right program with one operation left out, if that leads elsewhere, else with one too many."""
        at = stream.below(len(self.right))
        shorter = (*self.right[:at], *self.right[at + 1 :])
        return shorter if shorter and self.fault(shorter) else (*self.right, Operation("negate", "row", 1))

    def _progress_of(self, guess: Program) -> float:
        end = run(guess, self.path.start)[0]
        if len(end) != len(self.path.end):
            return 0.0
        pairs = [x == y for rows in zip(end, self.path.end, strict=True) for x, y in zip(*rows, strict=True)]
        return sum(pairs) / len(pairs)


def path(stream: Stream, params: Params) -> Path:
    order, count, doublings = (int(params[name]) for name in ("order", "operations", "doublings"))
    start = h = any_hadamard(stream, order)
    grows = set(_places(stream, count + doublings, doublings))
    steps: list[Operation] = []
    for at in range(count + doublings):
        step = Operation("double") if at in grows else any_operation(stream, len(h))
        h = apply(step, h)  # type: ignore[assignment]
        steps.append(step)
    return Path(start, h, tuple(steps))


def _places(stream: Stream, n: int, count: int) -> list[int]:
    """Return `count` different numbers below n."""
    places: list[int] = []
    while len(places) < count:
        if (at := stream.below(n)) not in places:
            places.append(at)
    return places


def any_operation(stream: Stream, n: int) -> Operation:
    """Return an operation on an n x n matrix, but no doubling."""
    which, line = stream.below(5), stream.choice(("row", "column"))
    i, j = stream.below(n), stream.below(n - 1)
    j += j >= i
    if which == 0:
        return Operation("transpose")
    return Operation("swap", line, i + 1, j + 1) if which < 3 else Operation("negate", line, i + 1)


def path_takes_work(drawn: Path, params: Params) -> bool:
    """Whether neither a cheap program nor any one operation leads to the target."""
    posed = Transformed(ProblemId("", 0, (), "train", 0, "chat"), drawn)
    single = _single(len(drawn.start)) if len(drawn.start) == len(drawn.end) <= MAX_TRIED else ()
    tried = (*posed.cheap.values(), posed.example, *((step,) for step in single))
    return all(run(program, drawn.start)[0] != drawn.end for program in tried)


def _single(n: int) -> Iterator[Operation]:
    """Yield every operation on an n x n matrix that does not double it; transposing is among the cheap guesses."""
    for line in ("row", "column"):
        for i in range(1, n + 1):
            yield Operation("negate", line, i)
            yield from (Operation("swap", line, i, j) for j in range(i + 1, n + 1))


def letters(h: Matrix) -> str:
    """Write rows as `++;+-`."""
    return ";".join("".join("+" if x == 1 else "-" for x in row) for row in h)


def _start(stream: Stream, drawn: Path) -> tuple[Path, Carry]:
    """Return the path from another start; its programs first go back to the old one. Each operation undoes itself."""
    n = len(drawn.start)
    detour = (any_operation(stream, n), any_operation(stream, n))
    back = tuple(reversed(detour))
    start = run(detour, drawn.start)[0]
    return Path(start, drawn.end, (*back, *drawn.steps)), lambda program: (*back, *program)  # type: ignore[arg-type]


PATH_TRANSFORMS: Mapping[str, Transform[Path]] = {
    "start": Transform("from a start two operations away: undo these first, then go on as before", _start)
}
