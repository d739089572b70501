"""Looks at held-out problems: opening one, filling in its answers, and what follows once all are there."""

from collections.abc import Sequence
from typing import Literal

from curricula.curriculum import Curriculum, Stage
from curricula.errors import Stale
from curricula.pools import MEMORISABLE, memorisable, pool
from curricula.progress import MAX_ROUNDS, Look, Progress, StageProgress
from curricula.promotion import Demotion, Evidence, Promotion
from curricula.reports import Decision, HeldOut
from generators.families import family_named
from generators.ids import ProblemId, Split

_ENOUGH = 32

Outcome = tuple[StageProgress, Decision]
Kind = Literal["promoted", "memorised", "demoted", "stay"]


def due(curriculum: Curriculum, progress: Progress) -> str | None:
    """Return the stage that is looked at: one look at a time, then what may be lost, then what may be passed.

    Where stages are not climbed in order, any that is ready may be passed: the first one may be sampled too seldom.
    """
    for name in curriculum.names:
        if progress.stage(name).look is not None:
            return name
    for name in curriculum.names:
        now = progress.stage(name)
        if _rule(curriculum, now) is curriculum.demotion and _below(curriculum.demotion, now):
            return name
    if not curriculum.policy_of(progress).in_order:
        for stage in curriculum.stages:
            now = progress.stage(stage.name)
            if (
                now.status == "open"
                and now.level == stage.last_level
                and (now.last_mean or 0) >= curriculum.promotion.p0
            ):
                return stage.name
    return curriculum.tested(progress)


def enough(curriculum: Curriculum) -> int:
    """Return how many training samples a mean is made of at least, before anything follows from it."""
    return min(curriculum.promotion.look, _ENOUGH)


def _rule(curriculum: Curriculum, now: StageProgress) -> Promotion | Demotion | None:
    return curriculum.promotion if now.status == "open" else curriculum.demotion


def _below(rule: Demotion | None, now: StageProgress) -> bool:
    return rule is not None and now.last_mean is not None and now.last_mean < rule.p0


def answered(stage: Stage, now: StageProgress, held_out: Sequence[HeldOut]) -> StageProgress:
    """Return the stage with the answers filled in; what could not be scored is asked again, a few times.

    After that it counts as failed in a promotion, and not at all in a demotion.
    """
    if not held_out:
        return now
    if now.look is None:
        refuse(held_out)
        return now
    ids = pool(stage.stem, tested_split(stage))
    open_slots = {ids[slot].key: slot for slot in now.look.slots if slot < len(ids)}
    found: list[HeldOut] = []
    unscored: set[int] = set()
    for result in held_out:
        at = ProblemId.parse(result.id)
        family_named(at.family).check(at)
        slot = open_slots.get(at.key)
        if slot is None or slot in unscored:
            refuse([result])
        elif result.sampled is None:
            unscored.add(slot)
        else:
            del open_slots[ids[slot].key]
            found.append(result)
    rounds = min(now.look.rounds + bool(unscored), MAX_ROUNDS)
    given_up = unscored if rounds == MAX_ROUNDS else set()
    # Leaving out failures would be a way to pass; counting them would be a way to lose what is known.
    failed = len(given_up) if now.status == "open" else 0
    look = Look(
        slots=tuple(slot for slot in open_slots.values() if slot not in given_up),
        rounds=rounds,
        trials=now.look.trials + len(found) + failed,
        successes=now.look.successes + sum(bool(result.sampled) for result in found),
        greedy_trials=now.look.greedy_trials + sum(result.greedy is not None for result in found),
        greedy=now.look.greedy + sum(bool(result.greedy) for result in found),
    )
    return now.model_copy(update={"look": look})


def refuse(held_out: Sequence[HeldOut]) -> None:
    """Raise `Stale` for results that no look asks for."""
    if held_out:
        raise Stale(f"no look that is due asks for {held_out[0].id}")


def opened(curriculum: Curriculum, stage: Stage, now: StageProgress) -> Outcome:
    """Return the stage with a look opened, if one is due, and what is missing for a promotion if not."""
    rule = _rule(curriculum, now)
    bar = curriculum.promotion.p0
    if now.look is not None:
        reason = f"{len(now.look.slots)} problems of the look are not answered yet"
    elif now.status != "open" and _below(curriculum.demotion, now) and rule:
        now, reason = _with_look(stage, now, rule.look), "a look is due: it may have been forgotten"
    elif now.level < stage.last_level:
        reason = f"a look is due at the last level; it is at {now.level} of {stage.last_level}"
    elif now.last_mean is None:
        more = enough(curriculum) - now.fresh[0]
        reason = f"a look may be due once {more} more training samples of this stage are reported"
    elif now.last_mean < bar:
        reason = f"a look is due once the training mean reaches {bar}; it is {now.last_mean:.3f}"
    else:
        now, reason = _with_look(stage, now, curriculum.promotion.look), "a look is due"
    evidence = _evidence(curriculum, stage, now)
    return now, Decision(kind="stay", stage=stage.name, reason=reason, evidence=evidence)


