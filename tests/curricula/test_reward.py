"""Rewards: presets, weights and gates, computed by hand."""

import pytest
from pydantic import ValidationError

from curricula.reward import Reward

PARTS = {"correct": 0.0, "entries": 0.5, "format": 1.0}


def test_weights_gates_and_presets() -> None:
    assert Reward(preset="binary").of({**PARTS, "correct": 1.0}) == 1.0
    assert Reward(weights={"correct": 0.7, "entries": 0.3}).of(PARTS) == pytest.approx(0.15)
    gated = Reward(weights={"entries": 1.0, "format": 0.1}, gates={"entries": "format"})
    assert gated.of(PARTS) == pytest.approx(0.6)
    assert gated.of({**PARTS, "format": 0.0}) == 0.0
    assert Reward(weights={"length": 1.0}).of(PARTS) == 0.0


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"preset": "binary", "weights": {"correct": 1}},
        {"preset": "ternary"},
        {"weights": {"correct": float("nan")}},
        {"weights": {"correct": 1e9}},
        {"weights": {"correct": 1}, "gates": {"entries": "format"}},
        {"weight": {"correct": 1}},
    ],
)
def test_impossible_rewards_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Reward.model_validate(bad)
