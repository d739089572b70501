"""The family `arithmetic`.

Q: Compute 58 + 31.
A: <answer>89</answer>
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import prod

from generators.answer_types import WrittenNumber
from generators.draws import sign
from generators.errors import BadId
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.layouts import styles
from generators.parameters import OneOf, Params, Whole
from generators.stream import Stream
from generators.written import FORMAT

COMPONENTS = {
    "correct": "1 if the number is right",
    "digits": "share of right digits, each in its place counted from the last; 0 where the sign is wrong",
    "format": FORMAT,
}


@dataclass(frozen=True)
class Term:
    """A product with a sign before it."""

    sign: int
    factors: tuple[int, ...]

    @property
    def value(self) -> int:
        return self.sign * prod(self.factors)


Terms = tuple[Term, ...]


def content_of(terms: Terms) -> str:
    """Return `arithmetic:+31+58`: terms and factors sorted, so that no order of a sum is in another split."""
    spelled = sorted("-+"[term.sign > 0] + "*".join(map(str, sorted(term.factors))) for term in terms)
    return f"arithmetic:{''.join(spelled)}"


@dataclass(frozen=True)
class Arithmetic(WrittenNumber):
    """A sum of products of positive integers."""

    id: ProblemId
    terms: Terms
    components = COMPONENTS

    @property
    def content(self) -> str:
        return content_of(self.terms)

    @cached_property
    def right(self) -> Fraction:
        return Fraction(sum(term.value for term in self.terms))

    @property
    def task(self) -> str:
        return (
            f"Compute {self._written(' ')}. Give the answer as one integer, in the form of this unrelated example: "
            f"{self.example}"
        )

    @property
    def short(self) -> str:
        return f"{self._written('')}="

    @property
    def cheap(self) -> Mapping[str, Fraction]:
        return cheap_numbers(self.terms)

    @property
    def example(self) -> Fraction:
        return next(x for x in (Fraction(407), Fraction(318)) if x != self.right)

    def fault(self, given: Fraction) -> str:
        return "" if given == self.right else "that is not the result"

    def measure(self, given: Fraction) -> Mapping[str, float]:
        if given.denominator != 1 or (given < 0) != (self.right < 0):
            return {}
        ours, theirs = (str(abs(x))[::-1] for x in (self.right, given))
        hits = sum(a == b for a, b in zip(ours, theirs, strict=False))
        return {"digits": hits / max(len(ours), len(theirs))}

    def mistake(self, stream: Stream) -> Fraction:
        """Return the result with one digit changed, as after a carry that was forgotten."""
        place: int = 10 ** stream.below(len(str(abs(self.right))))
        return self.right + Fraction(sign(stream) * place)

    def _written(self, space: str) -> str:
        parts = [f"{space}*{space}".join(map(str, term.factors)) for term in self.terms]
        text = ("-" if self.terms[0].sign < 0 else "") + parts[0]
        for term, part in zip(self.terms[1:], parts[1:], strict=True):
            text += f"{space}{'+' if term.sign > 0 else '-'}{space}{part}"
        return text


def cheap_numbers(terms: Terms) -> dict[str, Fraction]:
    """Return the numbers that need no calculation: operands, and what only looks at the first digits."""
    numbers = [x for term in terms for x in term.factors]
    roughly = sum(term.sign * prod(_leading(x) for x in term.factors) for term in terms)
    return {
        "zero": Fraction(0),
        "first": Fraction(numbers[0]),
        "last": Fraction(numbers[-1]),
        "joined": Fraction(int("".join(map(str, numbers))[:40])),
        "leading_digits": Fraction(roughly),
    }


def _leading(x: int) -> int:
    text = str(x)
    return int(text[0] + "0" * (len(text) - 1))


def _takes_work(terms: Terms, params: Params) -> bool:
    total = sum(term.value for term in terms)
    guesses = cheap_numbers(terms)
    if max(x for term in terms for x in term.factors) < 10:
        del guesses["leading_digits"]  # a sum of one-digit numbers is its own estimate, and takes work all the same
    return total not in guesses.values()


def _number(stream: Stream, digits: int) -> int:
    return int(str(stream.integer(1, 9)) + "".join(str(stream.below(10)) for _ in range(digits - 1)))


def _addition(stream: Stream, params: Params) -> Terms:
    return tuple(Term(1, (_number(stream, int(params["digits"])),)) for _ in range(2))


def _multiplication(stream: Stream, params: Params) -> Terms:
    return (Term(1, tuple(_number(stream, int(params["digits"])) for _ in range(2))),)


def _chain(stream: Stream, params: Params) -> Terms:
    digits, count, products = int(params["digits"]), int(params["terms"]), params["operations"] == "all"
    terms = [Term(1, (_number(stream, digits),))]
    sure = stream.integer(1, count - 1)  # one operation at least is a product where products are asked
    for at in range(1, count):
        number = _number(stream, digits)
        if products and (at == sure or stream.below(3) == 0):
            terms[-1] = replace(terms[-1], factors=(*terms[-1].factors, number))
        else:
            terms.append(Term(sign(stream), (number,)))
    return tuple(terms)


def _check_chain(params: Params) -> None:
    if params["operations"] == "all" and int(params["terms"]) * int(params["digits"]) > 40:
        raise BadId("parameters", "with products, terms times digits is at most 40")


def _larger(stream: Stream, terms: Terms) -> tuple[Terms, Carry]:
    """Return the same with one number larger by c; the result changes by c times what that number is multiplied by."""
    at = stream.below(len(terms))
    term = terms[at]
    c = stream.integer(1, min(term.factors[0], 1_000))
    grown = replace(term, factors=(term.factors[0] + c, *term.factors[1:]))
    change = grown.value - term.value
    return (*terms[:at], grown, *terms[at + 1 :]), lambda answer: answer + change


_TRANSFORMS: Mapping[str, Transform[Terms]] = {
    "larger": Transform("one number larger: the result changes accordingly", _larger)
}

ARITHMETIC: Family[Terms] = Family(
    name="arithmetic",
    version=1,
    about="Compute sums and products of integers.",
    kinds={
        "addition": Kind(
            "two numbers with the same number of digits",
            {"digits": Whole(1, 40, "digits of each number")},
            _addition,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"digits": 5},
        ),
        "multiplication": Kind(
            "two numbers with the same number of digits",
            {"digits": Whole(1, 20, "digits of each number")},
            _multiplication,
            _takes_work,
            transforms=_TRANSFORMS,
            example={"digits": 2},
        ),
        "chain": Kind(
            "several numbers, added and subtracted, or multiplied too",
            {
                "terms": Whole(2, 20, "how many numbers"),
                "digits": Whole(1, 20, "digits of each number"),
                "operations": OneOf(("plus_minus", "all"), "+ and -, or + - and *"),
            },
            _chain,
            _takes_work,
            _check_chain,
            _TRANSFORMS,
            example={"terms": 4, "digits": 2, "operations": "all"},
        ),
    },
    styles=styles("58+31 or 3*4-5"),
    components=COMPONENTS,
    content=content_of,
    pose=Arithmetic,
    in_numbers=frozenset({"addition", "multiplication", "chain"}),
)
