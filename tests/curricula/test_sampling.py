"""Sampling is a pure function of progress, seed and slot; pools are distinct and fixed."""

from collections import Counter
from pathlib import Path

import pytest

import curricula
from curricula.curriculum import Curriculum
from curricula.errors import EmptySlot
from curricula.policies import Fixed, Staged, Standing, Uniform
from curricula.pools import pool
from curricula.progress import Progress, StageProgress
from curricula.reading import load_curricula
from curricula.sampling import Draw, Wish, drawing
from generators.families import build

INVERSE = load_curricula(Path(curricula.__file__).parent)["inverse"]
START = Progress(curriculum=INVERSE.reference)
PASSED = START.model_copy(
    update={"stages": {name: StageProgress(status="promoted") for name in ("scalar", "diagonal")}}
)


def draw(curriculum: Curriculum, progress: Progress, wish: Wish, slot: int) -> Draw:
    return drawing(curriculum, progress, wish)(slot)


def _stages(progress: Progress, n: int = 4_000, seed: int = 0) -> Counter[str]:
    return Counter(draw(INVERSE, progress, Wish("train", "bare", seed), slot).stage for slot in range(n))


def test_staged_shares() -> None:
    counts = _stages(PASSED)
    assert abs(counts["shear"] / 4_000 - 0.7) < 0.03
    assert abs((counts["scalar"] + counts["diagonal"]) / 4_000 - 0.2) < 0.03
    assert abs(counts["rank_one"] / 4_000 - 0.1) < 0.03
    assert set(_stages(START)) == {"scalar", "diagonal"}


def test_uniform_and_fixed_shares() -> None:
    uniform = _stages(START.model_copy(update={"policy": Uniform()}))
    assert set(uniform) == set(INVERSE.names)
    assert max(uniform.values()) < 1.3 * min(uniform.values())
    assert set(_stages(START.model_copy(update={"policy": Fixed(stage="rank_one")}))) == {"rank_one"}


def test_weights_when_everything_is_passed() -> None:
    names = ("a", "b", "c")
    done: Standing[None] = Standing(names, [True, True, True])
    assert Staged().weights(done) == pytest.approx([1 / 3] * 3)
    assert Staged().tested(done) is None
    half: Standing[None] = Standing(names, [True, False, False])
    assert Staged(frontier=0.0, rehearsal=0.0, probe=0.0).weights(half) == [0.0, 1.0, 0.0]


def test_the_same_body_draws_the_same_and_seeds_share_nothing() -> None:
    one = [draw(INVERSE, PASSED, Wish("train", "bare", 1), slot) for slot in range(500)]
    assert one == [draw(INVERSE, PASSED, Wish("train", "bare", 1), slot) for slot in range(500)]
    two = {d.id.seed for d in (draw(INVERSE, PASSED, Wish("train", "bare", 2), slot) for slot in range(500))}
    assert not two & {d.id.seed for d in one}


@pytest.mark.parametrize("stage", INVERSE.stages, ids=lambda s: s.name)
def test_every_stage_is_large_and_its_pools_distinct(stage: object) -> None:
    stem = stage.stem  # type: ignore[attr-defined]
    dev, test = pool(stem, "dev"), pool(stem, "test")
    assert len(dev) >= 200
    assert len(test) >= 300
    contents = [build(at).content for at in (*dev, *test)]
    assert len(set(contents)) == len(contents)
    train = {
        build(at.id).content
        for at in (draw(INVERSE, START, Wish("train", "bare", stage=_name(stem)), s) for s in range(4_000))
    }
    assert not train & set(contents)
    # 80 % of at least 2,000 contents are train: 4,000 draws meet at least 1,200 of 1,600
    assert len(train) >= 1_200


def _name(stem: str) -> str:
    return next(stage.name for stage in INVERSE.stages if stage.stem == stem)


def test_held_out_slots_index_the_pool_and_end() -> None:
    stem = INVERSE.stages[0].stem
    first = draw(INVERSE, START, Wish("dev", "chat", 5), 3)
    assert first.stage == "scalar"
    assert first.id.key == pool(stem, "dev")[3].key
    assert first.id.style == "chat"
    with pytest.raises(EmptySlot):
        draw(INVERSE, START, Wish("dev", "bare", stage="scalar"), 2_000)
