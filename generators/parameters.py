"""What a parameter of a family may be, checked before anything is computed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from generators.errors import BadId, did_you_mean
from generators.ids import Value

Params = Mapping[str, Value]


@dataclass(frozen=True)
class Whole:
    """An integer between two bounds."""

    low: int
    high: int
    about: str

    def check(self, name: str, value: Value) -> None:
        if not isinstance(value, int) or not self.low <= value <= self.high:
            raise BadId("parameters", f"{name} is an integer from {self.low} to {self.high}")

    def schema(self) -> dict[str, object]:
        """Describe the parameter as JSON Schema."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high, "description": self.about}


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]
    about: str

    def check(self, name: str, value: Value) -> None:
        if value not in self.words:
            raise BadId("parameters", f"unknown {name} {str(value)!r}{did_you_mean(str(value), self.words)}")

    def schema(self) -> dict[str, object]:
        """Describe the parameter as JSON Schema."""
        return {"enum": list(self.words), "description": self.about}


@dataclass(frozen=True)
class Word:
    """A name of some form, whose meaning the family looks up."""

    pattern: str
    about: str

    def check(self, name: str, value: Value) -> None:
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise BadId("parameters", f"{name} is written {self.pattern}")

    def schema(self) -> dict[str, object]:
        """Describe the parameter as JSON Schema."""
        return {"type": "string", "pattern": f"^{self.pattern}$", "description": self.about}


Parameter = Whole | OneOf | Word


def check_params(declared: Mapping[str, Parameter], params: Params) -> None:
    """Raise `BadId` unless `params` holds every declared parameter, in its bounds, and nothing else."""
    for name in params:
        if name not in declared:
            raise BadId("parameters", f"unknown parameter {name!r}{did_you_mean(name, declared)}")
    for name, parameter in declared.items():
        if name not in params:
            raise BadId("parameters", f"parameter {name!r} is missing")
        parameter.check(name, params[name])
