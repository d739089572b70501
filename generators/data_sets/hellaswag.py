"""The family `hellaswag`.

Q: A man puts a pan on the stove and cracks two eggs into it. He ... A) paints the wall. B) waits and turns them over.
A: <answer>B</answer>

HellaSwag: Can a Machine Really Finish Your Sentence? (Zellers et al., 2019). The rows are a registered set of the
format `hellaswag`; its official validation split is `test` here, since the labels of its test split are not public.
"""

from dataclasses import dataclass

from generators.data_sets.questions import COMPONENTS, REARRANGED, ChoiceRow
from generators.data_sets.registry import FINGERPRINT, SET, settled, shipped, store_of
from generators.data_sets.rows import Row
from generators.family import Family, Listed
from generators.layouts import styles
from generators.parameters import Params


@dataclass(frozen=True)
class Ending(ChoiceRow):
    """The beginning of a scene with lettered ways to go on."""

    hint = "Which ending fits? Answer with its letter."


def _check(params: Params) -> None:
    store_of(params, "choice")


HELLASWAG: Family[Row] = Family(
    name="hellaswag",
    version=1,
    about="Choose how a scene goes on: HellaSwag, or a set of the same form.",
    kinds={
        "": Listed(
            "every row",
            {"set": SET, "fingerprint": FINGERPRINT},
            check=_check,
            transforms=REARRANGED,
            chance=0.25,
            rows=lambda params, split: store_of(params, "choice").rows(split),
            example=shipped("small_endings"),
        )
    },
    styles=styles("the scene and its lettered endings, then 'A:'", "boxed"),
    components=COMPONENTS,
    content=lambda row: row.content,
    pose=Ending,
    settled=settled,
)
