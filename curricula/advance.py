"""The only thing that changes progress: training reports and the results of a look, folded in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from curricula.curriculum import Curriculum, Stage
from curricula.errors import Stale, TestOnly
from curricula.pools import memorisable, pool
from curricula.progress import MAX_ROUNDS, Look, Progress, StageProgress
from curricula.reports import Decision, HeldOut, NextLook, TrainingReport
from generators.families import family_named
from generators.ids import MAX_SEED, ProblemId, Split


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
    tested = curriculum.policy_of(progress).tested(curriculum.names, curriculum.passed(progress))
    if tested is None:
        _refuse(held_out)
        last = curriculum.frontier(progress)
        return Advanced(
            progress=progress,
            decision=Decision(kind="finished", stage=last, reason="every stage is passed"),
            next_look=None,
        )
    stage, now = curriculum.stage(tested), progress.stage(tested)
    now = _answered(stage, now, held_out)
    if now.look is not None and not now.look.slots:
        now, decision = _concluded(curriculum, stage, now, progress.samples)
    else:
        now, decision = _opened(curriculum, stage, now)
    look = NextLook(stage=tested, slots=now.look.slots, split=_tested_split(stage)) if now.look else None
    return Advanced(progress=progress.with_stage(tested, now), decision=decision, next_look=look)


def _trained(curriculum: Curriculum, progress: Progress, training: Mapping[str, TrainingReport]) -> Progress:
    for name, report in training.items():
        curriculum.stage(name)
        if not report.n:
            continue
        if report.successes > report.n:
            raise Stale(f"stage {name}: more successes than samples")
        if progress.samples + report.n >= MAX_SEED:
            raise Stale(f"stage {name}: more samples than anybody draws")
        before = progress.stage(name)
        after = before.model_copy(
            update={
                "seen": before.seen + report.n,
                "successes": before.successes + report.successes,
                "last_mean": report.successes / report.n,
            }
        )
        progress = progress.with_stage(name, after).model_copy(update={"samples": progress.samples + report.n})
    return progress


def _answered(stage: Stage, now: StageProgress, held_out: Sequence[HeldOut]) -> StageProgress:
    """Return the stage with the answers filled in; what could not be scored is asked again, and fails in the end."""
    if not held_out:
        return now
    if now.look is None:
        _refuse(held_out)
        return now
    ids = pool(stage.stem, _tested_split(stage))
    open_slots = {ids[slot].key: slot for slot in now.look.slots if slot < len(ids)}
    answered: list[HeldOut] = []
    for result in held_out:
        at = ProblemId.parse(result.id)
        family_named(at.family).check(at)
        slot = open_slots.get(at.key)
        if slot is None:
            _refuse([result])
        elif result.sampled is not None:
            del open_slots[ids[slot].key]
            answered.append(result)
    rounds = now.look.rounds + 1
    unscored = len(open_slots) if rounds == MAX_ROUNDS else 0
    look = Look(
        slots=() if unscored else tuple(open_slots.values()),
        rounds=min(rounds, MAX_ROUNDS),
        trials=now.look.trials + len(answered) + unscored,
        successes=now.look.successes + sum(bool(result.sampled) for result in answered),
        greedy_trials=now.look.greedy_trials + sum(result.greedy is not None for result in answered),
        greedy=now.look.greedy + sum(bool(result.greedy) for result in answered),
    )
    return now.model_copy(update={"look": look})


def _refuse(held_out: Sequence[HeldOut]) -> None:
    if held_out:
        raise Stale(f"no look that is due asks for {held_out[0].id}")


def _opened(curriculum: Curriculum, stage: Stage, now: StageProgress) -> tuple[StageProgress, Decision]:
    """Return the stage with a look opened, if one is due, and what is missing for a promotion if not."""
    rule = curriculum.promotion
    if now.look is not None:
        reason = f"{len(now.look.slots)} problems of the look are not answered yet"
    elif now.last_mean is None:
        reason = "a look is due after the next training report of this stage"
    elif now.last_mean < rule.p0:
        reason = f"a look is due once the training mean reaches {rule.p0}; it is {now.last_mean:.3f}"
    else:
        now, reason = _with_look(stage, now, rule.look), "a look is due"
    return now, Decision(kind="stay", stage=stage.name, reason=reason, evidence=_evidence(curriculum, now))


def _with_look(stage: Stage, now: StageProgress, size: int) -> StageProgress:
    held_out = pool(stage.stem, _tested_split(stage))
    if memorisable(stage.stem):
        return now.model_copy(update={"look": Look(slots=tuple(range(len(held_out))))})
    size = min(size, len(held_out))
    if now.cursor + size > len(held_out):  # less than a look is left: a new test, at a stricter level
        now = now.model_copy(update={"cursor": 0, "test": now.test.restarted()})
    slots = tuple(range(now.cursor, now.cursor + size))
    return now.model_copy(update={"cursor": now.cursor + size, "look": Look(slots=slots)})


def _concluded(
    curriculum: Curriculum, stage: Stage, now: StageProgress, samples: int
) -> tuple[StageProgress, Decision]:
    rule, look = curriculum.promotion, now.look or Look(slots=())
    now = now.model_copy(update={"look": None, "last_mean": None})
    kind: Literal["promoted", "memorised"]
    if memorisable(stage.stem):
        kind, reason = "memorised", f"{look.successes} of the whole pool of {look.trials} answered"
        passed = look.trials > 0 and look.successes >= rule.p1 * look.trials
    else:
        test = now.test.after(look.successes, look.trials, rule)
        now = now.model_copy(update={"test": test})
        kind, reason = "promoted", f"e-value {test.e_value:.3g}, needed {test.needed(rule):.3g}"
        passed = test.e_value >= test.needed(rule)
    if passed:
        now = now.model_copy(update={"status": kind, "passed_at": samples})
    answered = look.model_dump(include={"trials", "successes", "greedy_trials", "greedy"})
    evidence = answered | _evidence(curriculum, now)
    return now, Decision(kind=kind if passed else "stay", stage=stage.name, reason=reason, evidence=evidence)


def _evidence(curriculum: Curriculum, now: StageProgress) -> dict[str, float]:
    test = now.test
    return {
        "e_value": test.e_value,
        "needed": test.needed(curriculum.promotion),
        "looks": test.looks,
        "attempt": test.attempt,
    }


def _tested_split(stage: Stage) -> Split:
    """Return the split whose pool is answered: train only where a tiny stage has no dev problem at all."""
    return "dev" if pool(stage.stem, "dev") else "train"
