"""Divergences against brute force on a small vocabulary, and in the trainer against TRL's own k3."""

from math import log
from pathlib import Path

import pytest
import torch

from trainer_client.client import EnvClient
from trainer_client.config import Divergence, TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.grpo import divergence_trainer
from trainer_client.grpo.divergences import FULL, SAMPLED, averaged, k1, k2, k3
from trainer_client.run.run_folder import RunFolder
from trainer_client.strategies import Lora
from trainer_client.train import train

torch.manual_seed(0)
LOGITS = torch.randn(5, 7, dtype=torch.float64)
REFERENCE = torch.log_softmax(torch.randn(5, 7, dtype=torch.float64), -1)


def brute(name: str, p: list[float], q: list[float], alpha: float) -> float:
    """The definition, term by term in Python's own floats."""
    pairs = list(zip(p, q, strict=True))
    m = [(x + y) / 2 for x, y in pairs]
    if name == "reverse_kl":
        return sum(x * log(x / y) for x, y in pairs)
    if name == "forward_kl":
        return sum(y * log(y / x) for x, y in pairs)
    if name == "js":
        return sum(x * log(x / z) + y * log(y / z) for (x, y), z in zip(pairs, m, strict=True)) / 2
    return (1 - sum(x**alpha * y ** (1 - alpha) for x, y in pairs)) / (alpha * (1 - alpha))


def softmax(row: list[float]) -> list[float]:
    weights = [2.718281828459045**x for x in row]
    return [w / sum(weights) for w in weights]


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("alpha", [0.3, 0.5])
def test_full_sums_are_the_definition_in_value_and_gradient(name: str, alpha: float) -> None:
    logits = LOGITS.clone().requires_grad_()
    found = FULL[name].of(torch.log_softmax(logits, -1), REFERENCE, alpha)
    values = found.detach()
    q = REFERENCE.exp().tolist()
    for row in range(5):
        assert float(values[row]) == pytest.approx(brute(name, softmax(LOGITS[row].tolist()), q[row], alpha), abs=1e-9)
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    step = 1e-5
    for row in range(5):
        for token in range(7):
            moved = []
            for sign in (step, -step):
                at = LOGITS[row].tolist()
                at[token] += sign
                moved.append(brute(name, softmax(at), q[row], alpha))
            assert float(logits.grad[row, token]) == pytest.approx((moved[0] - moved[1]) / (2 * step), abs=1e-7)


@pytest.mark.parametrize("name", FULL)
def test_they_are_nothing_for_equals_and_more_for_others(name: str) -> None:
    policy = torch.log_softmax(LOGITS, -1)
    assert torch.allclose(FULL[name].of(policy, policy, 0.5), torch.zeros(5, dtype=torch.float64), atol=1e-12)
    apart = FULL[name].of(policy, REFERENCE, 0.5)
    assert bool((apart > 0).all())
    if name == "js":
        assert bool((apart <= log(2)).all())
        far = torch.log_softmax(torch.tensor([[60.0, -60.0]]), -1)
        assert float(FULL[name].of(far, far.flip(-1), 0.5)) == pytest.approx(log(2))


def test_alpha_lies_between_the_two() -> None:
    policy = torch.log_softmax(LOGITS, -1)
    near_one = FULL["alpha"].of(policy, REFERENCE, 1 - 1e-6)
    near_none = FULL["alpha"].of(policy, REFERENCE, 1e-6)
    assert torch.allclose(near_one, FULL["reverse_kl"].of(policy, REFERENCE, 0.5), atol=1e-4)
    assert torch.allclose(near_none, FULL["forward_kl"].of(policy, REFERENCE, 0.5), atol=1e-4)
    p, q = policy.exp(), REFERENCE.exp()
    hellinger = ((p.sqrt() - q.sqrt()) ** 2).sum(-1) / 2
    assert torch.allclose(FULL["alpha"].of(policy, REFERENCE, 0.5), 4 * hellinger)


def expected_gradient(estimate: str) -> torch.Tensor:
    """E over tokens from p of the gradient of an estimate with respect to the logits, summed over the vocabulary."""
    logits = LOGITS.clone().requires_grad_()
    policy = torch.log_softmax(logits, -1)
    values = SAMPLED[estimate].of(policy, REFERENCE)
    weight = policy.detach().exp()  # tokens are drawn from p, and the draw has no gradient in the loss
    (gradient,) = torch.autograd.grad((weight * values).sum(), logits)
    return gradient


def exact_gradient(name: str) -> torch.Tensor:
    logits = LOGITS.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(FULL[name].of(torch.log_softmax(logits, -1), REFERENCE, 0.5).sum(), logits)
    return gradient


