"""The contract catches what it is for: one planted fault per clause."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from generators import contract
from generators.contract import check_family
from generators.errors import ContractBroken
from generators.exact.matrices import Matrix, scaled
from generators.family import Carry, Family, Kind, Transform
from generators.ids import ProblemId
from generators.linear_algebra.matrix_inverse.family import MATRIX_INVERSE
from generators.parameters import Params, Whole
from generators.problem import Answered, Message, Question, Reveal, State
from generators.stream import Stream
from generators.verdict import Verdict, answer_key


@dataclass(frozen=True)
class Sum(Question):
    """Q: 31+58=  A: 89, the smallest honest family."""

    id: ProblemId
    terms: tuple[int, int]

    @property
    def content(self) -> str:
        return f"sum:{self.terms[0]}+{self.terms[1]}"

    @property
    def messages(self) -> tuple[Message, ...]:
        return (Message("user", self.observation),)

    @property
    def observation(self) -> str:
        return f"{self.terms[0]}+{self.terms[1]}="

    @property
    def guesses(self) -> Mapping[str, str]:
        return {"first": str(self.terms[0])}

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        wrong = how == "noisy" and Stream(f"{self.id.key}/noisy").real() < noise
        return str(sum(self.terms) + wrong)

    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        # isdecimal and a length: int() reads other scripts' digits, and refuses thousands of them with an exception.
        if not (completion.isascii() and completion.isdecimal() and len(completion) < 20):
            return Verdict("malformed", {"correct": 0.0}, (), "not a number")
        right = int(completion) == sum(self.terms)
        flags = ("first_guess",) if not right and completion == str(self.terms[0]) else ()
        return Verdict(
            "correct" if right else "incorrect", {"correct": float(right)}, flags, "", answer_key(completion)
        )


def _draw(stream: Stream, params: Params) -> tuple[int, int]:
    top = int(params["top"])
    return stream.integer(1_000, top), stream.integer(1_000, top)


def _family(
    pose: Callable[[ProblemId, Any], Any] = Sum, draw: Callable[..., Any] = _draw, **changes: Any
) -> Family[Any]:
    honest: Family[Any] = Family(
        name="sum",
        version=1,
        about="Add two numbers.",
        kinds={"": Kind("two numbers", {"top": Whole(2_000, 9_999, "largest term")}, draw)},
        styles={"bare": "digits", "chat": "digits"},
        components={"correct": "right"},
        content=lambda terms: f"sum:{terms[0]}+{terms[1]}",
        pose=pose,
    )
    return replace(honest, **changes)


def test_the_honest_family_passes() -> None:
    check_family(_family(), {"top": 9_999})


class AcceptsAnything(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        return Verdict("correct", {"correct": 1.0})


class AcceptsAnyNumber(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        if completion.isascii() and completion.isdecimal() and len(completion) < 20:
            return Verdict("correct", {"correct": 1.0})
        return Verdict("malformed", {"correct": 0.0})


class Raises(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        right = int(completion) == sum(self.terms)
        return Verdict("correct" if right else "incorrect", {"correct": float(right)})


class RefusesItsOwnAnswer(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        return Verdict("incorrect", {"correct": 0.0})


class ShowsTheAnswer(Sum):
    @property
    def observation(self) -> str:
        return f"{self.terms[0]}+{self.terms[1]}= (it is {sum(self.terms)})"


class ShowsItsId(Sum):
    @property
    def observation(self) -> str:
        return f"{self.id}: {self.terms[0]}+{self.terms[1]}="


class TellsInTheReason(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        return replace(super().judge(completion), reason=f"it is {sum(self.terms)}")


class PaysForGuesses(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        verdict = super().judge(completion)
        return replace(verdict, components={**verdict.components, "close": 0.5 if verdict.answer_key else 0.0})


class FlagsNothing(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        return replace(super().judge(completion), flags=())


class BeyondOne(Sum):
    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        verdict = super().judge(completion)
        return replace(verdict, components={**verdict.components, "bonus": 2.0 * verdict.components["correct"]})


class NeverOver(Sum):
    def step(self, action: str) -> State:
        return Endless(self.judge(action))


class Endless(Answered):
    def step(self, action: str) -> State:
        return self


class NoiseOutOfNowhere(Sum):
    counter = itertools.count()

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        return str(sum(self.terms) + (next(self.counter) if how == "noisy" and noise else 0))


class StyleIsAnotherProblem(Sum):
    @property
    def content(self) -> str:
        return f"{super().content}/{self.id.style}"


_calls = itertools.count(2_000)


def _shifting(stream: Stream, params: Params) -> tuple[int, int]:
    """What `seed + a counter of this process` would do."""
    return next(_calls), stream.integer(1_000, 9_999)


def _by_seed(pose: Callable[[ProblemId, Any], Any], step: int) -> Callable[[ProblemId, Any], Any]:
    """Pose what `Random(seed // step)` would draw instead of what the id's stream drew."""
    return lambda at, terms: pose(at, _draw(Stream(f"{at.split}/{at.seed // step}"), dict(at.params)))


