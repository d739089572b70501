"""Rejection sampling: answer train problems many times, keep what is verified, prune by difficulty and duplicates.

problems -> `samples` completions each -> /score -> correct, unflagged, finished -> a recipe -> train.jsonl, card.json
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from envserver.wire import ProblemOut, SampleRequest, ScoreItem, VerdictOut
from trainer_client.answers.decoding import Completion
from trainer_client.client import EnvClient
from trainer_client.client.filled import filled
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, BadRun
from trainer_client.supervised.samplers import Sampler
from trainer_client.supervised.seeds import DISTILL
from trainer_client.supervised.warmstart import shares
from trainer_client.supervised.worked_examples import Found, write_examples


@dataclass(frozen=True)
class Recipe:
    """Which problems are kept, by the share of right answers (`least` < share <= `most`), and which of the answers."""

    about: str
    least: float
    most: float
    prefer: Callable[[Found], float]  # the smallest first
    one_each: bool


def _as_sampled(found: Found) -> float:
    return 0.0


def _longest(found: Found) -> float:
    return -len(found.text)


RECIPES: Mapping[str, Recipe] = {
    "r1": Recipe(
        "every verified answer, up to `keep` per problem (DeepSeek-R1, 2025, section 2.3.3)",
        0.0,
        1.0,
        _as_sampled,
        False,
    ),
    "limo": Recipe(
        "few, hard, elaborate: problems solved at most half of the time, the longest answer (LIMO, 2025)",
        0.0,
        0.5,
        _longest,
        True,
    ),
    "s1": Recipe(
        "not solved every time, the same number from every stage, the longest answer (s1, 2025)",
        0.0,
        0.999,
        _longest,
        True,
    ),
}


@dataclass(frozen=True)
class Tally:
    """What came of one stage."""

    problems: int
    judged: int  # answers; those that could not be judged are no failures
    right: int
    solved: int  # problems with a right answer
    kept: int


def distill(config: TrainConfig, client: EnvClient, sampler: Sampler, folder: Path) -> dict[str, Tally]:
    """Write verified answers into a new folder and return what came of each stage."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadRun(f"{folder} is not empty: name a new folder")
    curriculum = client.curriculum(config.curriculum.name)
    judged: dict[str, list[list[VerdictOut]]] = {}
    kept: list[Found] = []
    asked: set[str] = set()  # stages may share problems
    chosen = shares(config.distill.stages, curriculum, "distill.stages")
    if turns := [stage.name for stage in curriculum.stages if stage.name in chosen and stage.max_turns > 1]:
        raise BadConfig(f"distill.stages: {turns[0]} is played in turns, and answers of one turn are distilled")
    for stage, share in chosen.items():
        count = max(1, round(config.distill.problems * share))
        problems = _problems(config, client, curriculum.reference, stage, count, asked)
        asked |= {problem.prompt for problem in problems}
        answers = sampler.sample(problems, config.distill.samples)
        verdicts = _verdicts(client, curriculum.reference, problems, answers)
        found = [one for row in zip(problems, answers, verdicts, strict=True) for one in verified(*row)]
        kept += selected(found, RECIPES[config.distill.recipe], config.distill.keep)
        judged[stage] = verdicts
    if config.distill.recipe == "s1":  # diversity: no stage counts for more than another
        kept = _even(kept)
    if not kept:
        raise BadRun("no answer was right, or the recipe keeps none of those: nothing was written")
    tallies = {
        stage: _tally(verdicts, [one for one in kept if one.problem.stage == stage])
        for stage, verdicts in judged.items()
    }
    write_examples(folder, kept, _card(config, curriculum.reference, sampler, tallies, len(kept)))
    return tallies


def _problems(
    config: TrainConfig, client: EnvClient, reference: str, stage: str, count: int, known: Set[str]
) -> list[ProblemOut]:
    """Return so many train problems with different questions, none of those known; fewer where a stage has no more."""
    request = SampleRequest(
        curriculum=reference, stage=stage, seed=config.seed + DISTILL, slots=[0], style=config.curriculum.style
    )
    asked = filled(client.sample(request, range(count + count // 4 + 8)), beyond=True)
    fresh = {one.prompt: one for one in asked if one.prompt not in known}
    return list(fresh.values())[:count]


def _verdicts(
    client: EnvClient, reference: str, problems: Sequence[ProblemOut], answers: Sequence[Sequence[Completion]]
) -> list[list[VerdictOut]]:
    items = [
        ScoreItem(id=problem.id, completion=one.text, truncated=one.truncated, stage=problem.stage)
        for problem, row in zip(problems, answers, strict=True)
        for one in row
    ]
    flat = iter(client.score(items, curriculum=reference)) if items else iter(())
    return [[next(flat) for _ in row] for row in answers]


def verified(problem: ProblemOut, answers: Sequence[Completion], verdicts: Sequence[VerdictOut]) -> list[Found]:
    """Return the right answers of one problem: finished, without a flag, no text twice but for white space."""
    judged = [verdict for verdict in verdicts if verdict.reward is not None]
    right = sum(verdict.outcome == "correct" for verdict in judged)
    met: dict[str, Found] = {}
    for answer, verdict in zip(answers, verdicts, strict=True):
        if verdict.outcome == "correct" and not verdict.flags and not answer.truncated:
            met.setdefault(" ".join(answer.text.split()), Found(problem, answer.text, right / len(judged)))
    return list(met.values())


def selected(found: Sequence[Found], recipe: Recipe, keep: int) -> list[Found]:
    """Return what a recipe keeps, at most `keep` answers of each problem."""
    by_problem: dict[str, list[Found]] = {}
    for one in found:
        if recipe.least < one.pass_rate <= recipe.most:
            by_problem.setdefault(one.problem.id, []).append(one)
    most = 1 if recipe.one_each else keep
    return [one for row in by_problem.values() for one in sorted(row, key=recipe.prefer)[:most]]


def _even(kept: Sequence[Found]) -> list[Found]:
    """Return as many of every stage that has any as of the one with the fewest, the longest first."""
    by_stage: dict[str | None, list[Found]] = {}
    for one in sorted(kept, key=_longest):
        by_stage.setdefault(one.problem.stage, []).append(one)
    least = min(map(len, by_stage.values()), default=0)
    return [one for row in by_stage.values() for one in row[:least]]


def _tally(verdicts: Sequence[Sequence[VerdictOut]], kept: Sequence[Found]) -> Tally:
    right = [sum(verdict.outcome == "correct" for verdict in row) for row in verdicts]
    judged = sum(verdict.reward is not None for row in verdicts for verdict in row)
    return Tally(len(verdicts), judged, sum(right), sum(map(bool, right)), len(kept))


def _card(
    config: TrainConfig, reference: str, sampler: Sampler, tallies: Mapping[str, Tally], rows: int
) -> dict[str, object]:
    return {
        "curriculum": reference,
        "model": sampler.name,
        "recipe": {"name": config.distill.recipe, "about": RECIPES[config.distill.recipe].about},
        "settings": config.distill.model_dump(mode="json"),
        "seed": config.seed,
        "rows": rows,
        "stages": {stage: vars(tally) for stage, tally in tallies.items()},
    }
