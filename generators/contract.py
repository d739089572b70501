"""The contract every family keeps, as something to run: `check_family(FAMILY, {"kind": "scalar", "bound": 60})`.

Each clause is a generator of complaints; `tests/generators/test_contract.py` plants a fault for each.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from generators.episode import replay
from generators.errors import BadId, ContractBroken, EmptySplit, EpisodeOver, GeneratorError
from generators.family import Carry, Family, Kind
from generators.ids import SPLITS, ProblemId, Split
from generators.parameters import Params, Whole
from generators.problem import Problem, Question
from generators.splits import split_of
from generators.verdict import OUTCOMES, Verdict
from generators.written import Written

NONSENSE: Sequence[str] = (
    "",
    " ",
    "I do not know.",
    "9" * 10_000,
    "<answer>" + "[" * 5_000 + "</answer>",
    "<answer>nan</answer>",
    "<answer>1e999</answer>",
    "<think></think><answer></answer>",
    rf"<answer>\frac{{\frac{{{'9' * 60}e64}}{{1e-64}}}}{{\frac{{1e-64}}{{{'9' * 60}e64}}}}</answer>",
    "\x00\ud800\u202e",
)


def check_family(family: Family[Any], params: Params, seeds: int = 24) -> None:
    """Raise `ContractBroken` with every clause that a family breaks at these parameters."""
    complaints = [
        f"{clause.__name__[1:]}: {text}" for clause in CLAUSES for text in _first(clause, family, params, seeds)
    ]
    if complaints:
        raise ContractBroken(f"{family.name} {dict(params)}: " + "; ".join(complaints))


def _first(clause: "Clause", family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    """Return the first complaint of a clause; an exception is a complaint too."""
    try:
        for text in clause(family, params, seeds):
            yield text
            return
    except Exception as error:  # any exception at all is the family's fault here, and is reported with its clause
        yield f"raised {error!r}"


def ids(family: Family[Any], params: Params, split: Split, seeds: int, style: str | None = None) -> list[ProblemId]:
    """Return the ids of the first seeds of a split."""
    stem = tuple(sorted(params.items()))
    first = style or next(iter(family.styles))
    return [ProblemId(family.name, family.version, stem, split, seed, first) for seed in range(seeds)]


def _problems(family: Family[Any], params: Params, seeds: int, style: str | None = None) -> Iterator[Problem]:
    for split in SPLITS:
        for at in ids(family, params, split, seeds, style):
            with suppress(EmptySplit):
                yield family.build(at)


def _same_id_same_problem(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    at = ids(family, params, "train", seeds)
    forwards = {str(i): _seen(family.build(i)) for i in at}
    for i in reversed(at):
        if _seen(family.build(i)) != forwards[str(i)]:
            yield f"{i} is another problem when built again"


def _seeds_share_nothing(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    """Neighbouring seeds must not give the same problem, nor one be the next one's successor."""
    contents = [family.build(i).content for i in ids(family, params, "train", seeds)]
    repeated = sum(a == b for a, b in pairwise(contents))
    if repeated > len(contents) // 4 and len(set(contents)) > 1:
        yield f"{repeated} of {len(contents) - 1} neighbouring seeds give the same content"
    elif len(contents) > 8 and len(set(contents)) == 1:
        yield "every seed gives the same content"


