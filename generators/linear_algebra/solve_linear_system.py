"""The family `solve_linear_system`.

Q: Solve 2x + y = 5, x - y = 1.
A: <answer>[2, 1]</answer>
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from generators.answers.vectors import read_vector
from generators.answers.words import said, sayings
from generators.draws import integers, invertible, monomial, pivot_columns, with_pivots
from generators.errors import BadId
from generators.exact import elimination
from generators.exact.elimination import inverse
from generators.exact.matrices import Matrix, Number, compact, content_of, product
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.linear_algebra.entries import closeness, share_of_entries, slipped
from generators.linear_algebra.restating import LARGEST_FACTOR
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.written import FORMAT, Written

COMPONENTS = {
    "correct": "1 if every unknown has its right value, or the right word stands where there is no one solution",
    "entries": "share of right values",
    "closeness": "exp(-|x' - x|_1), |.|_1 the sum of absolute values",
    "format": FORMAT,
}
NONE, INFINITE = "no solution", "infinitely many"
_SAYINGS = sayings(
    {
        NONE: ("no solutions?", "inconsistent", "none", "(?:not|un) ?solvable", "no solutions? exists?"),
        INFINITE: (
            "infinitely many(?: solutions?)?",
            "infinite(?: solutions?)?",
            "(?:an )?infinite number of solutions",
        ),
    }
)

Answer = tuple[Number, ...] | str


@dataclass(frozen=True)
class LinearSystem(Written[Answer]):
    """Linear equations, as the augmented matrix [A | b]."""

    id: ProblemId
    augmented: Matrix
    components = COMPONENTS

    @property
    def content(self) -> str:
        return content_of(self.augmented)

    @property
    def names(self) -> Sequence[str]:
        unknowns = len(self.augmented[0]) - 1
        return "xyz"[:unknowns] if unknowns <= 3 else [f"x{i}" for i in range(1, unknowns + 1)]

    @property
    def mixed(self) -> bool:
        return dict(self.id.params)["kind"] == "mixed"

    @cached_property
    def right(self) -> Answer:
        return solution(self.augmented)

    @property
    def task(self) -> str:
        equations = "\n".join(_equation(row, self.names) for row in self.augmented)
        form = "an integer or a fraction in lowest terms."
        if self.mixed:
            form += f" If there is no solution, answer {NONE}; if there is more than one, answer {INFINITE}."
        return (
            f"Solve the system of linear equations\n\n{equations}\n\nWrite each value exactly, as {form} "
            f"Give the values of {', '.join(self.names)} as a list, "
            f"in the form of this unrelated example: {self.write(self.example)}"
        )

    @property
    def short(self) -> str:
        return f"solve:{compact(self.augmented)}="

    @property
    def cheap(self) -> Mapping[str, Answer]:
        guesses: dict[str, Answer] = dict(cheap_vectors(self.augmented))
        return {**guesses, "no_solution": NONE, "infinitely_many": INFINITE} if self.mixed else guesses

    @property
    def example(self) -> Answer:
        shown = tuple(Fraction(1 - 2 * (k % 2), 2) * (k + 9) for k in range(len(self.names)))
        return shown if shown != self.right else tuple(-x for x in shown)

    def read(self, text: str) -> Answer:
        return said(text, _SAYINGS) or read_vector(text, self.names)

    def write(self, answer: Answer) -> str:
        if isinstance(answer, str):
            return answer
        return f"[{', '.join(map(str, answer))}]" if self.in_full else ",".join(map(str, answer))

    def canonical(self, answer: Answer) -> str:
        return answer if isinstance(answer, str) else ",".join(map(str, answer))

    def fault(self, given: Answer) -> str:
        if given == self.right:
            return ""
        if not self.mixed and isinstance(given, tuple) and len(given) != len(self.names):
            return f"the answer has {len(given)} values, the system {len(self.names)} unknowns"
        return "that is not the solution"  # the same for all: which systems have one is the answer to some

    def measure(self, given: Answer) -> Mapping[str, float]:
        if isinstance(given, str) or isinstance(self.right, str) or len(given) != len(self.right):
            return {}
        return {"entries": share_of_entries((given,), (self.right,)), "closeness": closeness((given,), (self.right,))}

    def mistake(self, stream: Stream) -> Answer:
        if isinstance(self.right, str):
            return INFINITE if self.right == NONE else NONE
        return slipped(stream, (self.right,))[0]


def solution(augmented: Matrix) -> Answer:
    """Return the one solution, or in words that there are none or infinitely many."""
    echelon = elimination.rref(augmented)
    unknowns = len(augmented[0]) - 1
    if unknowns in echelon.pivots:
        return NONE
    if echelon.rank < unknowns:
        return INFINITE
    return tuple(row[-1] for row in echelon.rows[:unknowns])


def cheap_vectors(augmented: Matrix) -> dict[str, tuple[Number, ...]]:
    """Return the values that need no elimination."""
    unknowns = len(augmented[0]) - 1
    guesses: dict[str, tuple[Number, ...]] = {"zero": (0,) * unknowns, "one": (1,) * unknowns}
    if len(augmented) >= unknowns:
        rows = augmented[:unknowns]
        guesses["right_side"] = tuple(row[-1] for row in rows)
        guesses["divided"] = tuple(Fraction(row[-1]) / (row[i] or 1) for i, row in enumerate(rows))
    return guesses


def _equation(row: Sequence[Number], names: Sequence[str]) -> str:
    """Write `2x - y = 5`."""
    text = ""
    for factor, name in zip(row[:-1], names, strict=True):
        if factor:
            size = "" if abs(factor) == 1 else f"({abs(factor)})" if factor.denominator > 1 else str(abs(factor))
            sign = ("-" if factor < 0 else "") if not text else " - " if factor < 0 else " + "
            text += f"{sign}{size}{name}"
    return f"{text or '0'} = {row[-1]}"


def _takes_work(augmented: Matrix, params: Params) -> bool:
    return solution(augmented) not in cheap_vectors(augmented).values()


def _integer(stream: Stream, params: Params) -> Matrix:
    n = int(params["n"])
    a = invertible(stream, n, int(params["bound"]))
    return _joined(a, product(a, integers(stream, n, 1, int(params["solution"]))))


def _rational(stream: Stream, params: Params) -> Matrix:
    n, bound = int(params["n"]), int(params["bound"])
    return _joined(invertible(stream, n, bound), integers(stream, n, 1, bound))


def _mixed(stream: Stream, params: Params) -> Matrix:
    """Return a system with one, no or infinitely many solutions; which is not to be seen, as by `0 = 3` it would be."""
    rows, unknowns, bound = int(params["equations"]), int(params["unknowns"]), int(params["bound"])
    which = stream.below(3)

    def draw(s: Stream) -> Matrix | None:
        if which == 0:
            pivots = list(range(unknowns))
        else:
            size = s.integer(1, min(rows - (which == 1), unknowns - 1))
            pivots = pivot_columns(s, unknowns, size) + [unknowns] * (which == 1)
        made = with_pivots(s, rows, unknowns + 1, pivots, bound)
        left = [row[:-1] for row in made]
        shown = all(map(any, left)) and all(map(any, zip(*left, strict=True)))
        return made if shown and _takes_work(made, params) else None

    return stream.until(draw)


def _check_mixed(params: Params) -> None:
    if int(params["equations"]) < int(params["unknowns"]):
        raise BadId("parameters", "mixed needs as many equations as unknowns, so that some systems have one solution")
    if int(params["bound"]) < int(params["unknowns"]) + 1:
        raise BadId("parameters", "the bound is above the number of unknowns, so that systems of each rank are met")


def _joined(a: Matrix, b: Matrix) -> Matrix:
    return tuple((*row, *side) for row, side in zip(a, b, strict=True))


def _rows(stream: Stream, augmented: Matrix) -> tuple[Matrix, Carry]:
    return product(monomial(stream, len(augmented), LARGEST_FACTOR), augmented), lambda answer: answer


def _unknowns(stream: Stream, augmented: Matrix) -> tuple[Matrix, Carry]:
    n = len(augmented[0]) - 1
    m = monomial(stream, n, LARGEST_FACTOR)
    after = _joined(product(tuple(row[:n] for row in augmented), m), tuple(row[n:] for row in augmented))

    def carry(answer: Answer) -> Answer:
        if isinstance(answer, str) or len(answer) != n:
            return answer
        return tuple(row[0] for row in product(inverse(m), tuple((x,) for x in answer)))

    return after, carry


_TRANSFORMS: Mapping[str, Transform[Matrix]] = {
    "rows": Transform("equations permuted and multiplied by small integers: the solution stays as it is", _rows),
    "unknowns": Transform("x = M x' with M permuting and multiplying by small integers: M^-1 x", _unknowns),
}
_N = Whole(2, 8, "equations and unknowns")
_BOUND = Whole(2, 1_000_000, "of the integer coefficients")

SOLVE_LINEAR_SYSTEM: Family[Matrix] = Family(
    name="solve_linear_system",
    version=1,
    about="Solve a system of linear equations.",
    kinds={
        "integer": Kind(
            "one solution, of integers",
            {"n": _N, "bound": _BOUND, "solution": Whole(2, 999, "of the values")},
            _integer,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"n": 2, "bound": 9, "solution": 9},
        ),
        "rational": Kind(
            "one solution",
            {"n": _N, "bound": _BOUND},
            _rational,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"n": 3, "bound": 9},
        ),
        "mixed": Kind(
            "one, none or infinitely many solutions, each with the same probability",
            {
                "equations": Whole(2, 8, "number of equations"),
                "unknowns": Whole(2, 7, "number of unknowns"),
                "bound": Whole(3, 999, "of the integer coefficients"),
            },
            _mixed,
            _takes_work,
            _check_mixed,
            _TRANSFORMS,
            example={"equations": 3, "unknowns": 3, "bound": 9},
        ),
    },
    styles=styles("'solve:', then 2,1,5; for each equation 2x + y = 5; values end with ','"),
    components=COMPONENTS,
    content=content_of,
    pose=LinearSystem,
    in_numbers=frozenset({"integer", "rational"}),  # of `mixed` many have no solution, which can be guessed
)
