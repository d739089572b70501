"""The id of a problem: one grammar, one spelling, text <-> value."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, Self, get_args

from generators.errors import BadId

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Value = int | str
MAX_SEED = 2**53  # seeds pass through JSON readers that hold numbers as doubles
MAX_LENGTH = 512

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_WORD = re.compile(r"[a-z0-9_]+")
_STYLE = re.compile(r"[a-z]+(?:\+[a-z]+)*")
_NO_PARAMETERS = "-"


@dataclass(frozen=True, slots=True)
class ProblemId:
    """`matrix_inverse@1/bound=9,kind=diagonal,n=2/train/81726/chat`: complete, and spelled one way only.

    `params` are sorted by name. `parse` refuses every text that `str` would not write.
    """

    family: str
    version: int
    params: tuple[tuple[str, Value], ...]
    split: Split
    seed: int
    style: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id; raises `BadId` naming the part that is wrong."""
        parts = text.split("/") if len(text) <= MAX_LENGTH else []
        if len(parts) != 5:
            raise BadId("id", "an id has five parts: family@version/parameters/split/seed/style")
        family, version = _family(parts[0])
        if parts[2] not in SPLITS:
            raise BadId("split", f"the split is one of {', '.join(SPLITS)}")
        seed = _whole(parts[3], "seed")
        if seed >= MAX_SEED:
            raise BadId("seed", "the seed is below 2^53")
        if not _STYLE.fullmatch(parts[4]):
            raise BadId("style", "a style is lower-case words joined by '+'")
        return cls(family, version, _params(parts[1]), parts[2], seed, parts[4])

    def __str__(self) -> str:
        return f"{self.key}/{self.style}"

    @property
    def stem(self) -> str:
        """Family, version and parameters: what a stage of a curriculum fixes."""
        return _stem(self.family, self.version, self.params)

    @property
    def key(self) -> str:
        """The id without its style: what the random stream is made from."""
        return f"{self.stem}/{self.split}/{self.seed}"

    @property
    def layout(self) -> str:
        """The first word of the style: `chat` of `chat+transpose`."""
        return self.style.partition("+")[0]

    @property
    def transform(self) -> str:
        """What follows it: `transpose`, or "" where the problem is asked as it was drawn."""
        return self.style.partition("+")[2]

    def with_seed(self, seed: int) -> Self:
        """Return another problem of the same family, parameters, split and style."""
        return type(self)(self.family, self.version, self.params, self.split, seed, self.style)

    def with_style(self, style: str) -> Self:
        """Return the same problem, presented in another style."""
        return replace(self, style=style)


@lru_cache(maxsize=1_024)
def _stem(family: str, version: int, params: tuple[tuple[str, Value], ...]) -> str:
    written = ",".join(f"{name}={value}" for name, value in params) or _NO_PARAMETERS
    return f"{family}@{version}/{written}"


def _family(text: str) -> tuple[str, int]:
    name, at, version = text.partition("@")
    if not at or not _NAME.fullmatch(name):
        raise BadId("family", "a family is written name@version")
    return name, _whole(version, "version")


def _whole(text: str, part: str) -> int:
    # A length limit first: int() of thousands of digits is slow, and refused by Python with another error.
    if len(text) > 16 or not _INTEGER.fullmatch(text) or text.startswith("-"):
        raise BadId(part, f"the {part} is a whole number without leading zeros")
    return int(text)


def _params(text: str) -> tuple[tuple[str, Value], ...]:
    if text == _NO_PARAMETERS:
        return ()
    pairs = []
    for item in text.split(","):
        name, equals, value = item.partition("=")
        if not equals or not _NAME.fullmatch(name) or len(value) > 64:
            raise BadId("parameters", f"parameters are written name=value, not {item[:80]!r}")
        pairs.append((name, _value(value, name)))
    names = [name for name, _ in pairs]
    if names != sorted(set(names)):
        raise BadId("parameters", "parameters are sorted by name, each once")
    return tuple(pairs)


def _value(text: str, name: str) -> Value:
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _WORD.fullmatch(text):
        raise BadId("parameters", f"the value of {name} is an integer or lower-case letters, digits and '_'")
    return text
