"""Tokens come as often as they are likely: chi-square over 10^5 draws and more, of one token and of whole texts."""

from math import sqrt
from typing import Any

import pytest
import torch

from tests.trainer_client.sampling.shapes import made
from trainer_client.answers.decoding import Decoding, continued
from trainer_client.errors import TrainerError
from trainer_client.loading.tiny import character_tokenizer
from trainer_client.sampling.draw import drawn

DRAWS = 200_000


def surprise(counts: torch.Tensor, expected: torch.Tensor) -> float:
    """Chi-square in standard deviations from its mean; tokens that are expected less than five times count as one."""
    rare = expected < 5
    seen = torch.cat([counts[~rare], counts[rare].sum()[None]]).double()
    wanted = torch.cat([expected[~rare], expected[rare].sum()[None]]).double()
    seen, wanted = seen[wanted > 0], wanted[wanted > 0]
    freedom = len(wanted) - 1
    return float((((seen - wanted) ** 2 / wanted).sum() - freedom) / sqrt(2 * freedom))


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_tokens_come_as_often_as_they_are_likely(temperature: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(98) * 2
    tokens, logps = drawn(logits.expand(DRAWS, -1), temperature)
    likely = (logits / temperature).softmax(-1)
    assert abs(surprise(tokens.bincount(minlength=98), likely * DRAWS)) < 4
    assert torch.allclose(logps, likely.log()[tokens], atol=1e-6)
    # A planted fault: the same draws are not those of a slightly other temperature.
    other = (logits / (temperature * 1.05)).softmax(-1)
    assert surprise(tokens.bincount(minlength=98), other * DRAWS) > 6


def test_what_is_impossible_never_comes_and_what_is_certain_always_does() -> None:
    torch.manual_seed(0)
    logits = torch.full((DRAWS, 50), float("-inf"))
    logits[:, 17], logits[:, 30] = 0.0, 1.0
    tokens, _ = drawn(logits, 1.0)
    assert set(tokens.tolist()) == {17, 30}
    logits[:, 30] = float("-inf")
    tokens, logps = drawn(logits, 1.0)
    assert set(tokens.tolist()) == {17}
    assert not logps.any()


def test_what_is_no_number_is_not_sampled() -> None:
    logits = torch.zeros(3, 20)
    logits[1, 4] = float("nan")
    with pytest.raises(TrainerError, match="no numbers"):
        drawn(logits, 1.0)


def test_a_large_vocabulary_keeps_its_last_tokens() -> None:
    torch.manual_seed(0)
    logits = torch.zeros(1, 150_000)
    tokens = torch.cat([drawn(logits.expand(100, -1), 1.0)[0] for _ in range(10)])
    tenths = (tokens // 15_000).bincount(minlength=10)
    assert abs(surprise(tenths, torch.full((10,), 100.0))) < 4


def test_greedy_takes_the_likeliest() -> None:
    torch.manual_seed(0)
    logits = torch.randn(100, 98)
    tokens, logps = drawn(logits, 0)
    assert torch.equal(tokens, logits.argmax(-1))
    assert torch.allclose(logps, logits.log_softmax(-1).max(-1).values)


def test_whole_texts_come_as_often_as_they_are_likely() -> None:
    """Two tokens behind one prompt, 10^5 texts: the law of the second one is summed over all of the first."""
    model, tokenizer, draws = made("tiny"), character_tokenizer(), 100_000
    prompt = [40, 41, 42]
    found = continued(model, tokenizer, [prompt] * draws, Decoding(1.0, 2, batch=10_000, seed=1, sampler="own"))
    first, second = _laws(model, prompt)
    ended = tokenizer.eos_token_id
    firsts = torch.tensor([ids[0] for ids in found]).bincount(minlength=len(first))
    seconds = torch.tensor([ids[1] for ids in found if len(ids) == 2]).bincount(minlength=len(first))
    assert firsts[ended] == sum(len(ids) == 1 for ids in found)
    assert abs(surprise(firsts, first * draws)) < 4
    assert abs(surprise(seconds, second * draws)) < 4


@torch.no_grad()
def _laws(model: Any, prompt: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    first = model(input_ids=torch.tensor([prompt])).logits[0, -1].softmax(-1)
    texts = torch.tensor([[*prompt, token] for token in range(len(first))])
    second = model(input_ids=texts).logits[:, -1].softmax(-1)
    going = first.clone()
    going[model.config.eos_token_id] = 0.0
    return first, going @ second
