"""Whether two answers belong together: one to a problem, and one to what a transform made of it."""

from curricula.rewards.measures import Answered
from envserver.errors import Invalid
from generators.errors import Unreadable
from generators.families import build, family_named
from generators.written import Written


def equivariant(answered: Answered, original: str) -> bool | None:
    """Return whether the answer is what the transform makes of the one in `original`, right or wrong.

    None where one of the two cannot be read. Raises `Invalid` for a problem that restates none.
    """
    id = answered.problem.id
    family = family_named(id.family)
    plain = build(id.with_style(id.layout))
    if not isinstance(plain, Written) or id.transform not in family.kind_of(dict(id.params)).transforms:
        raise Invalid("`original` goes with a problem that restates another, as in the style chat+transpose")
    restated, carry = family.restated(id)
    if answered.verdict.answer_key is None:
        return None
    try:
        carried = restated.judge(plain.carried(original, carry))
    except Unreadable:
        return None
    return carried.answer_key == answered.verdict.answer_key