def _ids_round_trip(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for problem in _problems(family, params, 2):
        if ProblemId.parse(str(problem.id)) != problem.id:
            yield f"{problem.id} does not read back"


def _content_decides_split(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    where: dict[str, Split] = {}
    for problem in _problems(family, params, seeds):
        if family.kind_of(params).misplaced(problem.content, problem.id.split):
            yield f"{problem.id}: its content belongs to {split_of(problem.content)}"
        if where.setdefault(problem.content, problem.id.split) != problem.id.split:
            yield f"{problem.content} is in two splits"


def _style_changes_nothing(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for at in ids(family, params, "train", min(seeds, 4)):
        if len({family.build(at.with_style(style)).content for style in family.styles}) != 1:
            yield f"{at}: another style is another problem"


def _solution_wins(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for style in family.styles:
        for problem in _problems(family, params, seeds, style):
            verdict = replay(problem, problem.solution()).verdict
            if verdict is None or verdict.outcome != "correct" or verdict.components.get("correct") != 1.0:
                yield f"{problem.id}: its own solution is judged {verdict}"


def _revealed_answers_win(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for style in family.styles:
        for problem in _problems(family, params, seeds, style):
            for text in (problem.reveal("worked"), problem.reveal("noisy", 0.0)):
                if problem.judge(text).outcome != "correct":
                    yield f"{problem.id}: a worked answer is not right"
            if problem.reveal("noisy", 0.5) != problem.reveal("noisy", 0.5):
                yield f"{problem.id}: the noise is not drawn from the id"


def _mistakes_lose(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for style in family.styles:
        for problem in _problems(family, params, seeds, style):
            if isinstance(problem, Question) and problem.judge(problem.reveal("noisy", 1.0)).outcome == "correct":
                yield f"{problem.id}: a noisy answer without a right one is right"


def _nonsense_loses(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for style in family.styles:
        for problem in _problems(family, params, 2, style):
            for text in (*NONSENSE, problem.observation):
                verdict = problem.judge(text)
                if verdict.outcome == "correct" or verdict.components.get("correct"):
                    yield f"{problem.id}: {text[:40]!r} wins"


def _other_answers_lose(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    """Another problem's answer may be right by chance, but not most of the time."""
    for style in family.styles:
        problems = list(_problems(family, params, seeds, style))
        pairs = [(a, b.reveal("answer")) for a, b in pairwise(problems) if a.content != b.content]
        pairs = [(a, text) for a, text in pairs if text not in a.guesses.values()]
        wins = sum(a.judge(text).outcome == "correct" for a, text in pairs)
        if wins > len(pairs) * (0.25 + family.kind_of(params).chance):
            yield f"{wins} of {len(pairs)} answers of other problems win"


def _guesses_earn_nothing(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for problem in _problems(family, params, seeds):
        for name, text in problem.guesses.items():
            verdict = problem.judge(text)
            earned = {c: v for c, v in verdict.components.items() if v and c not in family.form}
            if verdict.outcome != "correct" and earned:
                yield f"{problem.id}: the guess {name!r} earns {earned}"
            if verdict.outcome != "correct" and not verdict.flags:
                yield f"{problem.id}: the guess {name!r} is not flagged"


def _transforms_carry_answers(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    """A restated problem is another one in the same split, and the changed answer is right there, and only there."""
    kind = family.kind_of(params)
    for name in kind.transforms:
        style = f"{next(iter(family.styles))}+{name}"
        wins, posed = 0, 0
        for at in (at for split in SPLITS for at in ids(family, params, split, min(seeds, 8), style)):
            with suppress(EmptySplit):
                first = family.build(at.with_style(at.layout))
                second, carry = family.restated(at)
                assert isinstance(first, Written), "only a written answer can be carried over"
                posed += 1
                answer = first.reveal("answer")
                changes = first.carried(answer, carry) != answer and answer not in first.guesses.values()
                wins += changes and second.judge(answer).outcome == "correct"
                yield from _carried_badly(kind, first, second, carry)
        if not posed or wins > posed // 2:
            yield f"{name}: {wins} of {posed} answers are right without the change"


def _carried_badly(kind: Kind[Any], first: Written[Any], second: Problem, carry: Carry) -> Iterator[str]:
    if second.observation == first.observation or kind.misplaced(second.content, second.id.split):
        yield f"{second.id} is the same problem, or one of another split"
    if second.judge(second.reveal("answer")).outcome != "correct":
        yield f"{second.id}: its own answer is wrong"
    for how in ("answer", "noisy"):
        given = first.reveal(how, 1.0)
        changed = second.judge(first.carried(given, carry)).outcome
        if changed != first.judge(given).outcome:
            yield f"{second.id}: {first.judge(given).outcome} becomes {changed}"


def _answer_not_in_prompt(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    """A number may be an entry and the answer by chance, but rarely; a declared guess, as `singular`, may be named."""
    for style in family.styles:
        problems = list(_problems(family, params, seeds, style))
        holding = [problem for problem in problems if _holds_answer(problem)]
        if len(holding) > len(problems) // 20:
            yield f"{holding[0].id}: the prompt holds the answer, as in {len(holding)} of {len(problems)}"
        for problem in problems:
            if any(str(problem.id) in text or problem.id.key in text for text in _shown(problem)):
                yield f"{problem.id}: the prompt holds the id"


def _shown(problem: Problem) -> list[str]:
    return [problem.observation, *(message.content for message in problem.messages)]


def _holds_answer(problem: Problem) -> bool:
    answer = problem.reveal("answer")
    told = answer in problem.guesses.values()
    bare = _innermost(answer)
    return len(bare) > 2 and not told and any(_stands_in(bare, text) for text in _shown(problem))


def _verdicts_are_well_formed(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for problem in _problems(family, params, min(seeds, 6)):
        answer = problem.reveal("answer")
        for text in (answer, *NONSENSE, *problem.guesses.values()):
            verdict = problem.judge(text)
            if problem.judge(text) != verdict:
                yield f"{problem.id}: judged differently the second time"
            yield from _misshapen(family, verdict)
            if len(_innermost(answer)) > 2 and _innermost(answer) in verdict.reason:
                yield f"{problem.id}: the reason states the answer"


def _misshapen(family: Family[Any], verdict: Verdict) -> Iterator[str]:
    if verdict.outcome not in OUTCOMES:
        yield f"unknown outcome {verdict.outcome!r}"
    if not all(0.0 <= value <= 1.0 for value in verdict.components.values()):
        yield f"a component is outside [0, 1]: {dict(verdict.components)}"
    if not set(verdict.components) <= set(family.components):
        yield f"undeclared components: {sorted(set(verdict.components) - set(family.components))}"


def _episodes_end(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    for problem in _problems(family, params, 1):
        actions = problem.solution()
        try:
            replay(problem, (*actions, actions[-1]))
        except EpisodeOver:
            continue
        yield f"{problem.id}: an action after the end is taken"


def _parameters_are_bounded(family: Family[Any], params: Params, seeds: int) -> Iterator[str]:
    declared = family.declared(str(params.get("kind", "")))
    wrong: list[dict[str, Any]] = [{**params, "unheard_of": 1}]
    wrong += [{k: v for k, v in params.items() if k != name} for name in declared]
    wrong += [{**params, name: p.high + 1} for name, p in declared.items() if isinstance(p, Whole)]
    wrong += [{**params, name: p.low - 1} for name, p in declared.items() if isinstance(p, Whole)]
    for changed in wrong:
        try:
            family.build(ids(family, changed, "train", 1)[0])
        except BadId:
            continue
        except GeneratorError as error:
            yield f"{changed} is refused too late: {error!r}"
        else:
            yield f"{changed} is accepted"


def _seen(problem: Problem) -> tuple[str, ...]:
    return problem.content, problem.observation, problem.reveal("answer"), problem.reveal("noisy", 1.0)


def _innermost(completion: str) -> str:
    """Return the answer without the tags of its style."""
    match = re.search(r"<answer>(.*)</answer>", completion, re.DOTALL)
    return (match.group(1) if match else completion).strip()


def _stands_in(answer: str, text: str) -> bool:
    return re.search(rf"(?<![\w/.-]){re.escape(answer)}(?![\w/.])", text) is not None


Clause = Callable[[Family[Any], Params, int], Iterator[str]]
CLAUSES: Sequence[Clause] = (
    _ids_round_trip,
    _same_id_same_problem,
    _seeds_share_nothing,
    _content_decides_split,
    _style_changes_nothing,
    _solution_wins,
    _revealed_answers_win,
    _mistakes_lose,
    _nonsense_loses,
    _other_answers_lose,
    _guesses_earn_nothing,
    _transforms_carry_answers,
    _answer_not_in_prompt,
    _verdicts_are_well_formed,
    _episodes_end,
    _parameters_are_bounded,
)
