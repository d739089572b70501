"""Rewards: parts with weights, gates and annealing, presets, and what is refused; computed by hand."""

from math import cos, exp, pi

import pytest
from pydantic import ValidationError

from curricula.errors import NoLength
from curricula.rewards.measures import MEASURES, Answered, measured
from curricula.rewards.presets import PRESETS
from curricula.rewards.reward import Reward
from generators.families import FAMILIES, problem
from tests.generators.signs.gamed import DIAGONAL, RANDOM, SHEAR, SHEAR_BARE, SUM

PARTS = {"correct": 0.0, "entries": 0.5, "format": 1.0}


def total(reward: Reward, components: dict[str, float], factors: dict[str, float] | None = None) -> float:
    return sum(reward.of(components, factors).values())


def scored(reward: Reward, id: str, text: str, tokens: int | None = None) -> dict[str, float]:
    at = problem(id)
    answered = Answered(at, text, at.judge(text), tokens)
    return reward.of({**answered.verdict.components, **measured(reward, answered)})


def test_weights_gates_and_presets() -> None:
    assert total(Reward(preset="binary"), {**PARTS, "correct": 1.0}) == 1.0
    assert total(Reward(weights={"correct": 0.7, "entries": 0.3}), PARTS) == pytest.approx(0.15)
    gated = Reward(weights={"entries": 1.0, "format": 0.1}, gates={"entries": "format"})
    assert total(gated, PARTS) == pytest.approx(0.6)
    assert total(gated, {**PARTS, "format": 0.0}) == 0.0
    assert total(Reward(weights={"length": 1.0}), PARTS) == 0.0


def test_parts_are_named_and_a_gate_may_be_closed() -> None:
    reward = Reward.model_validate(
        {
            "preset": "binary",
            "parts": {
                "try": {"component": "entries", "weight": 0.5, "gate": "!correct"},
                "shape": {"component": "format", "weight": -0.1},
            },
        }
    )
    assert reward.of(PARTS) == {"correct": 0.0, "try": 0.25, "shape": -0.1}
    assert reward.of({**PARTS, "correct": 1.0}) == {"correct": 1.0, "try": 0.0, "shape": -0.1}


def test_shaped_parts_fade_from_stage_to_stage() -> None:
    reward = Reward(weights={"correct": 1, "entries": 1}, anneal={"entries": {"b": 0.5, "d": 0.0}})
    stages = ("a", "b", "c", "d", "e")
    left = [total(reward, PARTS, reward.factors(stages, stage)) for stage in stages]
    assert left == [0.5, 0.25, 0.25, 0.0, 0.0]


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"preset": "binary", "weights": {"correct": 1}},
        {"preset": "ternary"},
        {"weights": {"correct": float("nan")}},
        {"weights": {"correct": 1e9}},
        {"weights": {"correct": 1}, "gates": {"entries": "format"}},
        {"weights": {"correct": 1}, "anneal": {"entries": {"a": 0.5}}},
        {"weights": {"correct": 1}, "anneal": {"correct": {"a": 2}}},
        {"weight": {"correct": 1}},
        {"parts": {"x": {"component": "correct", "gate": "!!format"}}},
        {"preset": "overlong"},
        {"preset": "overlong", "max_tokens": 10, "cache_tokens": 20},
        {"weights": {"brevity": 1}},
        {"preset": "deepseekrl", "tolerance": 0},
    ],
)
def test_impossible_rewards_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Reward.model_validate(bad)


_FULL = "<think>t</think><answer>{}</answer>"
_TAGS = 0.75  # strict format, soft format and tag count with all four tags, after the weight 0.5


