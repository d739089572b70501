"""reasoning-gym in a process of its own: it is large, and some of its scorers evaluate the text of an answer.

Run by `generators.workers`. Requests:

    {"do": "list"}                                          -> {name: {attribute: [about, levels]}}
    {"do": "make", "name", "levels", "at"}                  -> {"question", "answer", "wins"}
    {"do": "score", "name", "levels", "at", "answers": []}  -> their scores
    {"do": "try", "name", "levels", "at"}                   -> what the scorer pays for that is no answer

The answer of "make" may be "", and `wins` says whether their own scorer takes it.

An item is drawn by the index `at` of a data set of seed 0: their items come from `Random(seed + index)`, so that a
large index is as good as a seed, and no two of our ids share one by their difference.
"""

import ast
import json
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from generators.workers import serve

# Where an item has many right answers it comes with one in its metadata, if at all.
_GIVEN: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "graph_color": lambda metadata: json.dumps({str(k): v for k, v in metadata["possible_answer"].items()}),
    "propositional_logic": lambda metadata: str(metadata["example_answer"]),
    "rubiks_cube": lambda metadata: str(metadata["example_correct_answer"]),
}
_WITHOUT = frozenset({"composite", "boxnet", "rush_hour"})  # a mixture; and two that come with no answer
_WORDS = frozenset(
    (
        *("sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "asin", "acos", "atan", "exp", "log", "ln"),
        *("sqrt", "pi", "Abs", "Integer", "Float", "Symbol", "Rational"),
    )
)
# What is no answer to any item but the one whose answer it happens to be.
IDLE = ("I don't know.", "?", "0", "1", "True", "False", "yes", "no", "None", "[]", "{}", "6+6+6+6")
_UNBOUNDED = re.compile(
    r"\.\s*[A-Za-z_]|(?<![A-Za-z])[A-Za-z]{1,2}\s*\((?!\s*[-0-9A-Za-z]+\s*[-+*/])|[0-9]{16}|[0-9][eE][-+]?[0-9]{3}"
    r"|(?:\*\*|\^)\s*\(?\s*-?(?:[4-9][0-9]|[0-9]{3})|(?:\*\*|\^)[^*^+-]{0,40}(?:\*\*|\^)|exp\s*\([^)]*exp"
)
_NUMBERED = re.compile(r"^\s*\.?\s*[0-9]+\.\s*|^\s*[-*]\s+")
_LINES = 16
_EXPRESSION = re.compile(r"[0-9A-Za-z+\-*/^(). ,'=]{0,400}")


def _literal(text: str, *scopes: Any) -> Any:
    """Evaluate a literal, where reasoning-gym would evaluate any code at all."""
    return ast.literal_eval(text)


def _checked(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Return sympy's parser for texts without names that could be functions of Python: it evaluates what it reads."""

    def parse_checked(text: str, *given: Any, **named: Any) -> Any:
        words = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text)
        if not _EXPRESSION.fullmatch(text) or any(len(word) > 2 and word not in _WORDS for word in words):
            raise ValueError("not an expression of numbers, letters and known functions")
        if _UNBOUNDED.search(text):
            raise ValueError("an attribute, a call, a large power or number, or a tower of powers")
        return parse(text, *given, **named)

    return parse_checked


def _disarmed() -> None:
    """Take `eval` and the unchecked parser from the modules that give them an answer."""
    import sympy
    from sympy.parsing import sympy_parser

    parse = _checked(sympy_parser.parse_expr)
    sympy.parse_expr = parse
    for name, module in list(sys.modules.items()):
        if not name.startswith("reasoning_gym."):
            continue
        if getattr(module, "parse_expr", None) is sympy_parser.parse_expr:
            module.parse_expr = parse  # type: ignore[attr-defined]
        if name.endswith(("string_insertion", "spiral_matrix", "number_sorting", "binary_matrix", "n_queens")):
            module.eval = _literal  # type: ignore[attr-defined]


class _Library:
    """reasoning-gym, imported and disarmed."""

    def __init__(self) -> None:
        from reasoning_gym import factory
        from reasoning_gym.dataset import ProceduralDataset

        _disarmed()
        self.release = version("reasoning_gym")  # its own __version__ is that of an older one
        self.factory = factory
        self.default = ProceduralDataset.score_answer
        self.dataset = lru_cache(maxsize=64)(self._dataset)
        self.item = lru_cache(maxsize=2_048)(self._item)

    def listing(self) -> dict[str, Any]:
        """Return the attributes of every family that comes with answers, and the lowest level that it accepts."""
        names = sorted(set(self.factory.DATASETS) - _WITHOUT)
        return {"release": self.release, "families": {name: self._described(name) for name in names}}

    def _described(self, name: str) -> dict[str, Any]:
        if name not in self.factory.CURRICULA:
            return {"attributes": {}, "first": {}}
        listed = self.factory.create_curriculum(name).attributes.values()
        attributes = {one.name: [one.description or one.name, list(map(str, one.levels))] for one in listed}
        for level in range(max(len(levels) for _, levels in attributes.values())):
            first = {at: min(level, len(levels) - 1) for at, (_, levels) in attributes.items()}
            with suppress(AssertionError, ValueError):
                self._config(name, first)
                return {"attributes": attributes, "first": first}
        return {"attributes": {}, "first": {}}

    def _config(self, name: str, levels: Mapping[str, int]) -> dict[str, Any]:
        curriculum = self.factory.create_curriculum(name)
        for attribute, level in levels.items():
            curriculum.set_attr_level(attribute, level)
        made = curriculum.generate_configuration()
        if hasattr(made, "validate"):
            made.validate()
        return {key: value for key, value in vars(made).items() if key not in ("seed", "size")}

    def _made(self, name: str, levels: str, seed: int) -> Any:
        chosen = json.loads(levels)
        return self.factory.create_dataset(name, seed=seed, size=1, **(self._config(name, chosen) if chosen else {}))

    def _dataset(self, name: str, levels: str) -> Any:
        return self._made(name, levels, 0)

    def _item(self, name: str, levels: str, at: int) -> tuple[Any, dict[str, Any]]:
        first = self.dataset(name, levels)
        try:
            return first, first[at]
        except IndexError:  # the few that draw all their items when they are made
            one = self._made(name, levels, at)
            return one, one[0]

    def handle(self, request: dict[str, Any]) -> Any:
        """Answer one request."""
        if request["do"] == "list":
            return self.listing()
        name, levels = request["name"], json.dumps(request["levels"], sort_keys=True)
        if request["do"] == "score":
            made, entry = self.item(name, levels, request["at"])
            return [_score(made, entry, text) for text in request["answers"]]
        if request["do"] == "try":
            return self._tried(name, levels, request["at"])
        try:
            self.dataset(name, levels)
        except (AssertionError, ValueError) as error:
            return {"refused": str(error)[:200]}
        made, entry = self.item(name, levels, request["at"])
        answer = _answer(name, entry) or ""
        wins = bool(answer) and _score(made, entry, answer) >= 1
        return {"question": entry["question"], "answer": answer, "wins": wins}

    def _tried(self, name: str, levels: str, at: int) -> dict[str, bool]:
        """Say what a scorer pays for: `nothing`, which is no answer; `words` beside it. `own`: it is no default."""
        made, entry = self.item(name, levels, at)
        right = str(_answer(name, entry))
        lines = [_NUMBERED.sub("", line) for line in entry["question"].splitlines()[-_LINES:]]
        others = [str(_answer(name, self.item(name, levels, at + k)[1])) for k in (1, 2, 3)]
        foreign = [_score(made, entry, text) >= 1 for text in others if _same(text, right) is False]
        idle = [text for text in (*IDLE, entry["question"], *lines) if text and not _same(text, right)]
        beside = (f"not {right}", f"{right} is wrong", f"0 {right}", f"{right} 0", f"-{right}")
        return {
            "own": type(made).score_answer is not self.default,
            "nothing": any(_score(made, entry, text) >= 1 for text in idle) or sum(foreign) >= 2,
            "words": any(_score(made, entry, text) >= 1 for text in beside),
        }


def _answer(name: str, entry: dict[str, Any]) -> Any:
    return _GIVEN[name](entry["metadata"]) if name in _GIVEN else entry["answer"]


def _same(text: str, other: str) -> bool:
    return "".join(text.casefold().split()).strip(".") == "".join(other.casefold().split()).strip(".")


def _score(made: Any, entry: dict[str, Any], text: str) -> float:
    try:
        return float(made.score_answer(text, entry))
    except (MemoryError, RecursionError):
        raise MemoryError from None
    except Exception:  # of a scorer that the text has broken: no fault of ours, and no way out
        return 0.0


def main() -> None:
    """Answer until the parent is gone."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20_000)
    serve(_Library().handle)


if __name__ == "__main__":
    main()
