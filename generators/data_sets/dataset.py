"""The family `dataset`.

Q: Which planet is closest to the sun?
A: <answer>Mercury</answer>
"""

from collections.abc import Callable, Sequence

from generators.answers.equality import installed
from generators.data_sets.questions import COMPONENTS, POSES, REARRANGED
from generators.data_sets.registry import FINGERPRINT, SET, settled, shipped, store_of
from generators.data_sets.rows import Answer, Row
from generators.errors import BadId
from generators.family import Family, Listed
from generators.ids import ProblemId, Split
from generators.layouts import styles
from generators.numbers.countdown import COMPONENTS as COUNTDOWN_COMPONENTS
from generators.parameters import Params
from generators.problem import Problem


def _rows(answers: Answer) -> Callable[[Params, Split], Sequence[Row]]:
    return lambda params, split: store_of(params, answers).rows(split)


def _check(answers: Answer) -> Callable[[Params], None]:
    def check(params: Params) -> None:
        store_of(params, answers)
        if answers == "expression" and not installed():
            raise BadId("family", "expressions are compared by math-verify: pip install 'echelon[math]'")

    return check


def _listed(answers: Answer, about: str, small: str) -> Listed[Row]:
    return Listed(
        about,
        {"set": SET, "fingerprint": FINGERPRINT},
        check=_check(answers),
        transforms=REARRANGED if answers == "choice" else {},
        chance=0.25 if answers == "choice" else 0.0,
        rows=_rows(answers),
        example=shipped(small),
    )


def _posed(problem_id: ProblemId, row: Row) -> Problem:
    return POSES[str(dict(problem_id.params)["kind"])](problem_id, row)


DATASET: Family[Row] = Family(
    name="dataset",
    version=1,
    about="Questions and answers of any registered data set.",
    kinds={
        "number": _listed("number", "answered by a number, with or without its unit", "small_numbers"),
        "expression": _listed("expression", "answered by a formula, a set, an interval, ...", "small_expressions"),
        "choice": _listed("choice", "answered by the letter or the text of a choice", "small_choices"),
        "text": _listed("text", "answered by a word or a few", "small_texts"),
        "countdown": _listed("countdown", "numbers and a target, as in the family countdown", "small_countdown"),
    },
    styles=styles("the question, then 'A:'", "hashes", "boxed", "last"),
    components={**COUNTDOWN_COMPONENTS, **COMPONENTS},
    content=lambda row: row.content,
    pose=_posed,
    settled=settled,
    waits=True,
)
