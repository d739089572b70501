"""Written questions by the type of their answer: one number, one matrix, one program of operations."""

from abc import ABC
from fractions import Fraction
from typing import TypeVar

from generators.answers.matrix import read_matrix
from generators.answers.numbers import read_number
from generators.exact.matrices import Matrix, compact, nested, shape
from generators.written import Written

O = TypeVar("O")  # noqa: E741


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
        return nested(answer) if self.chat else compact(answer)

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
        return ("\n" if self.chat else ";").join(map(str, answer))

    def canonical(self, answer: tuple[O, ...]) -> str:
        return ";".join(map(str, answer))