@pytest.mark.parametrize(
    ("id", "completion", "product_error", "distance", "rest"),
    [
        # A = [[-5/2, 0], [0, 8/7]], X = [[-2/5, 0], [0, 7/8]]; `rest`: within, rows and tags
        (DIAGONAL, _FULL.format("[[-2/5, 0], [0, 7/8]]"), 0, 0, 1 + 0.25 + _TAGS),
        (DIAGONAL, "[[-2/5, 0], [0, 7/8]]", 0, 0, 1 + 0.25),
        (DIAGONAL, "<answer>[[-2/5, 0], [0, 7/8]]</answer>", 0, 0, 1 + 0.25 + 0.125 + 0.125 + 0.125),
        (DIAGONAL, _FULL.format("[[1, 0], [0, 1]]"), 51 / 14, 61 / 40, 0.25 + _TAGS),
        (DIAGONAL, _FULL.format("[[-0.4, 0], [0, 0.87]]"), 1 / 175, 1 / 200, 1 + 0.25 + _TAGS),
        (DIAGONAL, _FULL.format("[[-0.39, 0], [0, 0.8]]"), 31 / 280, 17 / 200, 1 + 0.25 + _TAGS),
        (DIAGONAL, _FULL.format("[[-0.4, 0], [0, 0.775]]"), 4 / 35, 1 / 10, 0.25 + _TAGS),  # at it is not within it
        (DIAGONAL, _FULL.format('[[-2/5, 0], ["x", 7/8]]'), None, None, 0.125 + _TAGS),
        (DIAGONAL, _FULL.format(""), None, None, _TAGS),
        (DIAGONAL, "I do not know", None, None, 0),
        (DIAGONAL, "<think>", None, None, 0.0625 + 0.125 + 0.0625),
        (DIAGONAL, _FULL.format("[[1, 2, 3]]"), None, None, 0.25 + _TAGS),
        (DIAGONAL, _FULL.format("[[1, 2], [3]]"), None, None, 0.25 + _TAGS),
        (DIAGONAL, _FULL.format("np.linalg.inv(A)"), None, None, _TAGS),
        (DIAGONAL, _FULL.format("[[nan, 0], [0, 1]]"), None, None, _TAGS),
        (DIAGONAL, _FULL.format("[[x, 0], [0, 1]]"), None, None, _TAGS),
        (
            DIAGONAL,
            "<answer>[[1, 0], [0, 1]]</answer><answer>[[-2/5, 0], [0, 7/8]]</answer>",
            0,
            0,
            1 + 0.25 + 0.125 + 0.125 + 0.125,
        ),
        (DIAGONAL, "<think></think><answer>[[-2/5, 0], [0, 7/8]]", 0, 0, 1 + 0.25 + 0.1875 + 0.25 + 0.1875),
        (DIAGONAL, _FULL.format("[[-4/5, 0], [0, 7/4]]"), 2, 51 / 40, 0.25 + _TAGS),
        (DIAGONAL, _FULL.format("[[0, 0], [0, 0]]"), 2, 51 / 40, 0.25 + _TAGS),
        (DIAGONAL, _FULL.format(r"\begin{pmatrix}-2/5&0\\0&7/8\end{pmatrix}"), 0, 0, 1 + _TAGS),
        # A = [[1, 29/40], [0, 1]]
        (SHEAR, _FULL.format("[[1, -29/40], [0, 1]]"), 0, 0, 1 + 0.25 + _TAGS),
        (SHEAR, _FULL.format("[[1, 29/40], [0, 1]]"), 29 / 20, 29 / 20, 0.25 + _TAGS),
        (SHEAR, _FULL.format("[[1, -0.72], [0, 1]]"), 1 / 200, 1 / 200, 1 + 0.25 + _TAGS),
        # A = [[-1, -2, -2], [2, -2, 5], [2, -1, 5]], X with its last entry 6 too small by 1
        (RANDOM, _FULL.format("[[-5, 12, -14], [0, -1, 1], [2, -5, 5]]"), 8, 1, 0.25 + _TAGS),
        (RANDOM, _FULL.format("[[1e999, 0, 0], [0, 1, 0], [0, 0, 1]]"), None, None, 0.25 + _TAGS),
        (DIAGONAL, _FULL.format("[[]]"), None, None, _TAGS),
        (DIAGONAL, _FULL.format("[[1,, 2]]"), None, None, _TAGS),
        (DIAGONAL, _FULL.format("((-2/5, 0), (0, 7/8))"), 0, 0, 1 + _TAGS),
        (SHEAR_BARE, "1=1,-29/40;0,1", 0, 0, 1),
    ],
)
def test_the_seven_parts_of_deepseekrl(
    id: str, completion: str, product_error: float | None, distance: float | None, rest: float
) -> None:
    found = scored(Reward(preset="deepseekrl"), id, completion)
    expected = rest
    if product_error is not None and distance is not None:
        expected += 2 * exp(-product_error / 0.1) + 2 * exp(-distance / 0.1)
    assert set(found) == {
        "correctness",
        "valid_format",
        "strict_format",
        "soft_format",
        "tag_count",
        "continuous_inverse",
        "binary_inverse",
    }
    assert sum(found.values()) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_r1_adds_three() -> None:
    reward = Reward(preset="r1")
    right = "<think>carry</think><answer>96503</answer>"
    assert scored(reward, SUM, right) == {"accuracy": 1, "format": 1, "language": 1}
    mixed = "<think>\u0441\u0443\u043c\u043c\u0430 sum</think><answer>96503</answer>"  # three of eight letters
    assert scored(reward, SUM, mixed) == {"accuracy": 1, "format": 1, "language": pytest.approx(3 / 8)}
    assert scored(reward, SUM, "")["language"] == 0
    assert scored(reward, SUM, "<\u6211\u4eec><think>1</think><answer>96503</answer>")["language"] == 0
    assert scored(reward, SUM, "96503")["format"] == 0