def _with_look(stage: Stage, now: StageProgress, size: int) -> StageProgress:
    held_out = pool(stage.stem, tested_split(stage))
    if memorisable(stage.stem):
        return now.model_copy(update={"look": Look(slots=tuple(range(len(held_out))))})
    size = min(size, len(held_out))
    if now.cursor + size > len(held_out):  # less than a look is left: a new test, at a stricter level
        running = "test" if now.status == "open" else "watch"
        now = now.model_copy(update={"cursor": 0, running: getattr(now, running).restarted()})
    slots = tuple(range(now.cursor, now.cursor + size))
    return now.model_copy(update={"cursor": now.cursor + size, "look": Look(slots=slots)})


def concluded(curriculum: Curriculum, stage: Stage, now: StageProgress, samples: int) -> Outcome:
    """Return the stage after a look whose answers are all there: promoted, demoted, or as it was."""
    look = now.look or Look(slots=())
    now = now.model_copy(update={"look": None, "last_mean": None, "fresh": (0, 0)})
    answers = {name: getattr(look, name) for name in ("trials", "successes", "greedy_trials", "greedy")}
    now, kind, reason = (_tested if now.status == "open" else _watched)(curriculum, stage, now, look, samples)
    return now, Decision(
        kind=kind, stage=stage.name, reason=reason, evidence=answers | _evidence(curriculum, stage, now)
    )


def _tested(
    curriculum: Curriculum, stage: Stage, now: StageProgress, look: Look, samples: int
) -> tuple[StageProgress, Kind, str]:
    rule = curriculum.promotion
    passed_as: Literal["promoted", "memorised"]
    if memorisable(stage.stem):
        passed_as, reason = "memorised", f"{look.successes} of the whole pool of {look.trials} answered"
        passed = look.trials > 0 and look.successes >= rule.p1 * look.trials
    else:
        test = rule.after(now.test, look.successes, look.trials)
        now = now.model_copy(update={"test": test})
        passed_as, reason, passed = "promoted", _told(rule, test), rule.passed(test)
    if not passed:
        return now, "stay", reason
    test = now.test.model_copy(update={"recent": ()})  # nobody reads it any more, and it takes room
    return now.model_copy(update={"status": passed_as, "passed_at": samples, "test": test}), passed_as, reason


def _watched(
    curriculum: Curriculum, stage: Stage, now: StageProgress, look: Look, samples: int
) -> tuple[StageProgress, Kind, str]:
    rule = curriculum.demotion
    if rule is None:  # the look was opened by another text of the curriculum: that cannot be, its digest differs
        return now, "stay", "no stage of this curriculum is demoted"
    if memorisable(stage.stem):  # the same problems every time: there is nothing to add up
        lost, told = look.successes < rule.p0 * look.trials, f"{look.successes} of {look.trials} answered"
    else:
        now = now.model_copy(update={"watch": rule.after(now.watch, look.successes, look.trials)})
        lost, told = rule.passed(now.watch), _told(rule, now.watch)
    if not lost:
        return now, "stay", f"kept: {told}"
    again = {"status": "open", "passed_at": None, "test": now.test.restarted(), "watch": now.watch.restarted()}
    now = now.model_copy(update=again | {"demotions": now.demotions + 1})
    return now, "demoted", f"forgotten: {told}"


def _told(rule: Promotion | Demotion, test: Evidence) -> str:
    (name, value), (_, needed) = rule.figures(test).items()
    return f"{name.replace('_', '-')} {value:.3g}, needed {needed:.3g}"


def _evidence(curriculum: Curriculum, stage: Stage, now: StageProgress) -> dict[str, float]:
    """Return where the running test stands; `fewest` is how many of the next look must be right for a promotion."""
    rule, test = _rule(curriculum, now), now.test if now.status == "open" else now.watch
    if rule is None or memorisable(stage.stem):
        return {}
    found = {**rule.figures(test), "looks": test.looks, "attempt": test.attempt}
    # The pool of a stage that cannot be memorised holds 200 problems at least; larger looks alone need it enumerated.
    size = rule.look if rule.look <= MEMORISABLE else min(rule.look, len(pool(stage.stem, "dev")))
    if now.look is None and now.cursor and now.cursor + size > len(pool(stage.stem, "dev")):
        test = test.restarted()  # as the next look will find it
    fewest = rule.fewest(test, size) if now.status == "open" else None
    return found if fewest is None else {**found, "look": size, "fewest": fewest}


def tested_split(stage: Stage) -> Split:
    """Return the split whose pool is answered: train only where a tiny stage has no dev problem at all."""
    return "dev" if pool(stage.stem, "dev") else "train"
