"""Written questions by the type of their answer: one number, one matrix, one program of operations."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import TypeVar

from generators.answers.matrix import read_matrix
from generators.answers.numbers import read_number
from generators.answers.quantities import read_quantity
from generators.exact.matrices import Matrix, compact, nested, shape
from generators.written import Written

O = TypeVar("O")  # noqa: E741

MAX_SHOWN = 24  # numbers of a question that are combined into guesses
_SHOWN = re.compile(r"(?<![0-9.])[0-9]{1,9}(?:,[0-9]{3})*+(?:\.[0-9]{1,6})?+(?![0-9])")


class WrittenNumber(Written[Fraction], ABC):
    """A question whose answer is one exact number."""

    def read(self, text: str) -> Fraction:
        return read_number(text)

    def write(self, answer: Fraction) -> str:
        return str(answer)

    def canonical(self, answer: Fraction) -> str:
        return str(answer)


class WrittenMatrix(Written[Matrix], ABC):
    """A question whose answer is one exact matrix, a list of rows in `chat` and `1,2;3,4` in `bare`."""

    def read(self, text: str) -> Matrix:
        return read_matrix(text)

    def write(self, answer: Matrix) -> str:
        return nested(answer) if self.in_full else compact(answer)

    def canonical(self, answer: Matrix) -> str:
        return compact(answer)

    def misshapen(self, given: Matrix) -> str:
        """Return that an answer has another shape than the right one, or ""."""
        if shape(given) == shape(self.right):
            return ""
        return f"the answer is {len(given)}x{len(given[0])}, not {len(self.right)}x{len(self.right[0])}"


class WrittenProgram(Written[tuple[O, ...]], ABC):
    """A question whose answer is a list of operations, one per line in `chat` and between `;` in `bare`."""

    def write(self, answer: tuple[O, ...]) -> str:
        return ("\n" if self.in_full else ";").join(map(str, answer))

    def canonical(self, answer: tuple[O, ...]) -> str:
        return ";".join(map(str, answer))


class WrittenQuantity(WrittenNumber, ABC):
    """A question in sentences whose answer is one number, with or without its unit."""

    @property
    @abstractmethod
    def asked(self) -> str:
        """The question, without what is said about the form of the answer."""

    @property
    def task(self) -> str:
        return self.asked

    @property
    def short(self) -> str:
        return f"{self.asked}\nA:"

    @property
    def cheap(self) -> Mapping[str, Fraction]:
        return cheap_quantities(self.asked)

    @property
    def example(self) -> None:
        return None

    def read(self, text: str) -> Fraction:
        return read_quantity(text, self.asked)

    def write(self, answer: Fraction) -> str:
        return spelled(answer)

    def fault(self, given: Fraction) -> str:
        return "" if given == self.right else "that is not the number asked for"

    def measure(self, given: Fraction) -> Mapping[str, float]:
        return {}


def cheap_quantities(question: str, combined: bool = True) -> dict[str, Fraction]:
    """Return the numbers that need no reading: those in a question and, `combined`, all of them added or multiplied."""
    numbers = [Fraction(found.replace(",", "")) for found in _SHOWN.findall(question)][:MAX_SHOWN] or [Fraction(0)]
    shown = {"zero": Fraction(0), "first": numbers[0], "last": numbers[-1], "largest": max(numbers)}
    return {**shown, "sum": sum(numbers, Fraction(0)), "product": Fraction(prod(numbers))} if combined else shown


def spelled(answer: Fraction) -> str:
    """Return a decimal where it is exact and short, else a fraction."""
    exact = Fraction(f"{float(answer):.6g}") == answer if abs(answer) < 10**6 else False
    return f"{float(answer):.6g}" if exact and answer.denominator > 1 else str(answer)
