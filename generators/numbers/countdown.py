"""The family `countdown`.

Q: Use the numbers 3, 5, 7, each at most once, with + - * / and brackets, to make 26.
A: <answer>(3 * 7) + 5</answer>
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import exp, prod

from generators.answers.expressions import read_expression
from generators.answers.wrapping import unwrapped
from generators.draws import shuffled
from generators.errors import BadId, EmptySplit, Unreadable
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import Params, Whole
from generators.stream import Stream
from generators.written import FORMAT, Written

COMPONENTS = {
    "correct": "1 if the expression uses only given numbers, each at most once, and makes the target",
    "closeness": "exp(-|v - target| / target) of an expression that uses only given numbers; else 0",
    "format": FORMAT,
}


@dataclass(frozen=True)
class Expression:
    """An expression as written, the numbers it uses and its value."""

    text: str
    leaves: tuple[int, ...]
    value: Fraction


class _Counting:
    """The algebra of the game: no powers, no signs before numbers, no digits joined."""

    def number(self, text: str) -> Expression:
        if not text.isdigit():
            raise Unreadable("the numbers are integers")
        return Expression(text, (int(text),), Fraction(int(text)))

    def letter(self, name: str) -> Expression:
        raise Unreadable("an expression holds no letters")

    def negative(self, a: Expression) -> Expression:
        raise Unreadable("a sign stands before a number")

    def juxtaposed(self, a: Expression, b: Expression) -> Expression:
        raise Unreadable("an operation is missing")

    def power(self, a: Expression, exponent: int) -> Expression:
        raise Unreadable("powers are not allowed")

    def added(self, a: Expression, b: Expression) -> Expression:
        return _joined(a, "+", b, a.value + b.value)

    def subtracted(self, a: Expression, b: Expression) -> Expression:
        return _joined(a, "-", b, a.value - b.value)

    def multiplied(self, a: Expression, b: Expression) -> Expression:
        return _joined(a, "*", b, a.value * b.value)

    def divided(self, a: Expression, b: Expression) -> Expression:
        if not b.value:
            raise Unreadable("a number is divided by zero")
        return _joined(a, "/", b, a.value / b.value)


MAX_QUICK = 20_000  # of whole numbers only
MAX_SEARCHED = 200_000  # positions looked at for an expression; six numbers have somewhat more
MAX_LEAVES = 16  # more than any problem gives; the value stays as small as its numbers


def _joined(a: Expression, sign: str, b: Expression, value: Fraction) -> Expression:
    if len(a.leaves) + len(b.leaves) > MAX_LEAVES:
        raise Unreadable("the expression is too long")
    return Expression(f"({a.text} {sign} {b.text})", a.leaves + b.leaves, value)


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
        return read_expression("(8 - 5) * 2 + 1", _Counting())

    def read(self, text: str) -> Expression:
        left, equals, right = unwrapped(text).partition("=")
        right = unwrapped(right.lstrip("= "))
        if not equals:
            return read_expression(left, _Counting())
        if left.strip().isdigit():  # 26 = 3 * 7 + 5
            left, right = right, left.strip()
        expression = read_expression(left, _Counting())
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
        "largest": _alone(ordered[0]),
        "nearest": _alone(min(ordered, key=lambda x: abs(x - game.target))),
        "two_largest": _chain("+", ordered[:2], sum(ordered[:2])),
        "two_smallest": _chain("+", ordered[-2:], sum(ordered[-2:])),
        "sum": _chain("+", ordered, sum(ordered)),
        "product": _chain("*", ordered, prod(ordered)),
        "target": _alone(game.target),
    }


def _alone(number: int) -> Expression:
    return Expression(str(number), (number,), Fraction(number))


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
        used = [_alone(x) for x in numbers[: count - s.below(2) if count > 3 else count]]
        while len(used) > 1:
            a, b = (used.pop(s.below(len(used))) for _ in range(2))
            used.append(_combined(s, a, b, target * (1 + bool(used))))
        winner = used[0]
        order = tuple(numbers[at] for at in shuffled(s, count))
        return Game(order, int(winner.value), winner) if 0 < winner.value <= target else None

    return stream.until(draw)


def _combined(stream: Stream, a: Expression, b: Expression, most: int) -> Expression:
    """Join two parts by one of the operations that give a positive integer up to `most`; else by any of the others."""
    game = _Counting()
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


def may_make(numbers: Sequence[int], target: int) -> bool:
    """Whether a target can be made of numbers; True too where whole numbers on the way do not settle it."""
    waiting, steps = [tuple(numbers)], 0
    while waiting and steps < MAX_QUICK:
        parts = waiting.pop()
        if target in parts:
            return True
        for i, a in enumerate(parts):
            for j in range(i):
                b, rest = parts[j], parts[:j] + parts[j + 1 : i] + parts[i + 1 :]
                high, low = (a, b) if a >= b else (b, a)
                made = [high + low, high - low, high * low]
                if low and high % low == 0:
                    made.append(high // low)
                waiting += [(*rest, value) for value in made]
                steps += len(made)
    return steps >= MAX_QUICK or _searched(tuple(sorted(numbers)), target) is not None


@lru_cache(maxsize=4_096)
def winner_of(numbers: tuple[int, ...], target: int) -> Expression:
    """Return an expression that makes the target of given numbers; raises `EmptySplit` where none is found."""
    if (found := _searched(numbers, target)) is None:
        raise EmptySplit(f"no expression of {', '.join(map(str, numbers))} was found that makes {target}")
    return found


def _searched(numbers: tuple[int, ...], target: int) -> Expression | None:
    met: set[tuple[Fraction, ...]] = set()
    waiting = [tuple(_alone(x) for x in numbers)]
    while waiting and len(met) < MAX_SEARCHED:
        parts = waiting.pop()
        for part in parts:
            if part.value == target:
                return part
        for key, joined in _smaller(parts):
            if key not in met:
                met.add(key)
                waiting.append(joined)
    return None


def _smaller(parts: tuple[Expression, ...]) -> Iterator[tuple[tuple[Fraction, ...], tuple[Expression, ...]]]:
    """Yield the parts with two of them joined by an operation, in every way, and what tells equal ways apart."""
    game = _Counting()
    for i, a in enumerate(parts):
        for j, b in enumerate(parts):
            if i == j or a.value < b.value:
                continue
            rest = tuple(part for at, part in enumerate(parts) if at not in (i, j))
            for join in (game.added, game.subtracted, game.multiplied, *([game.divided] if b.value else [])):
                made = (*rest, join(a, b))
                yield tuple(sorted(part.value for part in made)), made


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
)