@pytest.mark.parametrize(
    ("tokens", "right", "expected"),
    [(50, True, 1), (80, True, 1), (90, True, 0.5), (100, False, -2), (400, False, -2), (85, False, -1.25)],
)
def test_overlong_is_dapos_soft_punishment(tokens: int, right: bool, expected: float) -> None:
    reward = Reward(preset="overlong", max_tokens=100, cache_tokens=20)
    text = f"<answer>{96503 if right else 96504}</answer>"
    assert sum(scored(reward, SUM, text, tokens).values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("tokens", "right", "expected"),
    [(0, True, 1.0), (100, True, 0.5), (50, True, 0.75), (0, False, -1.0), (100, False, -0.5), (500, False, -0.5)],
)
def test_cosine_length_as_published(tokens: int, right: bool, expected: float) -> None:
    text = f"<answer>{96503 if right else 96504}</answer>"
    found = scored(Reward(preset="cosine_length", max_tokens=100), SUM, text, tokens)
    assert sum(found.values()) == pytest.approx(expected)


def test_cosine_length_between_its_ends_and_repetition() -> None:
    reward = Reward(preset="cosine_length", max_tokens=200)
    found = scored(reward, SUM, "no no no no no <answer>96503</answer>", 30)
    assert found["right"] + found["right_short"] == pytest.approx(0.5 + 0.5 * (1 + cos(pi * 30 / 200)) / 2)
    assert found["repetition"] == pytest.approx(-(1 - 2 / 4))  # no no no (three times) and no no <answer>...


def test_a_reward_by_length_needs_the_length() -> None:
    with pytest.raises(NoLength, match="tokens"):
        scored(Reward(preset="overlong", max_tokens=100), SUM, "<answer>96503</answer>")


def test_continuous_is_the_first_experiments_formula_less_what_guesses_earn() -> None:
    found = scored(Reward(preset="continuous"), SHEAR, _FULL.format("[[1, -29/40], [0, 1]]"))
    assert found == {"closeness": 2.0}
    assert scored(Reward(preset="continuous"), SHEAR, _FULL.format("[[1, 0], [0, 1]]")) == {"closeness": 0.0}
    near = scored(Reward(preset="continuous"), SHEAR, _FULL.format("[[1, -0.72], [0, 1]]"))["closeness"]
    guess = exp(-29 / 40)  # the identity is off by 29/40, and is the best of the guesses
    assert near == pytest.approx(2 * (exp(-1 / 200) - guess) / (1 - guess))


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_stays_in_its_range_and_names_its_source(name: str) -> None:
    published = PRESETS[name]  # type: ignore[index]
    assert published.source
    if name == "embedding":
        return
    reward = Reward.model_validate({"preset": name, "max_tokens": 64})
    texts = ["", "[[1, 0], [0, 1]]", _FULL.format("[[-2/5, 0], [0, 7/8]]"), "so so so so " * 50, "<think><answer>"]
    for text in texts:
        for tokens in (0, 30, 64, 1_000):
            value = sum(scored(reward, DIAGONAL, text, tokens).values())
            assert published.span[0] - 1e-9 <= value <= published.span[1] + 1e-9


def test_measures_are_between_0_and_1_for_any_text() -> None:
    names = sorted(set(MEASURES) - {"similarity"})
    reward = Reward.model_validate({"weights": dict.fromkeys(names, 1), "max_tokens": 40})
    for text in ("", "\x00", "[" * 5_000, "[[" + "9" * 70 + "]]", "\u6211" * 10, "<answer>" * 100, "a b c " * 1_000):
        for tokens in (0, 41, 10**9):
            assert all(0 <= value <= 1 for value in scored(reward, DIAGONAL, text, tokens).values())


def test_no_family_has_a_component_of_such_a_name() -> None:
    assert not [(f.name, both) for f in FAMILIES.values() if (both := set(f.components) & set(MEASURES))]
