"""The random stream: pinned for ever, uniform, and without anything shared between keys."""

from collections import Counter

import pytest

from generators.errors import EmptySplit
from generators.stream import Stream, permuted

GOLDEN = [
    16935794487647726543,
    17742006724061901751,
    3043262291736697161,
    9560196223677366351,
    13502638365583084481,
]


def test_published_words_never_change() -> None:
    stream = Stream("matrix_inverse@1/bound=60,kind=scalar/train/0")
    assert [stream.word() for _ in range(5)] == GOLDEN


def test_below_is_uniform() -> None:
    stream = Stream("uniform")
    counts = Counter(stream.below(7) for _ in range(70_000))
    chi_square = sum((counts[i] - 10_000) ** 2 / 10_000 for i in range(7))
    assert chi_square < 22.5  # 99.9 % quantile with 6 degrees of freedom


def test_keys_share_nothing() -> None:
    words = [Stream(f"key/{i}").word() for i in range(2_000)]
    assert len(set(words)) == len(words)
    long = {Stream("key/0").word()} | set(_words("key/0", 1_000))
    assert not long & set(_words("key/1", 1_000))


def _words(key: str, n: int) -> list[int]:
    stream = Stream(key)
    return [stream.word() for _ in range(n)]


def test_ranges() -> None:
    stream = Stream("ranges")
    assert {stream.integer(-2, 2) for _ in range(200)} == {-2, -1, 0, 1, 2}
    assert all(0.0 <= stream.real() < 1.0 for _ in range(1_000))
    assert stream.below(1) == 0


def test_until_gives_up() -> None:
    with pytest.raises(EmptySplit):
        Stream("never").until(lambda _: None, tries=50)


def test_a_permutation_is_one_and_its_key_names_it() -> None:
    for n in (1, 2, 3, 10, 257, 1_000):
        for key in ("a", "b"):
            assert sorted(permuted(key, at, n) for at in range(n)) == list(range(n))
    assert [permuted("a", at, 1_000) for at in range(9)] != [permuted("b", at, 1_000) for at in range(9)]


def test_a_permutation_scatters() -> None:
    """Where neighbours go, and where one place goes under many keys, is even: chi square over ten classes of 400."""
    n = 10_000
    for places in ([permuted("k", at, n) for at in range(400)], [permuted(f"k{i}", 7, n) for i in range(400)]):
        counts = [sum(10 * place // n == decile for place in places) for decile in range(10)]
        assert sum((count - 40) ** 2 / 40 for count in counts) < 27.9  # 0.1 % of nine degrees of freedom
    assert permuted("k", 10**15, 2**52) < 2**52
