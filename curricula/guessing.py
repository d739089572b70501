"""What cheap guesses are worth at a stage: judged as answers to its own problems."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from generators.errors import EmptySplit
from generators.families import family_named
from generators.ids import ProblemId
from generators.problem import Problem


@dataclass(frozen=True)
class Guess:
    """One guess over all problems judged: shares of them, and the mean partial credit of those it does not solve."""

    name: str
    problems: int
    correct: float
    partial: float
    flagged: float


def guesses_of(start: ProblemId, problems: int) -> list[Guess]:
    """Return the declared guesses of a stage, judged on its first train problems.

    `partial` is the largest partial component that is not of form alone; `flagged` is a share of the wrong guesses.
    """
    form = family_named(start.family).form | {"correct"}
    judged: dict[str, list[tuple[bool, float, bool]]] = defaultdict(list)
    for problem in _first(start, problems):
        for name, text in problem.guesses.items():
            verdict = problem.judge(text)
            right = verdict.outcome == "correct"
            worth = max((v for c, v in verdict.components.items() if c not in form), default=0.0)
            judged[name].append((right, 0.0 if right else worth, bool(verdict.flags)))
    return [_summed(name, results) for name, results in judged.items()]


def _first(start: ProblemId, problems: int) -> Iterator[Problem]:
    family = family_named(start.family)
    for seed in range(problems):
        with suppress(EmptySplit):
            yield family.build(replace(start, seed=seed))


def _summed(name: str, results: list[tuple[bool, float, bool]]) -> Guess:
    wrong = [(worth, flagged) for right, worth, flagged in results if not right]
    return Guess(
        name=name,
        problems=len(results),
        correct=1 - len(wrong) / len(results),
        partial=sum(worth for worth, _ in wrong) / len(wrong) if wrong else 0.0,
        flagged=sum(flagged for _, flagged in wrong) / len(wrong) if wrong else 1.0,
    )