def test_what_the_estimates_are_good_for() -> None:
    """k1 has none as a loss, k2's is KL(p‖q)'s, k3's KL(q‖p)'s unless corrected; k1 and k3 have KL(p‖q) as mean."""
    assert torch.allclose(expected_gradient("k1_in_reward"), torch.zeros(5, 7, dtype=torch.float64), atol=1e-12)
    assert torch.allclose(expected_gradient("k2"), exact_gradient("reverse_kl"), atol=1e-12)
    assert torch.allclose(expected_gradient("k3_uncorrected"), exact_gradient("forward_kl"), atol=1e-12)
    assert not torch.allclose(expected_gradient("k3_uncorrected"), exact_gradient("reverse_kl"), atol=1e-3)
    assert torch.allclose(expected_gradient("k3"), exact_gradient("reverse_kl"), atol=1e-12)
    policy = torch.log_softmax(LOGITS, -1)
    exact = FULL["reverse_kl"].of(policy, REFERENCE, 0.5)
    for unbiased in (k1, k3):
        assert torch.allclose((policy.exp() * unbiased(policy, REFERENCE)).sum(-1), exact)
    assert not torch.allclose((policy.exp() * k2(policy, REFERENCE)).sum(-1), exact, atol=1e-3)


def test_averages_by_hand() -> None:
    values, mask = torch.tensor([[1.0, 2.0, 9.0], [4.0, 9.0, 9.0]]), torch.tensor([[1, 1, 0], [1, 0, 0]])
    tokens = torch.tensor(6.0)
    assert float(averaged(values, mask, "grpo", 5, tokens)) == pytest.approx((1.5 + 4) / 2)
    assert float(averaged(values, mask, "bnpo", 5, tokens)) == pytest.approx(7 / 3)
    assert float(averaged(values, mask, "dr_grpo", 5, tokens)) == pytest.approx(7 / 10)
    assert float(averaged(values, mask, "dapo", 5, tokens)) == pytest.approx(7 / 6)


def short(settings: TrainConfig, **grpo: object) -> TrainConfig:
    return settings.model_copy(update={"grpo": settings.grpo.model_copy(update={"steps": 3, "beta": 0.5, **grpo})})


def weights(config: TrainConfig) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(next(config.run.joinpath("final").glob("*.safetensors")))


@pytest.mark.parametrize(
    ("loss", "kind"), [("dapo", "k3"), ("grpo", "k3_uncorrected"), ("dr_grpo", "k3"), ("bnpo", "k3_uncorrected")]
)
def test_our_way_to_add_a_term_is_trls(
    loss: str, kind: str, settings: TrainConfig, env: EnvClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """k3 by TRL and by us gives the same losses, gradients and weights, with micro batches."""
    how = {"loss": loss, "divergence": kind, "micro_batch": 16, "iterations": 1, "steps": 3}
    theirs = short(settings, **how).model_copy(update={"run": tmp_path / "theirs"})
    train(theirs, env)
    monkeypatch.setattr(divergence_trainer, "_OF_TRL", frozenset())
    ours = short(settings, **how).model_copy(update={"run": tmp_path / "ours"})
    train(ours, env)
    for a, b in zip(*(RunFolder(run).read("metrics.jsonl") for run in (theirs.run, ours.run)), strict=True):
        assert (a["loss"], a["grad_norm"]) == pytest.approx((b["loss"], b["grad_norm"]), rel=1e-3, abs=1e-6)
        assert a["kl"] == pytest.approx(b["divergence"], rel=1e-3, abs=1e-6)
    for name, value in weights(theirs).items():
        assert torch.allclose(value, weights(ours)[name], atol=1e-4), name


@pytest.mark.parametrize(
    ("divergence", "lora"),
    [
        ("k2", False),
        ("k1_in_reward", True),
        ("reverse_kl", True),
        ("forward_kl", False),
        ("js", True),
        ("alpha", False),
    ],
)
def test_every_divergence_begins_at_nothing_and_holds_the_policy(
    divergence: Divergence, lora: bool, settings: TrainConfig, env: EnvClient, tmp_path: Path
) -> None:
    config = short(settings, divergence=divergence, iterations=1, steps=3).model_copy(update={"run": tmp_path / "run"})
    if lora:
        config = config.model_copy(update={"strategy": Lora(rank=4)})
    train(config, env)
    apart = [row["divergence"] for row in RunFolder(config.run).read("metrics.jsonl") if "divergence" in row]
    assert apart[0] == pytest.approx(0, abs=1e-5), "the reference is the start model"
    assert apart[-1] != 0
    if divergence != "k1_in_reward":
        assert apart[-1] > 0


def test_k1_in_the_reward_is_refused_for_episodes(settings: TrainConfig, env: EnvClient, tmp_path: Path) -> None:
    config = short(settings, divergence="k1_in_reward").model_copy(update={"run": tmp_path / "run"})
    turns = config.model_copy(update={"curriculum": config.curriculum.model_copy(update={"name": "turns"})})
    with pytest.raises(BadConfig, match="k1_in_reward"):
        train(turns, env)