class MistakesAreRight(Sum):
    """The noisy answers of a family without the noise."""

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        return str(sum(self.terms))


FAULTS: dict[str, tuple[Family[Any], str]] = {
    "a verifier that accepts anything": (_family(AcceptsAnything), "nonsense_loses"),
    "a verifier that accepts any number": (_family(AcceptsAnyNumber), "other_answers_lose"),
    "a verifier that raises": (_family(Raises), "nonsense_loses: raised"),
    "a verifier that refuses the answer": (_family(RefusesItsOwnAnswer), "solution_wins"),
    "worked answers that are wrong": (_family(RefusesItsOwnAnswer), "revealed_answers_win"),
    "wrong examples that are right": (_family(MistakesAreRight), "mistakes_lose"),
    "a seed that shifts": (_family(draw=_shifting), "same_id_same_problem"),
    "seeds that share a problem": (_family(_by_seed(Sum, 2)), "seeds_share_nothing"),
    "one problem for all seeds": (_family(_by_seed(Sum, 10**9)), "seeds_share_nothing"),
    "a leak between splits": (_family(_by_seed(Sum, 1)), "content_decides_split"),
    "a style that changes the problem": (_family(StyleIsAnotherProblem), "style_changes_nothing"),
    "an answer in the prompt": (_family(ShowsTheAnswer), "answer_not_in_prompt"),
    "an id in the prompt": (_family(ShowsItsId), "answer_not_in_prompt"),
    "an answer in the reason": (_family(TellsInTheReason), "verdicts_are_well_formed"),
    "partial credit for a guess": (
        _family(PaysForGuesses, components={"correct": "", "close": ""}),
        "guesses_earn_nothing",
    ),
    "a guess without a flag": (_family(FlagsNothing), "guesses_earn_nothing"),
    "a component beyond 1": (_family(BeyondOne, components={"correct": "", "bonus": ""}), "verdicts_are_well_formed"),
    "an undeclared component": (_family(PaysForGuesses), "verdicts_are_well_formed"),
    "an episode without end": (_family(NeverOver), "episodes_end"),
    "noise that is not the id's": (_family(NoiseOutOfNowhere), "revealed_answers_win"),
    "an id that does not read back": (_family(name="Sum"), "ids_round_trip"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_caught(fault: str) -> None:
    family, clause = FAULTS[fault]
    with pytest.raises(ContractBroken, match=clause):
        check_family(family, {"top": 9_999})


def _restating(restate: Callable[[Stream, Matrix], tuple[Matrix, Carry]]) -> Family[Any]:
    shear = replace(MATRIX_INVERSE.kinds["shear"], transforms={"other": Transform("", restate)})
    return replace(MATRIX_INVERSE, kinds={"shear": shear})


def _doubled(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    return scaled(stream.integer(2, 99), a), lambda answer: answer


def _nothing(stream: Stream, a: Matrix) -> tuple[Matrix, Carry]:
    return a, lambda answer: answer


@pytest.mark.parametrize("restate", [_doubled, _nothing])
def test_transforms_that_do_not_carry_the_answer_are_caught(
    restate: Callable[[Stream, Matrix], tuple[Matrix, Carry]],
) -> None:
    with pytest.raises(ContractBroken, match="transforms_carry_answers"):
        check_family(_restating(restate), {"kind": "shear", "n": 2, "bound": 40})


def test_unbounded_parameters_are_caught() -> None:
    class Lenient(Family[Any]):
        def check(self, problem_id: ProblemId) -> None:
            return None

    honest = _family()
    lenient = Lenient(**{name: getattr(honest, name) for name in honest.__dataclass_fields__})
    with pytest.raises(ContractBroken, match="parameters_are_bounded"):
        check_family(lenient, {"top": 9_999})


def test_every_clause_has_its_fault() -> None:
    caught = {clause.partition(":")[0] for _, clause in FAULTS.values()} | {
        "parameters_are_bounded",
        "transforms_carry_answers",
    }
    assert caught == {clause.__name__[1:] for clause in contract.CLAUSES}
