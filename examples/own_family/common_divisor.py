"""The family `common_divisor`: what is the greatest common divisor of 84 and 126?"""

from math import gcd

from generators.number_question import Asked, number_family
from generators.parameters import Whole


def draw(stream, params):
    """Draw two multiples of a number."""
    factor, one, other = (stream.integer(2, params["bound"]) for _ in range(3))
    return factor * one, factor * other


def ask(numbers):
    return f"What is the greatest common divisor of {numbers[0]} and {numbers[1]}?"


def answer(numbers):
    return gcd(*numbers)


# 84 and 126 are the same problem as 126 and 84, and so in the same split.
FAMILY = number_family(
    "common_divisor",
    "Find the greatest common divisor of two numbers.",
    Asked(draw, ask, answer, same=sorted),
    parameters={"bound": Whole(5, 1_000, "of the factors")},
    example={"bound": 60},
)
