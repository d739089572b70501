"""The family `countdown`.

Q: Use the numbers 3, 5, 7, each at most once, with + - * / and brackets, to make 26.
A: <answer>(3 * 7) + 5</answer>
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, prod

from generators.answers.expressions import read_expression
from generators.answers.wrapping import unwrapped
from generators.draws import shuffled
from generators.errors import BadId, Unreadable
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.numbers.counting import MAX_LEAVES, Counting, Expression, alone
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.written import FORMAT, Written

COMPONENTS = {
    "correct": "1 if the expression uses only given numbers, each at most once, and makes the target",
    "closeness": "exp(-|v - target| / target) of an expression that uses only given numbers; else 0",
    "format": FORMAT,
}


@dataclass(frozen=True)
class Game:
    """The numbers given, the target, and one expression that makes it."""

    numbers: tuple[int, ...]
    target: int
    winner: Expression


def content_of(game: Game) -> str:
    """Return `countdown:3,5,7:26`, the numbers sorted: their order and the expression drawn do not matter."""
    return f"countdown:{','.join(map(str, sorted(game.numbers)))}:{game.target}"


@dataclass(frozen=True)
class Countdown(Written[Expression]):
    """Numbers and a target."""

    id: ProblemId
    game: Game
    components = COMPONENTS

    @property
    def content(self) -> str:
        return content_of(self.game)

    @property
    def right(self) -> Expression:
        return self.game.winner

    @property
    def task(self) -> str:
        return (
            f"Use the numbers {', '.join(map(str, self.game.numbers))}, each at most once, with + - * / and brackets, "
            f"to make {self.game.target}. "
            f"Give one expression, in the form of this unrelated example: {self.write(self.example)}"
        )

    @property
    def short(self) -> str:
        return f"{','.join(map(str, self.game.numbers))}:{self.game.target}="

    @property
    def cheap(self) -> Mapping[str, Expression]:
        return cheap_expressions(self.game)

    @property
    def example(self) -> Expression:
        return read_expression("(8 - 5) * 2 + 1", Counting())

    def read(self, text: str) -> Expression:
        left, equals, right = unwrapped(text).partition("=")
        right = unwrapped(right.lstrip("= "))
        if not equals:
            return read_expression(left, Counting())
        if left.strip().isdigit():  # 26 = 3 * 7 + 5
            left, right = right, left.strip()
        expression = read_expression(left, Counting())
        if not (right.isascii() and right.isdigit() and len(right) < MAX_LEAVES and expression.value == int(right)):
            raise Unreadable("the two sides of the equation differ", "several_answers")
        return expression

    def write(self, answer: Expression) -> str:
        return answer.text[1:-1] if answer.text.startswith("(") else answer.text

    def canonical(self, answer: Expression) -> str:
        return answer.text

    def fault(self, given: Expression) -> str:
        if not self._legal(given):
            return "a number is used that is not given, or more often than given"
        return "" if given.value == self.game.target else "the expression makes another number"

    def measure(self, given: Expression) -> Mapping[str, float]:
        if not self._legal(given):
            return {}
        off = abs(given.value - self.game.target) / self.game.target
        return {"closeness": exp(-float(min(off, Fraction(700))))}

    def mistake(self, stream: Stream) -> Expression:
        return stream.choice(list(self.cheap.values()))

    def _legal(self, given: Expression) -> bool:
        left = list(self.game.numbers)
        for leaf in given.leaves:
            if leaf not in left:
                return False
            left.remove(leaf)
        return True


def cheap_expressions(game: Game) -> dict[str, Expression]:
    """Return what needs no search: one number, two added, all added, all multiplied, the target itself."""
    ordered = sorted(game.numbers, reverse=True)
    return {
        "largest": alone(ordered[0]),
        "nearest": alone(min(ordered, key=lambda x: abs(x - game.target))),
        "two_largest": _chain("+", ordered[:2], sum(ordered[:2])),
        "two_smallest": _chain("+", ordered[-2:], sum(ordered[-2:])),
        "sum": _chain("+", ordered, sum(ordered)),
        "product": _chain("*", ordered, prod(ordered)),
        "target": alone(game.target),
    }


def _chain(sign: str, numbers: list[int], value: int) -> Expression:
    text = str(numbers[0])
    for number in numbers[1:]:
        text = f"({text} {sign} {number})"
    return Expression(text, tuple(numbers), Fraction(value))


def _takes_work(game: Game, params: Params) -> bool:
    """Whether neither a cheap guess nor one operation on two of the numbers makes the target."""
    legal = (guess for name, guess in cheap_expressions(game).items() if name != "target")
    return all(guess.value != game.target for guess in legal) and not _two_make(game.numbers, game.target)


def _two_make(numbers: Sequence[int], target: int) -> bool:
    pairs = ((max(a, b), min(a, b)) for i, a in enumerate(numbers) for b in numbers[:i])
    return any(target in (a + b, a - b, a * b) or target * b == a for a, b in pairs)


def _draw(stream: Stream, params: Params) -> Game:
    count, bound, target = (int(params[name]) for name in ("numbers", "bound", "target"))

    def draw(s: Stream) -> Game | None:
        numbers = [s.integer(1, bound) for _ in range(count)]
        used = [alone(x) for x in numbers[: count - s.below(2) if count > 3 else count]]
        while len(used) > 1:
            a, b = (used.pop(s.below(len(used))) for _ in range(2))
            used.append(_combined(s, a, b, target * (1 + bool(used))))
        winner = used[0]
        order = tuple(numbers[at] for at in shuffled(s, count))
        return Game(order, int(winner.value), winner) if 0 < winner.value <= target else None

    return stream.until(draw)


def _combined(stream: Stream, a: Expression, b: Expression, most: int) -> Expression:
    """Join two parts by one of the operations that give a positive integer up to `most`; else by any of the others."""
    game = Counting()
    if a.value < b.value:
        a, b = b, a
    joins = {
        game.added: a.value + b.value <= most,
        game.subtracted: a.value > b.value,
        game.multiplied: b.value > 1 and a.value * b.value <= most,
        game.divided: b.value > 1 and (a.value / b.value).denominator == 1,
    }
    return stream.choice([join for join, fits in joins.items() if fits] or [game.added])(a, b)


def _check(params: Params) -> None:
    if int(params["target"]) < int(params["bound"]):
        raise BadId("parameters", "the target is not below the bound of the numbers, or hardly any game would be met")


def _decoy(stream: Stream, game: Game) -> tuple[Game, Carry]:
    def draw(s: Stream) -> int | None:
        """Return a number that makes the target neither alone nor with another one."""
        extra = s.integer(1, 2 * max(game.numbers))
        helps = extra == game.target or _two_make((*game.numbers, extra), game.target)
        return None if helps else extra

    return Game((*game.numbers, stream.until(draw)), game.target, game.winner), lambda answer: answer


COUNTDOWN: Family[Game] = Family(
    name="countdown",
    version=1,
    about="Make a target from numbers, each used at most once.",
    kinds={
        "": Kind(
            "a target that some expression makes, with positive integers on the way, and none of two numbers alone",
            {
                "numbers": Whole(3, 8, "how many numbers are given"),
                "bound": Whole(5, 999, "of the numbers"),
                "target": Whole(10, 9_999, "largest target"),
            },
            _draw,
            _takes_work,
            _check,
            {"decoy": Transform("one more number, which need not be used: every right answer stays right", _decoy)},
            example={"numbers": 4, "bound": 50, "target": 100},
        )
    },
    styles=styles("the numbers are joined by ',' and followed by ':' and the target"),
    components=COMPONENTS,
    content=content_of,
    pose=Countdown,
    in_numbers=frozenset({""}),
)
