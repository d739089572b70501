"""Near-duplicates: planted ones are found, with their place; unlike questions are not."""

from curricula.near_duplicates import near_duplicates

HELD_OUT = [
    "A train travels 270 miles in 3 hours. How many hours does it take to travel 90 miles more?",
    "How many eggs are in twelve boxes of six if two boxes are broken on the way to the market?",
    "What is 5 plus 7?",
    "An old man tells a story about a ship that never came back to the harbour of his town.",
]
TRAIN = [
    "What is the capital of France, and how many people live there according to the last census?",
    "A train travels 360 miles in 3 hours. How many hours does it take to travel 120 miles more?",
    "How many eggs are in twelve boxes of six if two boxes are broken on the way to the shop?",
    "What is 15 plus 27?",
]


def test_planted_pairs_are_found() -> None:
    pairs = {pair.held_out: pair for pair in near_duplicates(HELD_OUT, TRAIN)}
    assert set(pairs) == {0, 1, 2}
    assert (pairs[0].train, pairs[0].numbers_only) == (1, True)
    assert (pairs[1].train, pairs[1].numbers_only) == (2, False)
    assert pairs[1].likeness > 0.8
    assert pairs[2].numbers_only


def test_the_same_question_is_entirely_alike() -> None:
    [pair] = near_duplicates(HELD_OUT[:1], ["x", HELD_OUT[0].upper()])
    assert (pair.train, pair.likeness) == (1, 1.0)


def test_nothing_is_alike_in_nothing() -> None:
    assert near_duplicates([], TRAIN) == near_duplicates(HELD_OUT, []) == []
