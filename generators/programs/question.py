"""Questions of the family `program_synthesis`: a function from some of its values, judged at others.

Q: f(0) = 1, f(1) = 2, f(2) = 4, f(3) = 8; write f.
A: <answer>def f(k): return 2 ** k</answer>
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from generators.answers.python_source import definitions, elsewhere, read_python
from generators.errors import Unreadable
from generators.family import Carry
from generators.ids import ProblemId
from generators.programs.attempts import Given, Program, brevity, credit, is_table, outcome_of, shares
from generators.programs.formulas import Choice, Formula, Joined, K, Number, constant, plus, variants
from generators.programs.reading import read_formula
from generators.programs.targets import Target, content_of, name_of
from generators.programs.writing import text_of
from generators.stream import Stream
from generators.verdict import FORM
from generators.written import FORMAT, MAX_ALTERNATIVES, MAX_PARTS, Written

COMPONENTS = {
    "correct": "1 if all values are right, shown and hidden",
    "compiles": "1 if the program compiles; not rescaled",
    "runs": "share of all inputs at which it returns an integer, 0 if it does not come to its end; not rescaled",
    "visible": "share of the shown values that are right; 0 for a list of them",
    "hidden": "share of the hidden values that are right",
    "closeness": "exp(-mean (d/2)^2) over hidden values; d, at most 8, is the distance in doublings, +-log2(1+|x|)",
    "length": "1 for a right program of up to 200 characters, then exp(-(characters - 200) / 400)",
    "format": FORMAT,
}
FORM_OF_PROGRAMS = FORM | {"compiles", "runs"}
_IMPORTED = "math, itertools, functools, collections, fractions, decimal, re, string, operator, bisect, heapq"
_EXAMPLE = Joined("+", Joined("*", Number(3), Joined("^", K, Number(2))), Number(1))
DOUBLING = Joined("^", Number(2), K)
"""The first function that is learned, and so what is answered to every other one."""
_NAMED = re.compile(r"^(?:def[ \t]+(\w+)|(\w+)[ \t]*=[ \t]*lambda\b)", re.MULTILINE)


@dataclass(frozen=True)
class SynthesisQuestion(Written[Program]):
    """Values of a function; the answer is Python in the layouts `chat` and `fenced`, a formula in `bare`."""

    id: ProblemId
    target: Target
    components = COMPONENTS
    form = FORM_OF_PROGRAMS
    role = "You write short, exact Python."

    @property
    def content(self) -> str:
        return content_of(self.target)

    @property
    def task(self) -> str:
        shown = "\n".join(f"f({k}) = {y}" for k, y in zip(self.target.shown, self.target.shown_values, strict=True))
        return (
            f"A function f takes an integer k, returns an integer and has a short definition. Some of its values are\n"
            f"{shown}\nWrite f(k) in Python so that it is right for all integers k from 0 to {self.target.last}; it is "
            "tried on values that are not shown. It returns an int, no float; it reads and prints nothing, and imports "
            f"at most {_IMPORTED} and the like from the standard library. An unrelated example of the form:\n"
            f"{self.write(self.example)}"
        )

    @property
    def short(self) -> str:
        pairs = zip(self.target.shown, self.target.shown_values, strict=True)
        return ",".join(f"{k}:{y}" for k, y in pairs) + "="

    @property
    def right(self) -> Program:
        return Program(self.target.formula)

    @property
    def as_written(self) -> Program:
        return self.right

    @property
    def cheap(self) -> Mapping[str, Program]:
        return cheap_programs(self.target)

    @property
    def example(self) -> Program:
        return Program(_EXAMPLE)

    def read(self, text: str) -> Program:
        if not self.in_full:
            return Program(read_formula(text))
        program = Program(source=read_python(text))
        outcome = self._given(program)
        if not outcome.named:
            raise Unreadable("there is no function in the program that takes one argument")
        if not outcome.compiled:
            raise Unreadable("the program does not compile", *elsewhere(text))
        return program

    def write(self, answer: Program) -> str:
        if not self.in_full:
            return answer.text
        return f"```python\n{answer.python}\n```"

    def canonical(self, answer: Program) -> str:
        return ",".join(map(str, self._given(answer).outputs))

    def same(self, given: Program, other: Program) -> bool:
        return self._given(given).outputs == self._given(other).outputs

    def signs(self, given: Program) -> tuple[str, ...]:
        outcome = self._given(given)
        return (*outcome.signs, *(["lookup_table"] if is_table(given, outcome, self.target) else []))

    def fault(self, given: Program) -> str:
        outcome = self._given(given)
        if outcome.outputs == self.target.outputs and outcome.finished:
            return ""
        for sign, reason in _REASONS.items():
            if sign in outcome.signs:
                return reason
        if not any(output is not None for output in outcome.outputs):
            return "it returns an integer at no input"
        visible, _ = shares(outcome, self.target)
        count = round(visible * len(self.target.shown))
        if count == len(self.target.shown):
            return "all shown values are right, others are not"
        return f"{count} of {len(self.target.shown)} shown values are right"

    def measure(self, given: Program) -> Mapping[str, float]:
        outcome, table = self._given(given), self.cheap["table"]
        listed = is_table(given, outcome, self.target) or outcome.outputs == self._given(table).outputs
        return credit(outcome, self.target, listed)

    def merit(self, given: Program) -> Mapping[str, float]:
        return {"length": brevity(given)}

    def mistake(self, stream: Stream) -> Program:
        """Return 2^k, which was right once, half of the time; else the right formula with one number changed."""
        near = [Program(formula) for formula in variants(self.target.formula)]
        near = [Program(DOUBLING)] if stream.below(2) else near
        wrong = [program for program in near if not self.same(program, self.right)]
        return stream.choice(wrong or [Program(plus(self.target.formula, 1))])

    def _alternatives(self, completion: str) -> tuple[str, ...]:
        """Programs hold the word `or`: several definitions are several answers there. Formulas are not evaluated."""
        if self.in_full:
            return ("several_answers",) if definitions(completion) > 1 else ()
        read = set()
        for part in completion[-MAX_ALTERNATIVES:].split(" or ")[:MAX_PARTS]:
            with suppress(Unreadable):
                read.add(text_of(read_formula(part)))
        return ("several_answers",) if len(read) > 1 else ()

    def _given(self, program: Program) -> Given:
        return outcome_of(program, self.target.inputs)


_REASONS = {
    "timeout": "its time is up",
    "memory": "it asks for too much memory",
    "killed_worker": "judging it took too much",
}


def cheap_programs(target: Target) -> dict[str, Program]:
    """Return what needs no thought: k itself, constants, the list of what is shown, 2^k where that is not the task."""
    first, last = target.shown_values[0], target.shown_values[-1]
    found = {
        "identity": K,
        "zero": constant(0),
        "one": constant(1),
        "first": constant(first),
        "last": constant(last),
        "table": _table(target),
    }
    if content_of(target) != name_of(DOUBLING):
        found["doubling"] = DOUBLING
    return {name: Program(formula) for name, formula in found.items()}


def _table(target: Target) -> Formula:
    """Return the shown values as steps: each holds up to the next shown input."""
    pairs = list(zip(target.shown, target.shown_values, strict=True))
    formula = constant(pairs[-1][1])
    for (_, value), (end, _) in reversed(list(pairwise(pairs))):
        formula = Choice(K, Number(end), constant(value), formula)
    return formula


def takes_work(target: Target) -> bool:
    """Whether a function has small values everywhere and no cheap guess, nor the example, gives all of them."""
    if not target.sound:
        return False
    lazy = [*cheap_programs(target).values(), Program(_EXAMPLE)]
    return all(outcome_of(guess, target.inputs).outputs != target.outputs for guess in lazy)


def raised(stream: Stream, target: Target) -> tuple[Target, Carry]:
    """Return the function with a number added to every value, and what adds it to an answer."""
    more = stream.integer(1, 99)
    other = Target(plus(target.formula, more), target.shown, target.hidden, target.last)

    def carry(program: Program) -> Program:
        if program.formula is not None:
            return Program(plus(program.formula, more))
        names = [one or other for one, other in _NAMED.findall(program.source)]
        name = "f" if "f" in names or not names else names[-1]
        return Program(source=f"{program.source}\n\n_given = {name}\n\ndef f(k):\n    return _given(k) + {more}")

    return other, carry
