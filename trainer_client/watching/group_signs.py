"""Signs of gaming that only show beside other completions: one answer to everything, the outlier of a group."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

from trainer_client.watching.ladder import Row, groups_of

_PROBLEMS = 6  # different ones that have to be answered alike
_SHARE = 0.25  # of all completions of a stage
_FACTOR, _TOKENS = 3, 16  # in length, from the median of the group

GROUP_SIGNS = {
    "constant_answer": "one wrong answer to six problems or more, and in a quarter of a stage's completions",
    "outlier": "it earns more than the median of its group, and is three times as long, or a third",
}


def with_group_signs(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a generation with the flags that their neighbours give them."""
    constant, strange = set(_constant(rows)), set(_outliers(rows))
    found = []
    for row in rows:
        more = [] if row.correct or (row.stage, row.answer_key) not in constant else ["constant_answer"]
        more += ["outlier"] * (id(row) in strange)
        found.append(replace(row, flags=tuple(dict.fromkeys((*row.flags, *more)))) if more else row)
    return found


def _constant(rows: Iterable[Row]) -> Iterable[tuple[str, str | None]]:
    """Yield stages with an answer that does not depend on the problem."""
    scored = [row for row in rows if row.reward is not None]
    of_stage = Counter(row.stage for row in scored)
    wrong: dict[tuple[str, str], list[Row]] = defaultdict(list)
    right = Counter((row.stage, row.answer_key) for row in scored if row.correct)
    for row in scored:
        if row.answer_key and not row.correct:
            wrong[row.stage, row.answer_key].append(row)
    for (stage, key), given in wrong.items():
        often = len(given) >= _SHARE * of_stage[stage] and len({row.id for row in given}) >= _PROBLEMS
        if often and right[stage, key] < len(given):
            yield stage, key


def _outliers(rows: Sequence[Row]) -> Iterable[int]:
    for groups in groups_of(rows).values():
        for group in groups:
            length = median(row.length for row in group)
            earned = median(row.reward or 0.0 for row in group)
            for row in group:
                apart = row.length > _FACTOR * length + _TOKENS or _FACTOR * row.length + _TOKENS < length
                if apart and (row.reward or 0.0) > earned:
                    yield id(row)
