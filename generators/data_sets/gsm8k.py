"""The family `gsm8k`.

Q: A box holds 12 eggs. Rita buys 3 boxes and breaks 4 eggs on the way home. How many whole eggs does she have?
A: <answer>32</answer>

Training Verifiers to Solve Math Word Problems (Cobbe et al., 2021). The rows are a registered set of the format
`gsm8k`: the hub's openai/gsm8k, or files of the same form.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from generators.data_sets.questions import COMPONENTS, NumberRow
from generators.data_sets.registry import FINGERPRINT, SET, settled, shipped, store_of
from generators.data_sets.rows import Row
from generators.errors import BadId
from generators.family import Family, Listed
from generators.ids import Split
from generators.layouts import styles
from generators.parameters import Params, Whole


@dataclass(frozen=True)
class SchoolProblem(NumberRow):
    """A word problem that people wrote."""


SMALL = shipped("small_gsm8k")
_SOURCE = {"set": SET, "fingerprint": FINGERPRINT}


def _check(params: Params) -> None:
    store_of(params, "number")


def _check_steps(params: Params) -> None:
    _check(params)
    if int(params["least"]) > int(params["most"]):
        raise BadId("parameters", "least is at most most")


def _all(params: Params, split: Split) -> Sequence[Row]:
    return store_of(params, "number").rows(split)


def _by_steps(params: Params, split: Split) -> Sequence[Row]:
    return store_of(params, "number").with_steps(split, int(params["least"]), int(params["most"]))


GSM8K: Family[Row] = Family(
    name="gsm8k",
    version=1,
    about="Word problems of grade school, written by people: GSM8K, or a set of the same form.",
    kinds={
        "all": Listed("every row", _SOURCE, check=_check, rows=_all, example=SMALL),
        "steps": Listed(
            "rows whose worked answer has so many calculations",
            {
                **_SOURCE,
                "least": Whole(0, 99, "fewest calculations"),
                "most": Whole(0, 99, "most calculations"),
            },
            check=_check_steps,
            rows=_by_steps,
            example={**SMALL, "least": 1, "most": 2},
        ),
    },
    styles=styles("the question, then 'A:'", "hashes", "boxed", "last"),
    components=COMPONENTS,
    content=lambda row: row.content,
    pose=SchoolProblem,
    in_numbers=frozenset({"all", "steps"}),
    settled=settled,
    waits=True,  # the first choice by steps looks at every row
)
