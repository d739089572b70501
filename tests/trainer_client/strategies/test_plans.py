"""What strategies say, without a model: which parts, which rates, when they change."""

from math import exp, isclose
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from trainer_client.errors import BadConfig
from trainer_client.strategies import Strategy
from trainer_client.strategies.plan import Anatomy, Moment, Plan, layer

FOUR = Anatomy(4, tied=True, linears={layer(at): (f"m.{at}.q", f"m.{at}.up") for at in range(4)})
UNTIED = Anatomy(4, tied=False)


def plan(**given: Any) -> Plan:
    made: Plan = TypeAdapter(Strategy).validate_python(given)
    return made


def trained(given: Plan, step: int = 0, steps: int = 10, stage: int = 0, memory: Any = ()) -> list[str]:
    return list(given.rates(FOUR, Moment(step, steps, stage, 4), dict(memory)))


def test_parts_from_the_embeddings_up() -> None:
    assert FOUR.parts == ("embeddings", "layer 0", "layer 1", "layer 2", "layer 3", "norm")
    assert trained(plan(kind="full")) == list(FOUR.parts)
    assert plan(kind="full").reach(UNTIED)[-1] == "head"


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        ({"first": 1}, [0]),
        ({"last": 2}, [2, 3]),
        ({"middle": 2}, [1, 2]),
        ({"middle": 1}, [1]),
        ((0, -1), [0, 3]),
        ((2, 2, 1), [1, 2]),
    ],
)
def test_chosen_layers(choice: Any, meant: list[int]) -> None:
    assert plan(kind="layers", layers=choice).reach(FOUR) == tuple(map(layer, meant))
    adapter: Any = plan(kind="lora", layers=choice).adapter(FOUR)
    assert adapter.target_modules == {f"m.{at}.{name}" for at in meant for name in ("q", "up")}


