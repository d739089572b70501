"""The leak audit: sound families pass, planted leaks are found, sizes are about right."""

import pytest

from curricula import leaks
from curricula.leaks import audit, audit_reasoning_gym, estimated_size
from generators.families import FAMILIES
from generators.stream import Stream


def test_a_sound_stage() -> None:
    found = audit("rref@1/bound=9,columns=3,kind=random,rows=2", 60)
    assert found.sound
    assert found.drawn == 180
    assert 0 <= found.repeats < 0.2
    assert not found.memorisable


def test_a_small_space_is_memorisable_and_counted() -> None:
    """Fractions with a, b <= 3 but 1 and -1, of either sign: 12 contents, some of which are 2/1 = 2."""
    found = audit("matrix_inverse@1/bound=3,kind=scalar", 100)
    assert found.memorisable
    assert found.size == "about 12"
    assert found.repeats > 0.9


def test_sizes_are_estimated_from_coincidences() -> None:
    stream = Stream("sizes")
    for size in (2_000, 20_000):
        drawn = [str(stream.below(size)) for _ in range(1_000)]
        told, estimate = (
            estimated_size(drawn).split(" ")[0],
            float(estimated_size(drawn).split(" ")[-1].replace(",", "")),
        )
        assert told == "about"
        assert 0.6 < 0.8 * estimate / size < 1.7
    assert estimated_size([str(k) for k in range(100)]) == "more than 2,062"


def test_a_family_that_leaks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family whose splits are made by seed, as elsewhere, so that contents are in other splits than their own."""

    class Leaking:
        styles = FAMILIES["arithmetic"].styles
        kind_of = FAMILIES["arithmetic"].kind_of

        def build(self, at: object) -> object:
            from dataclasses import replace

            return FAMILIES["arithmetic"].build(replace(at, split="train"))  # type: ignore[type-var]

    monkeypatch.setattr(leaks, "family_named", lambda name: Leaking())
    monkeypatch.setattr(leaks, "memorisable", lambda stem: False)
    found = audit("arithmetic@1/digits=5,kind=addition", 50)
    assert not found.sound
    assert found.shared == 50  # every content is met in all three splits ...
    assert found.misplaced == 100  # ... and belongs to train


def test_reasoning_gym_repeats_its_train_set() -> None:
    """Item i of seed s is drawn from s + i, so seed 2 is seed 1 moved on by one; 0.1.25."""
    pytest.importorskip("reasoning_gym")
    found = audit_reasoning_gym("chain_sum", 200)
    assert found.shifted == 199
    assert found.shared >= 199
    with pytest.raises(ValueError, match="nope"):
        audit_reasoning_gym("nope", 10)
