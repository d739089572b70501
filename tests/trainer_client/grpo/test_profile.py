"""Seconds are counted once, each in its part, and none is lost."""

import pytest

from trainer_client.grpo import profile
from trainer_client.grpo.profile import StepProfile


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still until it is set: its one element is the time."""
    at = [100.0]
    monkeypatch.setattr(profile, "_now", lambda: at[0])
    return at


def test_parts_idle_and_tokens(clock: list[float]) -> None:
    found = StepProfile()
    found.begin()
    with found.part("sampling"):
        clock[0] += 3
        with found.part("looks"):
            clock[0] += 1
    found.sampled(600)
    with found.part("logps"):
        clock[0] += 2
    found.counted("backward", lambda: clock.__setitem__(0, clock[0] + 4))()
    clock[0] += 0.5  # in nothing that has a name
    with found.part("optimizer"):
        clock[0] += 0.25
    found.less("sampling", 1.0)  # of it a second was the environment's
    found.end()
    taken = found.taken(environment=1.0)
    assert taken["seconds/step"] == 10.75
    parts = {name: taken[f"seconds/{name}"] for name in ("sampling", "looks", "logps", "backward", "optimizer", "idle")}
    assert parts == {"sampling": 2.0, "looks": 1.0, "logps": 2.0, "backward": 4.0, "optimizer": 0.25, "idle": 0.5}
    assert sum(parts.values()) + 1.0 == taken["seconds/step"]
    assert taken["tokens/sampled"] == 600
    assert taken["tokens/per_second"] == 300
    assert taken["memory/peak_bytes"] > 10**7


def test_what_lies_between_two_steps_belongs_to_the_second(clock: list[float]) -> None:
    found = StepProfile()
    found.begin()
    clock[0] += 1
    found.end()
    assert found.taken(0.0)["seconds/step"] == 1
    clock[0] += 5  # a checkpoint
    found.begin()
    clock[0] += 1
    found.end()
    taken = found.taken(0.0)
    assert taken["seconds/step"] == taken["seconds/idle"] == 6
    assert "tokens/per_second" not in taken
