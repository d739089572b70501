"""The only thing that changes progress: training reports and the results of a look, folded in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curricula.curriculum import Curriculum, Stage
from curricula.errors import Stale, TestOnly
from curricula.looks import answered, concluded, due, enough, opened, refuse, tested_split
from curricula.pools import listed
from curricula.progress import Progress, StageProgress
from curricula.reports import Decision, HeldOut, NextLook, TrainingReport
from generators.ids import MAX_SEED, ProblemId


@dataclass(frozen=True)
class Advanced:
    """The reply to one report."""

    progress: Progress
    decision: Decision
    next_look: NextLook | None


def advance(
    curriculum: Curriculum,
    progress: Progress,
    training: Mapping[str, TrainingReport],
    held_out: Sequence[HeldOut],
) -> Advanced:
    """Fold reports into progress; pure. Raises `Stale` for results that no look asked for, `TestOnly` where none is."""
    if curriculum.test_only:
        raise TestOnly(f"the curriculum {curriculum.name} has test problems only")
    progress = _trained(curriculum, progress, training)
    name = due(curriculum, progress)
    if name is None:
        refuse(held_out)
        last = curriculum.frontier(progress)
        finished = Decision(kind="finished", stage=last, reason="every stage under test is passed")
        return Advanced(progress=progress, decision=finished, next_look=None)
    stage = curriculum.stage(name)
    now = answered(stage, progress.stage(name), held_out)
    if now.look is not None and not now.look.slots:
        now, decision = concluded(curriculum, stage, now, progress.samples)
    else:
        now, decision = opened(curriculum, stage, now)
    look = NextLook(stage=name, slots=now.look.slots, split=tested_split(stage)) if now.look else None
    return Advanced(progress=progress.with_stage(name, now), decision=decision, next_look=look)


def _trained(curriculum: Curriculum, progress: Progress, training: Mapping[str, TrainingReport]) -> Progress:
    batch = {name: report for name, report in training.items() if report.n}
    if not batch:
        return progress
    for name, report in batch.items():
        stage = curriculum.stage(name)
        if report.successes > report.n:
            raise Stale(f"stage {name}: more successes than samples")
        if max(progress.samples, progress.stage(name).seen) + report.n >= MAX_SEED:
            raise Stale(f"stage {name}: more samples than anybody draws")
        now = _practised(curriculum, stage, progress.stage(name), report)
        progress = progress.with_stage(name, now).model_copy(update={"samples": progress.samples + report.n})
    remembered = curriculum.policy_of(progress).after(curriculum.standing(progress), batch)
    return progress.model_copy(update={"memory": remembered})


def _practised(curriculum: Curriculum, stage: Stage, now: StageProgress, report: TrainingReport) -> StageProgress:
    """Return the stage after practice; its mean is of a few samples at least, and may move its level."""
    n, successes = now.fresh[0] + report.n, now.fresh[1] + report.successes
    changes: dict[str, object] = {
        "seen": now.seen + report.n,
        "successes": now.successes + report.successes,
        "fresh": (n, successes),
    }
    if n >= enough(curriculum):
        mean = round(successes / n, 6)
        changes |= {"fresh": (0, 0), "last_mean": mean}
        level = stage.levels.moved(now.level, mean) if stage.levels else 0
        if level != now.level:
            # Of an open stage nothing follows from what was practised at another level; a passed one may be lost.
            changes |= {"level": level, "last_mean": None if now.status == "open" else mean}
    if stage.sieve and (report.solved or report.missed):
        changes["sieved"] = now.sieved.after(_rows(stage, report.solved), _rows(stage, report.missed))
    return now.model_copy(update=changes)


def _rows(stage: Stage, ids: Sequence[str]) -> list[int]:
    """Return the rows of problems, each once; raises `Stale` for one that is not of the stage."""
    found = [ProblemId.parse(text) for text in dict.fromkeys(ids)]
    for at in found:
        if at.stem != stage.stem or at.split != "train" or at.seed >= (listed(at) or 0):
            raise Stale(f"stage {stage.name}: {at} is not one of its train problems")
    return list(dict.fromkeys(at.seed for at in found))