def test_parts_beside_layers() -> None:
    assert plan(kind="layers", parts=("norm", "embeddings")).reach(FOUR) == ("embeddings", "norm")
    assert plan(kind="layers", layers={"last": 1}, parts=("head",)).reach(UNTIED) == ("layer 3", "head")
    with pytest.raises(BadConfig, match="its embeddings"):
        plan(kind="layers", parts=("head",)).reach(FOUR)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "layers"}, "nothing would train"),
        ({"kind": "layers", "layers": {"first": 1, "last": 1}}, "one of"),
        ({"kind": "layers", "layers": {}}, "one of"),
        ({"kind": "lora", "rank": 0}, "greater than"),
        ({"kind": "lora", "rank": 3, "init": "orthogonal"}, "must be even"),
        ({"kind": "slimfit", "frozen": 1}, "less than"),
        ({"kind": "gaussian", "wide": 1}, "Extra"),
        ({"kind": "nothing"}, "does not match"),
    ],
)
def test_what_is_no_strategy(given: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        plan(**given)


@pytest.mark.parametrize("choice", [{"last": 5}, (4,), (-5,)])
def test_layers_that_the_model_does_not_have(choice: Any) -> None:
    with pytest.raises(BadConfig, match="layers"):
        plan(kind="layers", layers=choice).reach(FOUR)


def test_layerwise_trains_each_for_its_share() -> None:
    down = [trained(plan(kind="layerwise"), step, 8) for step in range(8)]
    assert down == [[layer(at)] for at in (3, 3, 2, 2, 1, 1, 0, 0)]
    assert trained(plan(kind="layerwise", order="up"), 0) == ["layer 0"]
    assert trained(plan(kind="layerwise"), 10, 10) == ["layer 0"]


def test_freezeout_ends_each_layer_at_its_time_and_gives_all_the_same_sum() -> None:
    given, steps = plan(kind="freezeout", t0=0.5, cubic=False), 4_000
    sums = dict.fromkeys(FOUR.blocks, 0.0)
    last = dict.fromkeys(FOUR.blocks, 0)
    for step in range(steps):
        for part, rate in given.rates(FOUR, Moment(step, steps), {}).items():
            sums[part] += rate / steps
            last[part] = step
    assert all(isclose(total, 0.5, abs_tol=1e-3) for total in sums.values())
    assert [round(last[part] / steps, 2) for part in FOUR.blocks] == [0.5, 0.67, 0.83, 1.0]
    plain = plan(kind="freezeout", scaled=False).rates(FOUR, Moment(0, steps), {})
    assert set(plain.values()) == {1.0}


def test_autofreeze_freezes_a_prefix_whose_gradients_are_still() -> None:
    given = plan(kind="autofreeze")
    memory: Any = {}
    for norms in ([4, 4, 4, 4], [4, 4, 2, 1]):  # the two lower ones did not change
        assert trained(given, memory=memory) == list(FOUR.blocks)
        memory = given.remembered(FOUR, Moment(), memory, dict(zip(FOUR.blocks, map(float, norms), strict=True)))
    assert trained(given, memory=memory) == ["layer 2", "layer 3"]
    still = given.remembered(FOUR, Moment(), memory, {"layer 2": 2.0, "layer 3": 1.0})
    assert trained(given, memory=still) == ["layer 2", "layer 3"]  # all alike: the first has at least the percentile
    for _ in range(9):
        memory = given.remembered(FOUR, Moment(), memory, {"layer 2": 2.0, "layer 3": memory["norms"]["layer 3"] / 2})
    assert trained(given, memory=memory) == ["layer 3"]


def test_slimfit_leaves_out_what_moved_least_and_brings_it_back() -> None:
    given = plan(kind="slimfit", frozen=0.5)
    first = trained(given)
    assert len(first) == 2
    memory = given.remembered(FOUR, Moment(), {}, dict.fromkeys(first, 0.1))
    second = trained(given, memory=memory)
    assert set(first) | set(second) == set(FOUR.blocks)  # each is tried once
    memory = given.remembered(FOUR, Moment(), memory, dict.fromkeys(second, 0.01))
    assert set(trained(given, memory=memory)) == set(first)
    memory = given.remembered(FOUR, Moment(), memory, dict.fromkeys(first, 0.001))
    assert set(trained(given, memory=memory)) == set(second)


def test_lisa_draws_layers_anew() -> None:
    given = plan(kind="lisa", count=1, every=2)
    drawn = [trained(given, step, 40) for step in range(40)]
    assert all(parts[0] == "embeddings" and parts[-1] == "norm" and len(parts) == 3 for parts in drawn)
    assert drawn[::2] == drawn[1::2]
    assert {parts[1] for parts in drawn} == set(FOUR.blocks)
    other = [given.rates(FOUR, Moment(step, 40, seed=1), {}) for step in range(40)]
    assert [list(rates) for rates in other] != drawn


def test_layer_drop_keeps_lower_layers_more_often() -> None:
    given = plan(kind="layer_drop", keep=0.5)
    assert given.kept(FOUR, Moment(0, 100)) == [1, 1, 1, 1]
    assert given.kept(FOUR, Moment(100, 100)) == pytest.approx([0.875, 0.75, 0.625, 0.5])
    assert plan(kind="full").kept(FOUR, Moment()) is None


def test_surgical_goes_by_gradients() -> None:
    signals = dict(zip(FOUR.blocks, [1.0, 4.0, 2.0, 3.9], strict=True))
    rgn, snr = plan(kind="auto_rgn"), plan(kind="auto_snr")
    memory = rgn.remembered(FOUR, Moment(), {}, signals)
    assert list(rgn.rates(FOUR, Moment(), memory).values()) == [0.25, 1, 0.5, 0.975]
    assert trained(snr) == list(FOUR.blocks)
    memory = snr.remembered(FOUR, Moment(), {}, signals)
    assert trained(snr, 1, memory=memory) == ["layer 1", "layer 3"]
    assert trained(snr, 10, memory=memory) == list(FOUR.blocks)  # all are measured again
    assert snr.remembered(FOUR, Moment(), memory, {"layer 1": 9.0}) == memory


def test_progressive_and_gaussian_move_with_the_curriculum() -> None:
    assert [len(trained(plan(kind="progressive"), stage=stage)) for stage in range(5)] == [1, 2, 3, 4, 4]
    assert trained(plan(kind="progressive", order="up")) == ["layer 0"]
    given = plan(kind="gaussian", width=0.3)
    peaks = [
        max(rates, key=rates.get) for rates in (given.rates(FOUR, Moment(stage=s, stages=4), {}) for s in range(4))
    ]  # type: ignore[arg-type]
    assert peaks == list(FOUR.blocks)
    start = given.rates(FOUR, Moment(stage=0, stages=4), {})
    assert start["layer 1"] == pytest.approx(exp(-((1 / 3) ** 2) / (2 * 0.3**2)))
    assert "layer 3" not in start
    assert plan(kind="gaussian", reverse=True).rates(FOUR, Moment(stage=0, stages=4), {})["layer 3"] == 1


def test_blocks_may_train_by_low_rank_updates() -> None:
    given: Any = plan(kind="gaussian", lora={"rank": 1, "alpha": 8, "dora": True, "rslora": True})
    adapter = given.adapter(FOUR)
    assert (adapter.r, adapter.lora_alpha, adapter.use_dora, adapter.use_rslora) == (1, 8, True, True)
    assert len(adapter.target_modules) == 8
    assert plan(kind="gaussian").adapter(FOUR) is None
    tiny: Any = plan(kind="tinylora", numbers=13, tying=1).adapter(FOUR)
    assert (tiny.u, tiny.weight_tying, tiny.r) == (13, 1, 2)
